import { TrellisError, tensor, type DType, type Tensor } from '@core/tensor';

/** Three seeds for everything random. */
export const seeds = [1, 2, 3] as const;

/** Numbers in [-1, 1) of a small generator (mulberry32). */
function numbers(seed: number, count: number): number[] {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  return Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1;
  });
}

export function randomTensor(seed: number, shape: readonly number[], dtype: DType = 'float64'): Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  return tensor(numbers(seed, size), { dtype }).reshape(shape);
}

export const symmetric = (seed: number, shape: readonly number[], dtype: DType = 'float64'): Tensor => {
  const x = randomTensor(seed, shape, dtype);
  return x.add(x.swapAxes(-1, -2)).mul(0.5);
};

export const f64 = (values: readonly number[] | readonly (readonly number[])[]): Tensor =>
  tensor(values, { dtype: 'float64' });

/** A diagonal matrix. */
export const diagonal = (values: readonly number[]): Tensor =>
  f64(values.map((value, i) => values.map((_, j) => (i === j ? value : 0))));

export const elements = (x: Tensor): number[] => Array.from(x.dataSync());

/** |a - b| / |b|, Frobenius. */
export function relativeError(a: Tensor, b: Tensor): number {
  const [x, y] = [elements(a), elements(b)];
  if (x.length !== y.length) return Infinity;
  const norm = (of: readonly number[]): number => Math.hypot(...of);
  return norm(x.map((value, i) => value - y[i]!)) / (norm(y) || 1);
}

/** Central difference of a function of tensors in direction v. */
export function centralDifference(f: (x: Tensor) => Tensor, x: Tensor, v: Tensor, step = 1e-5): Tensor {
  return f(x.add(v.mul(step)))
    .sub(f(x.sub(v.mul(step))))
    .div(2 * step);
}

/** What a call throws, as `CODE: message`. */
export function thrown(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof TrellisError) return `${error.code}: ${error.message}`;
    return `no TrellisError: ${String(error)}`;
  }
  return 'nothing';
}
