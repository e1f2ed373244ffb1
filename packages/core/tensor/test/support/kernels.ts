import type { DType } from '../../src/dtype.js';
import { allocate } from '../../src/dtype.js';
import type { HostArray, Kernel } from '../../src/primitives/primitive.js';
import type { PrimitiveName, PrimitiveParameters } from '../../src/primitives/parameters.js';
import type { Aval, Shape } from '../../src/shape.js';
import { sizeOf } from '../../src/shape.js';

/** Random numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A whole number from `low` to `high`, both included. */
export function integer(random: () => number, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

/** A shape of at most `maxRank` axes; now and then one of them is empty, often one is 1. */
export function randomShape(random: () => number, maxRank = 4, maxLength = 5, minRank = 0): number[] {
  return Array.from({ length: integer(random, minRank, maxRank) }, () => {
    const kind = random();
    return kind < 0.04 ? 0 : kind < 0.2 ? 1 : integer(random, 2, maxLength);
  });
}

export function host(shape: Shape, dtype: DType, elements?: ArrayLike<number>): HostArray {
  const data = allocate(dtype, sizeOf(shape));
  if (elements !== undefined) data.set(elements);
  return { shape, dtype, data };
}

/** Random elements; few distinct ones, so that ties occur, and some NaN or infinities when `special`. */
export function randomHost(random: () => number, shape: Shape, dtype: DType, special = false): HostArray {
  const result = host(shape, dtype);
  for (let i = 0; i < result.data.length; i++) {
    if (dtype === 'bool') result.data[i] = random() < 0.5 ? 1 : 0;
    else if (dtype === 'int32') result.data[i] = integer(random, -9, 9);
    else if (special && random() < 0.1)
      result.data[i] = [NaN, Infinity, -Infinity, -0][integer(random, 0, 3)]!;
    else result.data[i] = random() < 0.5 ? integer(random, -3, 3) : random() * 4 - 2;
  }
  return result;
}

/** Random elements, evenly spread: floats from -1 to 1, and integers so large that their products wrap around. */
export function uniformHost(random: () => number, shape: Shape, dtype: DType): HostArray {
  const result = host(shape, dtype);
  for (let i = 0; i < result.data.length; i++)
    result.data[i] = dtype === 'int32' ? integer(random, -(2 ** 31), 2 ** 31 - 1) : random() * 2 - 1;
  return result;
}

/** Runs a record's kernel the way a backend does: shapes from the shape rule, outputs full of garbage. */
export function runKernel<N extends PrimitiveName>(
  record: {
    readonly shape: (inputs: readonly Aval[], params: PrimitiveParameters[N]) => Aval[];
    readonly kernel: Kernel<N>;
  },
  inputs: readonly HostArray[],
  params: PrimitiveParameters[N],
): HostArray {
  const outputs = record.shape(inputs, params).map(({ shape, dtype }) => {
    const output = host(shape, dtype);
    output.data.fill(111);
    return output;
  });
  record.kernel(inputs, outputs, params, () => {
    throw new Error('this kernel carries no program');
  });
  return outputs[0]!;
}

/** Every index of a shape, in row-major order. */
export function* indicesOf(shape: Shape): Generator<number[]> {
  for (let flat = 0; flat < sizeOf(shape); flat++) {
    const index: number[] = [];
    let rest = flat;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = rest % shape[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    yield index;
  }
}

/** The element at an index, by the definition of row-major order. */
export function elementAt(x: HostArray, index: readonly number[]): number {
  return x.data[index.reduce((flat, i, axis) => flat * x.shape[axis]! + i, 0)]!;
}

/** An array computed element by element from its index. */
export function build(shape: Shape, dtype: DType, element: (index: number[]) => number): HostArray {
  return host(shape, dtype, Array.from(indicesOf(shape), element));
}
