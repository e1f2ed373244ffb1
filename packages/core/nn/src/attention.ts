import { ArgumentError, ShapeError, arange, matmul, random, softmax, where, zeros } from '@core/tensor';
import type { Tensor } from '@core/tensor';
import { features, inRange, positiveInteger, show } from './check.js';
import { dropout, requireKey } from './dropout.js';
import { xavierUniform } from './initializers.js';
import type { ApplyOptions, Empty, Layer } from './layer.js';
import { learned } from './layer.js';
import { linear } from './linear.js';
import type { LinearParams } from './linear.js';

export interface AttentionMasks {
  /** Position i sees positions 0..i only. Default false. */
  readonly causal?: boolean;
  /** bool, broadcast to [..., queries, keys]: true where a query may look. */
  readonly mask?: Tensor;
}

/**
 * softmax(q kᵀ / √d) v. Vaswani et al. 2017, eq. 1.
 * Shapes: q [..., queries, d], k [..., keys, d], v [..., keys, e]; output [..., queries, e], probabilities [..., queries, keys].
 */
export function scaledDotProductAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { causal = false, mask }: AttentionMasks = {},
  drop: (probabilities: Tensor) => Tensor = (same) => same,
): { output: Tensor; probabilities: Tensor } {
  features('attention', 'features per key', k.shape.at(-1), q.shape.at(-1)!);
  let scores = matmul(q, k.swapAxes(-1, -2)).mul(1 / Math.sqrt(q.shape.at(-1)!));
  const [queries, keys] = scores.shape.slice(-2) as [number, number];
  if (causal)
    scores = where(arange(queries).reshape([queries, 1]).greaterEqual(arange(keys)), scores, -Infinity);
  if (mask !== undefined) scores = where(mask, scores, -Infinity);
  const probabilities = softmax(scores);
  return { output: matmul(drop(probabilities), v), probabilities };
}

/** Four projections, each with a weight [out, in] and a bias. */
export type AttentionParams = {
  query: LinearParams;
  key: LinearParams;
  value: LinearParams;
  output: LinearParams;
};

export interface MultiHeadOptions {
  readonly heads: number;
  readonly causal?: boolean;
  /** bool [batch, keys]: false hides a key (padding). */
  readonly keep?: Tensor;
  /** Keys and values come from here (cross-attention) instead of from x: [batch, keys, features]. */
  readonly context?: Tensor;
  /** Applied to the probabilities. */
  readonly drop?: (probabilities: Tensor) => Tensor;
}

/**
 * Multi-head attention. Vaswani et al. 2017, section 3.2.2.
 * Shapes: x [batch, queries, features]; output the same, probabilities [batch, heads, queries, keys].
 * @throws ShapeError when the features do not split into the heads
 */
export function multiHeadAttention(
  x: Tensor,
  params: AttentionParams,
  { heads, causal = false, keep, context = x, drop }: MultiHeadOptions,
): { output: Tensor; probabilities: Tensor } {
  if (x.ndim !== 3)
    throw new ShapeError(
      `multiHeadAttention: input must have the shape [batch, length, features], got ${show(x.shape)}`,
    );
  positiveInteger('multiHeadAttention', 'heads', heads);
  const size = params.query.weight.shape[0]!;
  if (size % heads !== 0)
    throw new ShapeError(`multiHeadAttention: ${size} features do not split into ${heads} heads`);
  const split = (t: Tensor): Tensor =>
    t.reshape([t.shape[0]!, t.shape[1]!, heads, size / heads]).transpose([0, 2, 1, 3]);
  const [q, k, v] = [linear(x, params.query), linear(context, params.key), linear(context, params.value)].map(
    split,
  ) as [Tensor, Tensor, Tensor];
  const mask = keep?.reshape([keep.shape[0]!, 1, 1, keep.shape[1]!]);
  const { output, probabilities } = scaledDotProductAttention(
    q,
    k,
    v,
    { causal, ...(mask === undefined ? {} : { mask }) },
    drop,
  );
  const joined = output.transpose([0, 2, 1, 3]).reshape([x.shape[0]!, x.shape[1]!, size]);
  return { output: linear(joined, params.output), probabilities };
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

/** Self-attention as a layer for examples [length, features]. */
export function selfAttention(
  heads: number,
  { causal = false, dropout: rate = 0 }: AttentionOptions = {},
): Layer<AttentionParams, Empty> {
  positiveInteger('selfAttention', 'heads', heads);
  inRange('selfAttention', 'dropout', rate, 0, 1);
  return learned(
    'selfAttention',
    (key, inputShape, dtype) => {
      const size = inputShape.at(-1) ?? 0;
      if (inputShape.length !== 2 || size % heads !== 0) {
        throw new ArgumentError(
          `selfAttention: examples must have the shape [length, features] with features a multiple of ${heads} heads, got ${show(inputShape)}`,
        );
      }
      return { params: attentionParams(key, size, dtype), outputShape: inputShape };
    },
    (params, x, options) =>
      multiHeadAttention(x, params, { heads, causal, ...probabilityDropout('selfAttention', rate, options) })
        .output,
  );
}
