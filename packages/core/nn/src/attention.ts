import { DTypeError, ShapeError, arange, matmul, random, softmax, where, zeros } from '@core/tensor';
import type { Tensor } from '@core/tensor';
import { batchRank, features, inRange, positiveInteger, show } from './check.js';
import { dropout, requireKey } from './dropout.js';
import { xavierUniform } from './initializers.js';
import type { ApplyOptions, Empty, Layer } from './layer.js';
import { learned } from './layer.js';
import { linear } from './linear.js';
import type { LinearParams } from './linear.js';

export interface AttentionMasks {
  /** Position i sees positions 0..i only. Default false. */
  readonly causal?: boolean;
  /** bool, broadcast to [..., queries, keys]: true where a query may look. A query that may look nowhere gets zeros. */
  readonly mask?: Tensor;
  /** Applied to the probabilities, such as dropout. */
  readonly drop?: (probabilities: Tensor) => Tensor;
}

/**
 * softmax(q kᵀ / √d) v. Vaswani et al. 2017, eq. 1.
 *
 * Shapes: q [..., queries, d], k [..., keys, d], v [..., keys, e]; output [..., queries, e], probabilities [..., queries,
 * keys] (before `drop`).
 * @throws ShapeError for sizes that do not fit; DTypeError for a mask that is not bool
 */
export function scaledDotProductAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { causal = false, mask, drop = (same) => same }: AttentionMasks = {},
): { output: Tensor; probabilities: Tensor } {
  const size = q.shape.at(-1);
  if (size === undefined || k.shape.at(-1) !== size || k.shape.at(-2) !== v.shape.at(-2)) {
    throw new ShapeError(
      `scaledDotProductAttention: needs q [..., queries, d], k [..., keys, d], v [..., keys, e], got ${show(q.shape)}, ${show(k.shape)}, ${show(v.shape)}`,
    );
  }
  if (mask !== undefined && mask.dtype !== 'bool')
    throw new DTypeError(
      `scaledDotProductAttention: mask must be bool, got ${mask.dtype}${show(mask.shape)}`,
    );
  const scores = matmul(q, k, { transposeB: true }).mul(1 / Math.sqrt(size));
  const probabilities = masked(scores, causal, mask);
  return { output: matmul(drop(probabilities), v), probabilities };
}

/** Softmax over what each query may see. */
function masked(scores: Tensor, causal: boolean, mask: Tensor | undefined): Tensor {
  const [queries, keys] = scores.shape.slice(-2) as [number, number];
  const past = causal ? arange(queries).reshape([queries, 1]).greaterEqual(arange(keys)) : undefined;
  if (mask === undefined) return softmax(past === undefined ? scores : where(past, scores, -Infinity));
  const allowed = past === undefined ? mask : mask.logicalAnd(past);
  // A row without anything to see would be 0/0, and so would its derivative: it gets scores of 0 instead.
  const blind = allowed.any(-1, { keepDims: true }).logicalNot();
  return where(allowed, softmax(where(allowed, scores, where(blind, 0, -Infinity))), 0);
}

/** Four projections, each with a weight [out, in] and a bias. */
export type AttentionParams = {
  query: LinearParams;
  key: LinearParams;
  value: LinearParams;
  output: LinearParams;
};

export interface MultiHeadOptions extends Pick<AttentionMasks, 'causal' | 'drop'> {
  readonly heads: number;
  /** bool [batch, keys]: false hides a key (padding). */
  readonly keep?: Tensor;
  /** Keys and values come from here (cross-attention) instead of from x: [batch, keys, features]. */
  readonly context?: Tensor;
}

/**
 * Multi-head attention. Vaswani et al. 2017, section 3.2.2. Head h uses rows h·d/heads, … of the projections.
 *
 * Shapes: x [batch, queries, features]; output the same, probabilities [batch, heads, queries, keys].
 * @throws ShapeError, DTypeError for inputs that do not fit, or features that do not split into the heads
 */
export function multiHeadAttention(
  x: Tensor,
  params: AttentionParams,
  { heads, keep, context = x, ...options }: MultiHeadOptions,
): { output: Tensor; probabilities: Tensor } {
  batchRank('multiHeadAttention', x, 3, '[batch, length, features]');
  positiveInteger('multiHeadAttention', 'heads', heads);
  const [batch, queries, size] = x.shape as [number, number, number];
  const keys = checkContext(context, batch);
  const width = params.query.weight.shape[0]!;
  features('multiHeadAttention', 'features', size, params.query.weight.shape[1]!);
  if (width % heads !== 0)
    throw new ShapeError(`multiHeadAttention: ${width} features do not split into ${heads} heads`);
  const project = (input: Tensor, length: number, projection: LinearParams): Tensor =>
    linear(input, projection)
      .reshape([batch, length, heads, width / heads])
      .transpose([0, 2, 1, 3]);
  const { output, probabilities } = scaledDotProductAttention(
    project(x, queries, params.query),
    project(context, keys, params.key),
    project(context, keys, params.value),
    { ...options, ...(keep === undefined ? {} : { mask: keyMask(keep, batch, keys) }) },
  );
  const joined = output.transpose([0, 2, 1, 3]).reshape([batch, queries, width]);
  return { output: linear(joined, params.output), probabilities };
}

function checkContext(context: Tensor, batch: number): number {
  if (context.ndim === 3 && context.shape[0] === batch) return context.shape[1]!;
  throw new ShapeError(
    `multiHeadAttention: context must have the shape [${batch}, keys, features], got ${show(context.shape)}`,
  );
}

function keyMask(keep: Tensor, batch: number, keys: number): Tensor {
  if (show(keep.shape) === show([batch, keys])) return keep.reshape([batch, 1, 1, keys]);
  throw new ShapeError(
    `multiHeadAttention: keep must have the shape [${batch},${keys}] (batch, keys), got ${show(keep.shape)}`,
  );
}

export interface AttentionOptions {
  readonly causal?: boolean;
  /** Rate of dropout on the probabilities. Default 0. */
  readonly dropout?: number;
}

/** Xavier weights and zero biases, as PyTorch. */
export function attentionParams(key: Tensor, size: number, dtype: Tensor['dtype']): AttentionParams {
  const [query, keys, value, output] = random.split(key, 4).map((each) => ({
    weight: xavierUniform()(each, [size, size], { dtype }),
    bias: zeros([size], { dtype }),
  })) as [LinearParams, LinearParams, LinearParams, LinearParams];
  return { query, key: keys, value, output };
}

/** Dropout on probabilities, if training asks for it. */
export function probabilityDropout(
  layer: string,
  rate: number,
  { key, train = false }: ApplyOptions,
): { drop?: (p: Tensor) => Tensor } {
  if (!train || rate === 0) return {};
  const drawn = requireKey(layer, key);
  return { drop: (probabilities) => dropout(drawn, probabilities, rate) };
}

/** The features of examples [length, features], a multiple of the heads. */
export function sequenceFeatures(layer: string, inputShape: readonly number[], heads: number): number {
  const [, size = 0] = inputShape;
  if (inputShape.length === 2 && size > 0 && size % heads === 0) return size;
  throw new ShapeError(
    `${layer}: examples must have the shape [length, features] with features a multiple of ${heads} heads, got ${show(inputShape)}`,
  );
}

/**
 * Self-attention as a layer for examples [length, features].
 *
 * @throws ArgumentError for options out of range; ShapeError from `init` for features that do not split into the heads
 */
export function selfAttention(
  heads: number,
  { causal = false, dropout: rate = 0 }: AttentionOptions = {},
): Layer<AttentionParams, Empty> {
  positiveInteger('selfAttention', 'heads', heads);
  inRange('selfAttention', 'dropout', rate, 0, 1);
  return learned<AttentionParams>(
    'selfAttention',
    (key, inputShape, dtype) => ({
      params: attentionParams(key, sequenceFeatures('selfAttention', inputShape, heads), dtype),
      outputShape: inputShape,
    }),
    (params, x, options) =>
      multiHeadAttention(x, params, { heads, causal, ...probabilityDropout('selfAttention', rate, options) })
        .output,
  );
}
