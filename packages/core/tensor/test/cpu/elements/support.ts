import { expect } from 'vitest';
import { emitter } from '../../../src/backends/cpu/elements/emitter.js';
import { vectorRules } from '../../../src/backends/cpu/elements/index.js';
import type { Code } from '../../../src/backends/cpu/wasm/code.js';
import { f32x4, i32, v128 } from '../../../src/backends/cpu/wasm/code.js';
import { defineFunction, encodeModule } from '../../../src/backends/cpu/wasm/module.js';
import { platform } from '../../../src/backends/cpu/wasm/platform.js';
import type { DType, TypedArray } from '../../../src/dtype.js';
import { allocate } from '../../../src/dtype.js';
import { binaryPrimitives, unaryPrimitives } from '../../../src/primitives/elementwise.js';
import type { BinaryName, UnaryName } from '../../../src/primitives/parameters.js';

export type ElementName = UnaryName | BinaryName;

const memoryType = { initialPages: 1, maximumPages: 16384, shared: false };

function moduleOf(
  body: (e: ReturnType<typeof emitter>, operands: readonly Code[]) => Code,
  relaxed: boolean,
  arity: number,
) {
  const run = defineFunction({
    parameters: { a: 'i32', b: 'i32', to: 'i32', end: 'i32' },
    body: ({ a, b, to, end }, frame) => {
      const e = emitter(frame, relaxed);
      const i = frame.local('i32');
      const operands = [a, b]
        .slice(0, arity)
        .map((operand) => e.keep(v128.load(i32.add(operand.get, i.get))));
      e.emit(v128.store(i32.add(to.get, i.get), body(e, operands)));
      return frame.range(i, i32.const(0), end.get, 16, e.code);
    },
  });
  return encodeModule([run], memoryType);
}

/** Whether the engine that runs the tests knows relaxed SIMD: the rules must hold both with it and without. */
export const relaxedModes = [false, true].filter((relaxed) =>
  platform.validate(moduleOf((_, [a, b]) => (relaxed ? f32x4.relaxedMadd(a!, b!, a!) : a!), relaxed, 2)),
);

const modules = new Map<string, WebAssembly.Module>();

/** The rule's result on arrays of one length, as the raw lanes: masks stay masks. */
export function applyRule(
  name: ElementName,
  dtype: DType,
  relaxed: boolean,
  inputs: readonly TypedArray[],
): ArrayBuffer {
  const rule = vectorRules[name]?.[dtype];
  if (rule === undefined) throw new Error(`${name} has no rule for ${dtype}`);
  const key = `${name} ${dtype} ${relaxed}`;
  let module = modules.get(key);
  if (module === undefined)
    modules.set(
      key,
      (module = new platform.Module(moduleOf((e, operands) => rule(e, ...operands), relaxed, inputs.length))),
    );
  const bytes = Math.ceil(inputs[0]!.byteLength / 16) * 16;
  const memory = new platform.Memory({
    initial: Math.ceil((3 * bytes) / 65536) + 1,
    maximum: 16384,
    shared: false,
  });
  inputs.forEach((input, k) =>
    new Uint8Array(memory.buffer).set(
      new Uint8Array(input.buffer, input.byteOffset, input.byteLength),
      k * bytes,
    ),
  );
  const { exports } = new platform.Instance(module, { env: { memory } });
  const run = exports['0'] as (a: number, b: number, to: number, end: number) => void;
  run(0, bytes, 2 * bytes, bytes);
  return memory.buffer.slice(2 * bytes, 2 * bytes + inputs[0]!.byteLength);
}

/** What the reference kernel gives for the same arrays. */
export function reference(
  name: ElementName,
  inputs: readonly TypedArray[],
  dtypes: readonly DType[],
  result: DType,
) {
  const primitive = { ...unaryPrimitives, ...binaryPrimitives }[name];
  const array = (data: TypedArray, dtype: DType) => ({ data, shape: [data.length], dtype });
  const output = array(allocate(result, inputs[0]!.length), result);
  primitive.kernel(
    inputs.map((data, k) => array(data, dtypes[k]!)),
    [output],
    {},
    () => expect.fail('elementwise primitives carry no program'),
  );
  return output.data;
}

/** All pairs of the values, as two arrays. */
export function pairs(values: readonly number[]): [number[], number[]] {
  return [values.flatMap((a) => values.map(() => a)), values.flatMap(() => [...values])];
}
