import type { DType } from '../dtype.js';
import type { Shape } from '../shape.js';
import type { Program } from '../program/program.js';
import type { CustomVjpRule } from '../transforms/customVjp.js';

/** Static settings of each primitive. A name here without a record (or the reverse) is a compile error. */
export interface PrimitiveParameters
  extends
    ElementwiseParameters,
    ReduceParameters,
    LayoutParameters,
    ContractParameters,
    LinalgParameters,
    RandomParameters,
    HigherOrderParameters {}

export type PrimitiveName = keyof PrimitiveParameters;

export type None = Readonly<Record<never, never>>;

export type UnaryName =
  | 'neg' | 'abs' | 'sign' | 'exp' | 'expm1' | 'log' | 'log1p' | 'sqrt' | 'sin' | 'cos' | 'tan' | 'asin' | 'acos' | 'atan'
  | 'sinh' | 'cosh' | 'tanh' | 'asinh' | 'acosh' | 'atanh' | 'sigmoid' | 'softplus' | 'erf' | 'erfc' | 'erfinv' | 'lgamma'
  | 'floor' | 'ceil' | 'round' | 'trunc' | 'isNaN' | 'isFinite' | 'not'; // prettier-ignore

export type BinaryName =
  | 'add' | 'sub' | 'mul' | 'div' | 'floorDivide' | 'remainder' | 'pow' | 'atan2' | 'maximum' | 'minimum'
  | 'equal' | 'notEqual' | 'less' | 'lessEqual' | 'greater' | 'greaterEqual'
  | 'and' | 'or' | 'xor' | 'shiftLeft' | 'shiftRight'; // prettier-ignore

/** Elementwise primitives broadcast their inputs NumPy-style; inputs have one dtype (ops promote before). */
type ElementwiseParameters = { readonly [N in UnaryName | BinaryName]: None } & {
  /** inputs: condition (bool), whenTrue, whenFalse; all broadcast. */
  readonly where: None;
  readonly cast: { readonly dtype: DType };
  /** The n-th derivative of digamma: polygamma(0) is digamma. */
  readonly polygamma: { readonly order: number };
};

/** Axes are normalised and sorted; reduced axes disappear (ops restore them for keepDims). */
interface ReduceParameters {
  readonly sum: { readonly axes: readonly number[] };
  readonly prod: { readonly axes: readonly number[] };
  readonly reduceMax: { readonly axes: readonly number[] };
  readonly reduceMin: { readonly axes: readonly number[] };
  /** int32 positions of the first extreme; NaN counts as the extreme, as in NumPy. */
  readonly argMax: { readonly axis: number };
  readonly argMin: { readonly axis: number };
  readonly cumsum: { readonly axis: number; readonly reverse: boolean };
  /** int32 positions that sort along `axis`: stable, NaN last in both directions. */
  readonly argsort: { readonly axis: number; readonly descending: boolean };
}

interface LayoutParameters {
  readonly full: { readonly shape: Shape; readonly dtype: DType; readonly value: number };
  /** 0, 1, 2, … along `axis`, the same along the others. */
  readonly iota: { readonly shape: Shape; readonly dtype: DType; readonly axis: number };
  readonly reshape: { readonly shape: Shape };
  readonly transpose: { readonly permutation: readonly number[] };
  readonly broadcastTo: { readonly shape: Shape };
  /** Elements start, start+step, … before stop; step > 0; one entry per axis. */
  readonly slice: {
    readonly starts: readonly number[];
    readonly stops: readonly number[];
    readonly steps: readonly number[];
  };
  /** `interior` puts that many fillers between neighbours; negative low/high crop. Filled with `value`. */
  readonly pad: {
    readonly low: readonly number[];
    readonly high: readonly number[];
    readonly interior: readonly number[];
    readonly value: number;
  };
  readonly concat: { readonly axis: number };
  readonly flip: { readonly axes: readonly number[] };
  /** inputs: x, then ndim int32 scalars (starts); clamped so that the window fits, as in XLA. */
  readonly dynamicSlice: { readonly sizes: readonly number[] };
  /** inputs: x, update, then ndim int32 scalars (starts), clamped likewise. */
  readonly dynamicUpdateSlice: None;
  /** inputs: x [b|1, n, d], indices int32 [b|1, m]; output [b, m, d]. Negative indices count from the end; out of range throws IndexError. */
  readonly gather: None;
  /** inputs: x [b, n, d], indices int32 [b|1, m], updates [b, m, d]; output x with updates added at the indices. */
  readonly scatterAdd: None;
  readonly stopGradient: None;
}

interface ContractParameters {
  /** inputs: a [b|1, m, k], b [b|1, k, n] (or [k, m] / [n, k] in their last two axes when transposed); output [b, m, n]. */
  readonly matmul: { readonly transposeA: boolean; readonly transposeB: boolean };
  readonly conv2d: Conv2dParameters;
  /** input x [n, c, h, w]; output int32 [n, c, oh, ow]: position h*W+w of each window's maximum (first one; NaN wins). */
  readonly maxPoolIndices: {
    readonly window: Pair;
    readonly strides: Pair;
    readonly padding: PaddingPairs;
    readonly dilation: Pair;
  };
}

export type Pair = readonly [number, number];
/** [[top, bottom], [left, right]]; may be negative (crops). */
export type PaddingPairs = readonly [Pair, Pair];

/** Cross-correlation; inputs: x [n, groups*ci, h, w], kernel [co, ci, kh, kw]; output [n, co, oh, ow]. */
export interface Conv2dParameters {
  readonly strides: Pair;
  readonly padding: PaddingPairs;
  /** Zeros put between input pixels (a transposed convolution has its stride here); 1 = none. */
  readonly inputDilation: Pair;
  readonly kernelDilation: Pair;
  readonly groups: number;
}

/** All batched over leading axes. */
interface LinalgParameters {
  /** Lower factor of a symmetric positive definite matrix (its lower triangle is read). */
  readonly cholesky: None;
  /** inputs: a [..., n, n], b [..., n, k]; solves op(a) x = b, op = transpose if `transpose`. */
  readonly triangularSolve: {
    readonly lower: boolean;
    readonly transpose: boolean;
    readonly unitDiagonal: boolean;
  };
  readonly solve: { readonly transpose: boolean };
  /** outputs: sign [...], log|det| [...]. */
  readonly slogdet: None;
  /** outputs: q [..., m, k], r [..., k, n], k = min(m, n); r's diagonal is not negative. */
  readonly qr: None;
  /** outputs: u [..., m, k], s [..., k] descending, vt [..., k, n]; sign: largest entry of each u column is positive. */
  readonly svd: None;
  /** outputs: values [..., n] ascending, vectors [..., n, n] in columns; sign: largest entry of each column is positive. */
  readonly eigh: None;
}

interface RandomParameters {
  /** input: key int32 [..., 2]; output int32 [..., size]: Threefry-2x32 bits, as JAX's partitionable random_bits. */
  readonly randomBits: { readonly size: number };
  /** input: key int32 [..., 2]; output int32 [..., count, 2]: new keys. */
  readonly splitKey: { readonly count: number };
  /** inputs: key int32 [..., 2], shape parameter alpha [..., n] float; output samples [..., n] of Gamma(alpha, 1). */
  readonly randomGamma: None;
  /** inputs: alpha, sample; output d sample / d alpha (implicit reparametrisation). */
  readonly randomGammaGrad: None;
}

interface HigherOrderParameters {
  /** inputs and outputs are the program's; of inputs flagged in `donated` the caller needs nothing any more. */
  readonly jit: {
    readonly program: Program;
    readonly name: string;
    readonly donated?: readonly boolean[] | undefined;
  };
  /** inputs: constants, carry, sequences (leading axis = length); outputs: carry, stacked results. body: [constants, carry, x] -> [carry, y]. */
  readonly scan: {
    readonly body: Program;
    readonly constants: number;
    readonly carry: number;
    readonly length: number;
    readonly reverse: boolean;
  };
  /** inputs: predicate (bool scalar), operands; outputs those of the chosen branch. */
  readonly cond: { readonly whenTrue: Program; readonly whenFalse: Program };
  readonly customVjp: { readonly rule: CustomVjpRule };
  /** As `jit`, but reverse mode keeps only the inputs and computes the rest again. */
  readonly checkpoint: { readonly program: Program };
}
