import { createEngine } from '../../../src/backends/cpu/create.js';
import type { Engine } from '../../../src/backends/cpu/engine.js';
import type { KernelFactory } from '../../../src/backends/cpu/kernel.js';
import type { TypedArray } from '../../../src/dtype.js';
import type { PrimitiveName, PrimitiveParameters } from '../../../src/primitives/parameters.js';
import type { HostArray } from '../../../src/primitives/primitive.js';
import type { Aval } from '../../../src/shape.js';
import { sizeOf } from '../../../src/shape.js';

/** An engine on one thread. */
export const plainEngine = (): Engine => createEngine({ threads: 1 });

/** Engines that differ in what multiplies matrices: WebAssembly, and BLAS where there is one. Each has its own functions. */
export function productEngines(threads: number): [string, Engine][] {
  const engine = createEngine({ threads });
  if (engine.blas === undefined) return [['WebAssembly', engine]];
  const without: Engine = { ...createEngine({ threads }), blas: undefined };
  return [['WebAssembly', without], [engine.blas.name, engine]]; // prettier-ignore
}

/**
 * Runs a kernel on copies of the inputs. The outputs start in the middle of a block, at a multiple of their element's
 * size only, full of NaN and with guard bytes around that must stay.
 */
export function runKernel<N extends PrimitiveName>(
  engine: Engine,
  factory: KernelFactory<N>,
  inputs: readonly HostArray[],
  outputs: readonly Aval[],
  params: PrimitiveParameters[N],
): TypedArray[] | undefined {
  const kernel = factory({ inputs, outputs, params }, engine);
  if (kernel === undefined) return undefined;
  const { heap } = engine;
  const froms = inputs.map(({ data, dtype }) => {
    const at = heap.take(data.byteLength + 16);
    heap.view(dtype, at, data.length).set(data);
    return at;
  });
  const blocks = outputs.map(({ shape, dtype }) => {
    const size = sizeOf(shape);
    const width = heap.view(dtype, 0, 1).BYTES_PER_ELEMENT;
    const bytes = size * width;
    const block = heap.take(bytes + 128);
    const guarded = heap.view('bool', block, bytes + 128) as Uint8Array;
    guarded.fill(255);
    return { dtype, size, bytes, block, at: block + 64 - width, guarded };
  });
  kernel([...froms, ...blocks.map(({ at }) => at)]);
  const results = blocks.map(({ dtype, size, at }) => heap.view(dtype, at, size).slice());
  for (const { guarded, at, block, bytes } of blocks) {
    const touched = guarded.findIndex(
      (byte, i) => byte !== 255 && (i < at - block || i >= at - block + bytes),
    );
    if (touched >= 0) throw new Error(`byte ${touched - (at - block)} of an output of ${bytes} was written`);
    heap.give(block, bytes + 128);
  }
  froms.forEach((at, i) => heap.give(at, inputs[i]!.data.byteLength + 16));
  return results;
}

/** Numbers in [-1, 1) from a linear congruential generator. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}
