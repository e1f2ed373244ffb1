import { Tensor, full, stack } from '@core/tensor';
import { complement, root, scalarDType } from '../math.js';
import type { FunctionName } from './functions.js';

/*
 * The instructions on tensors: every leaf of a tree at once, so that norms can be of the whole.
 */

/** A scalar, or the leaves of a tree. */
export type Value = Tensor | readonly Tensor[];

type TensorKernel = (...operands: readonly Value[]) => Value;

// Types were inferred before anything runs, so a scalar is where one is wanted.
const scalarOf = (value: Value): Tensor => value as Tensor;
const leavesOf = (value: Value): readonly Tensor[] => value as readonly Tensor[];

/** Leaf by leaf, scalars in each leaf's dtype; or on scalars alone. */
const each =
  (f: (...x: Tensor[]) => Tensor): TensorKernel =>
  (...operands) => {
    const first = operands.find((value) => !(value instanceof Tensor));
    if (first === undefined) return f(...operands.map(scalarOf));
    return leavesOf(first).map((leaf, i) =>
      f(...operands.map((value) => (value instanceof Tensor ? value.cast(leaf.dtype) : (value[i] ?? leaf)))),
    );
  };

const constant =
  (value: number): TensorKernel =>
  () =>
    full([], value, { dtype: scalarDType() });

const unary = (f: (x: Tensor) => Tensor): TensorKernel => each(f);
const binary = (f: (x: Tensor, y: Tensor) => Tensor): TensorKernel => each(f);

/** Σ x y over the whole tree. */
function dot(x: Value, y: Value): Tensor {
  const others = leavesOf(y);
  const parts = leavesOf(x).map((leaf, i) => leaf.mul(others[i] ?? leaf).sum().cast(scalarDType())); // prettier-ignore
  return parts.length === 0 ? full([], 0, { dtype: scalarDType() }) : stack(parts).sum();
}

const length = (x: Value): Tensor => dot(x, x).sqrt();

const { LN2, LN10 } = Math;

export const tensorKernels: Readonly<Record<FunctionName, TensorKernel>> = {
  '+': binary((x, y) => x.add(y)),
  '-': binary((x, y) => x.sub(y)),
  '*': binary((x, y) => x.mul(y)),
  '/': binary((x, y) => x.div(y)),
  max: binary((x, y) => x.maximum(y)),
  min: binary((x, y) => x.minimum(y)),
  get_pi: constant(Math.PI),
  get_e: constant(Math.E),
  get_eps: constant(1e-8),
  abs: unary((x) => x.abs()),
  cos: unary((x) => x.cos()),
  sin: unary((x) => x.sin()),
  tan: unary((x) => x.tan()),
  arcsin: unary((x) => x.asin()),
  arccos: unary((x) => x.acos()),
  arctan: unary((x) => x.atan()),
  sinh: unary((x) => x.sinh()),
  cosh: unary((x) => x.cosh()),
  tanh: unary((x) => x.tanh()),
  arcsinh: unary((x) => x.asinh()),
  arccosh: unary((x) => x.acosh()),
  arctanh: unary((x) => x.atanh()),
  exp: unary((x) => x.exp()),
  exp2: unary((x) => x.mul(LN2).exp()),
  exp10: unary((x) => x.mul(LN10).exp()),
  expm1: unary((x) => x.expm1()),
  log: unary((x) => x.abs().log()),
  log10: unary((x) => x.abs().log10()),
  log2: unary((x) => x.abs().log2()),
  log1p: unary((x) => x.add(1).abs().log()),
  square: unary((x) => x.square()),
  sqrt: unary((x) => root(x.abs())),
  cube: unary((x) => x.square().mul(x)),
  cbrt: unary((x) => x.sign().mul(x.abs().pow(1 / 3))),
  sign: unary((x) => x.sign()),
  reciprocal: unary((x) => x.reciprocal()),
  negative: unary((x) => x.neg()),
  power: binary((x, y) => x.pow(y)),
  norm: (x: Value) =>
    x instanceof Tensor ? x.abs() : x.map((leaf) => leaf.square().sum().sqrt().add(leaf.mul(0))),
  global_norm: length,
  interp: (x: Value, y: Value, a: Value) =>
    each((p: Tensor, q: Tensor, rest: Tensor, weight: Tensor) => p.mul(rest).add(q.mul(weight)))(
      x,
      y,
      complement(scalarOf(a)),
      a,
    ),
  dot,
  cosine_sim: (x: Value, y: Value) => dot(x, y).div(length(x).mul(length(y))),
  clip: (x: Value, c: Value) =>
    each((leaf: Tensor, factor: Tensor) => leaf.mul(factor))(x, scalarOf(c).div(length(x)).minimum(1)),
};
