import { Tensor, TrellisError, tensor, tree, type DType, type Tree } from '@core/tensor';
import { isPlainObject } from '../path.js';

/** One thing that must hold. Knows no test runner: `check` throws what is wrong. */
export interface Law {
  readonly name: string;
  readonly check: () => Promise<void>;
}

/** A law that does not hold. Code `LAW`. */
export class LawError extends TrellisError {
  constructor(message: string, options?: ErrorOptions) {
    super('LAW', message, options);
  }
}

/** Makes an object of the kind under test; options override the config it has otherwise. */
export type Make<T> = (config?: Readonly<Record<string, unknown>>) => T | Promise<T>;

export function law(name: string, check: () => void | Promise<void>): Law {
  return { name, check: async () => check() };
}

export function must(condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new LawError(message());
}

/** Seeds of the random laws. */
export const seeds = [1, 2, 3] as const;

/** Numbers in [-1, 1) of a small generator of our own (mulberry32), so that laws do not lean on what they test. */
export function numbers(seed: number, count: number): number[] {
  let state = (seed * 0x9e3779b1) >>> 0;
  return Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1;
  });
}

export function randomTensor(seed: number, shape: readonly number[], dtype: DType = 'float64'): Tensor {
  const count = shape.reduce((size, length) => size * length, 1);
  return fromNumbers(numbers(seed, count), shape, dtype);
}

export function fromNumbers(values: readonly number[], shape: readonly number[], dtype: DType): Tensor {
  const data =
    dtype === 'int32'
      ? Int32Array.from(values)
      : dtype === 'float32'
        ? Float32Array.from(values)
        : Float64Array.from(values);
  return tensor(data, { shape, dtype });
}

/** All numbers of a tree, copied, leaf after leaf. */
export function numbersOf(value: unknown): number[][] {
  return tree.leaves(value).map((leaf) => Array.from(leaf.dataSync(), Number));
}

/** A tree's structure, shapes, dtypes and bits as text: equal texts are equal trees. */
export function bitsOf(value: unknown): string {
  const { leaves, definition } = tree.flatten(value);
  const parts = leaves.map((leaf) => {
    const data = leaf.dataSync();
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return `${leaf.dtype}[${leaf.shape.join(',')}]${bytes.join(' ')}`;
  });
  return [definition.key, ...parts].join('\n');
}

/** Shapes and dtypes of a tree as text. */
export function shapesOf(value: unknown): string {
  const { leaves, definition } = tree.flatten(value);
  return [definition.key, ...leaves.map((leaf) => `${leaf.dtype}[${leaf.shape.join(',')}]`)].join(' ');
}

/** Runs `use` and demands that it left the trees as they were. */
export function leavesUntouched<T>(what: string, inputs: Readonly<Record<string, unknown>>, use: () => T): T {
  const before = Object.entries(inputs).map(([name, value]) => [name, value, bitsOf(value)] as const);
  const result = use();
  for (const [name, value, bits] of before) {
    const disposed = tree.leaves(value).some((leaf) => leaf.isDisposed);
    must(!disposed, () => `${what} disposed ${name}, which belongs to the caller`);
    must(bitsOf(value) === bits, () => `${what} changed ${name} in place`);
  }
  return result;
}

/** Demands numbers equal within a relative (and, near zero, absolute) tolerance; NaN equals NaN. */
export function mustBeClose(got: unknown, wanted: unknown, tolerance: number, what: string): void {
  must(shapesOf(got) === shapesOf(wanted), () => `${what}: got ${shapesOf(got)}, wanted ${shapesOf(wanted)}`);
  const right = numbersOf(wanted);
  numbersOf(got).forEach((leaf, index) =>
    leaf.forEach((value, at) => {
      const want = right[index]?.[at] ?? NaN;
      const near = Math.abs(value - want) <= tolerance * Math.max(1, Math.abs(want));
      must(
        near || Object.is(value, want),
        () =>
          `${what}: leaf ${String(index)}, element ${String(at)} is ${String(value)}, wanted ${String(want)}`,
      );
    }),
  );
}

export function mustBeFinite(value: unknown, what: string): void {
  for (const leaf of numbersOf(value)) {
    const bad = leaf.find((number) => !Number.isFinite(number));
    must(bad === undefined, () => `${what} holds ${String(bad)}`);
  }
}

/** Demands nested arrays and plain objects of tensors, and nothing else. */
export function mustBeTree(value: unknown, what: string): asserts value is Tree {
  if (value instanceof Tensor) return;
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      mustBeTree(item, `${what}[${String(index)}]`);
    });
    return;
  }
  must(
    isPlainObject(value),
    () => `${what} is ${describe(value)}; a tree holds tensors, arrays and plain objects only`,
  );
  for (const [key, item] of Object.entries(value)) mustBeTree(item, `${what}.${key}`);
}

function describe(value: unknown): string {
  return typeof value === 'object' && value !== null
    ? `a ${value.constructor.name}`
    : `the ${typeof value} ${String(value)}`;
}

/** Demands that something throws an error of ours. */
export async function mustRefuse(what: string, run: () => unknown): Promise<void> {
  try {
    await run();
  } catch (thrown) {
    must(thrown instanceof TrellisError, () => `${what} throws ${String(thrown)}, which is no TrellisError`);
    return;
  }
  throw new LawError(`${what} is accepted; it has to throw a TrellisError`);
}

/** The same tree from fresh memory, as a checkpoint brings it back. */
export function savedAndLoaded<T>(value: T): T {
  const { leaves, definition } = tree.flatten(value);
  const copies = leaves.map((leaf) =>
    tensor(leaf.dataSync().slice(), { shape: leaf.shape, dtype: leaf.dtype }),
  );
  return tree.unflatten(definition, copies) as T; // same structure, same leaves
}

/**
 * Central differences of a scalar function of a tree of float64 tensors, one element after the other:
 * (f(x + h) - f(x - h)) / 2h.
 */
export function centralDifferences(f: (point: Tree) => Tensor, point: Tree, step = 1e-5): Tree {
  const { leaves, definition } = tree.flatten(point);
  const values = leaves.map((leaf) => Array.from(leaf.dataSync(), Number));
  const at = (index: number, element: number, shift: number): number => {
    const moved = leaves.map((leaf, i) => {
      const data = [...(values[i] ?? [])];
      if (i === index) data[element] = (data[element] ?? 0) + shift;
      return fromNumbers(data, leaf.shape, leaf.dtype);
    });
    return f(tree.unflatten(definition, moved) as Tree).item(); // a float scalar's item is a number
  };
  const slopes = leaves.map((leaf, index) =>
    fromNumbers(
      (values[index] ?? []).map(
        (_, element) => (at(index, element, step) - at(index, element, -step)) / (2 * step),
      ),
      leaf.shape,
      leaf.dtype,
    ),
  );
  return tree.unflatten(definition, slopes) as Tree;
}
