import type { FunctionName } from './functions.js';

/*
 * The instructions on Float64Array, for the search: its tasks have so few weights that the tensor core's cost for each
 * operation would be most of the time (BENCHMARKS.md, eager operations).
 */

/** Values of a variable, and how far apart they are: 1, or 0 for a scalar that stands for a whole tensor. */
export interface Operands {
  readonly values: Float64Array;
  readonly stride: 0 | 1;
}

/**
 * Computes the first `n` elements of `out`. `ends` are the ends of the tree's arrays in it.
 */
export type ArrayKernel = (
  out: Float64Array,
  n: number,
  operands: readonly Operands[],
  ends: readonly number[],
) => void;

const constant =
  (value: number): ArrayKernel =>
  (out) => {
    out[0] = value;
  };

const unary =
  (f: (x: number) => number): ArrayKernel =>
  (out, n, [x]) => {
    if (x === undefined) return;
    const { values, stride } = x;
    for (let i = 0; i < n; i++) out[i] = f(values[i * stride] as number);
  };

const binary =
  (f: (x: number, y: number) => number): ArrayKernel =>
  (out, n, [x, y]) => {
    if (x === undefined || y === undefined) return;
    const [a, b] = [x.values, y.values];
    const [p, q] = [x.stride, y.stride];
    for (let i = 0; i < n; i++) out[i] = f(a[i * p] as number, b[i * q] as number);
  };

/** Σ x y. Both are whole tensors. */
function product(x: Float64Array, y: Float64Array, begin: number, end: number): number {
  let sum = 0;
  for (let i = begin; i < end; i++) sum += (x[i] as number) * (y[i] as number);
  return sum;
}

const length = ({ values }: Operands, ends: readonly number[]): number =>
  Math.sqrt(product(values, values, 0, ends.at(-1) ?? 0));

const reduction =
  (f: (ends: readonly number[], x: Operands, y: Operands) => number): ArrayKernel =>
  (out, _, [x, y = x], ends) => {
    if (x !== undefined && y !== undefined) out[0] = f(ends, x, y);
  };

const dot = (ends: readonly number[], x: Operands, y: Operands): number =>
  product(x.values, y.values, 0, ends.at(-1) ?? 0);

const norm: ArrayKernel = (out, n, [x], ends) => {
  if (x === undefined) return;
  let begin = 0;
  for (const end of x.stride === 0 ? [n] : ends) {
    out.fill(Math.sqrt(product(x.values, x.values, begin, end)), begin, end);
    begin = end;
  }
};

const clip: ArrayKernel = (out, n, [x, c], ends) => {
  if (x === undefined || c === undefined) return;
  const factor = Math.min(1, (c.values[0] as number) / length(x, ends));
  for (let i = 0; i < n; i++) out[i] = factor * (x.values[i] as number);
};

const interp: ArrayKernel = (out, n, [x, y, a]) => {
  if (x === undefined || y === undefined || a === undefined) return;
  const weight = a.values[0] as number;
  const rest = 1 - weight;
  const [p, q] = [x.stride, y.stride];
  for (let i = 0; i < n; i++)
    out[i] = rest * (x.values[i * p] as number) + weight * (y.values[i * q] as number);
};

export const arrayKernels: Readonly<Record<FunctionName, ArrayKernel>> = {
  // A call of `binary` for each of the arithmetic ones would share one loop, which the engine then cannot specialise.
  '+': (out, n, [x, y]) => {
    if (x === undefined || y === undefined) return;
    const [a, b, p, q] = [x.values, y.values, x.stride, y.stride];
    for (let i = 0; i < n; i++) out[i] = (a[i * p] as number) + (b[i * q] as number);
  },
  '-': (out, n, [x, y]) => {
    if (x === undefined || y === undefined) return;
    const [a, b, p, q] = [x.values, y.values, x.stride, y.stride];
    for (let i = 0; i < n; i++) out[i] = (a[i * p] as number) - (b[i * q] as number);
  },
  '*': (out, n, [x, y]) => {
    if (x === undefined || y === undefined) return;
    const [a, b, p, q] = [x.values, y.values, x.stride, y.stride];
    for (let i = 0; i < n; i++) out[i] = (a[i * p] as number) * (b[i * q] as number);
  },
  '/': (out, n, [x, y]) => {
    if (x === undefined || y === undefined) return;
    const [a, b, p, q] = [x.values, y.values, x.stride, y.stride];
    for (let i = 0; i < n; i++) out[i] = (a[i * p] as number) / (b[i * q] as number);
  },
  max: binary(Math.max),
  min: binary(Math.min),
  get_pi: constant(Math.PI),
  get_e: constant(Math.E),
  get_eps: constant(1e-8),
  abs: unary(Math.abs),
  cos: unary(Math.cos),
  sin: unary(Math.sin),
  tan: unary(Math.tan),
  arcsin: unary(Math.asin),
  arccos: unary(Math.acos),
  arctan: unary(Math.atan),
  sinh: unary(Math.sinh),
  cosh: unary(Math.cosh),
  tanh: unary(Math.tanh),
  arcsinh: unary(Math.asinh),
  arccosh: unary(Math.acosh),
  arctanh: unary(Math.atanh),
  exp: unary(Math.exp),
  exp2: unary((x) => 2 ** x),
  exp10: unary((x) => 10 ** x),
  expm1: unary(Math.expm1),
  log: unary((x) => Math.log(Math.abs(x))),
  log10: unary((x) => Math.log10(Math.abs(x))),
  log2: unary((x) => Math.log2(Math.abs(x))),
  log1p: unary((x) => Math.log(Math.abs(1 + x))),
  square: (out, n, [x]) => {
    if (x === undefined) return;
    for (let i = 0; i < n; i++) out[i] = (x.values[i * x.stride] as number) ** 2;
  },
  sqrt: unary((x) => Math.sqrt(Math.abs(x))),
  cube: unary((x) => x * x * x),
  cbrt: unary(Math.cbrt),
  sign: unary(Math.sign),
  reciprocal: unary((x) => 1 / x),
  negative: unary((x) => -x),
  power: binary((x, y) => x ** y),
  norm,
  global_norm: reduction((ends, x) => length(x, ends)),
  interp,
  dot: reduction(dot),
  cosine_sim: reduction((ends, x, y) => dot(ends, x, y) / (length(x, ends) * length(y, ends))),
  clip,
};
