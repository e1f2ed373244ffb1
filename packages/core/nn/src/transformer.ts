import { random } from '@core/tensor';
import type { Tensor } from '@core/tensor';
import { activationNamed } from './activations.js';
import type { ActivationName } from './activations.js';
import { attentionParams, multiHeadAttention, probabilityDropout, sequenceFeatures } from './attention.js';
import type { AttentionParams, MultiHeadOptions } from './attention.js';
import { inRange, positiveInteger } from './check.js';
import { splitKey } from './compose.js';
import { dropout, requireKey } from './dropout.js';
import type { ApplyOptions, Empty, Layer } from './layer.js';
import { learned } from './layer.js';
import { dense, linear } from './linear.js';
import type { LinearParams } from './linear.js';
import { layerNorm, layerNormalization } from './normalization.js';
import type { AffineParams } from './normalization.js';

export type TransformerBlockParams = {
  attention: AttentionParams;
  norm1: AffineParams;
  norm2: AffineParams;
  linear1: LinearParams;
  linear2: LinearParams;
};

export interface TransformerBlockOptions {
  /** Width of the feed-forward part. Default four times the features. */
  readonly hidden?: number;
  /** Normalise before each part (true, default) or after it (the original paper). */
  readonly normFirst?: boolean;
  readonly activation?: ActivationName;
  readonly causal?: boolean;
  /** Rate of dropout on probabilities and on both parts' results. Default 0. */
  readonly dropout?: number;
  readonly epsilon?: number;
}

type Drops = { attention?: Pick<MultiHeadOptions, 'drop'>; branch?: (x: Tensor, i: number) => Tensor };

/**
 * Attention and feed-forward network with residual connections. Vaswani et al. 2017, section 3.1.
 *
 * Shapes: x and output [batch, length, features]; keep bool [batch, length].
 * @param drops dropout of the attention's probabilities, and of the results of both parts
 * @throws as `multiHeadAttention`; ArgumentError for an unknown activation
 */
export function transformerBlock(
  x: Tensor,
  params: TransformerBlockParams,
  {
    heads,
    normFirst = true,
    activation = 'gelu',
    causal = false,
    epsilon = 1e-5,
    keep,
  }: Omit<TransformerBlockOptions, 'dropout' | 'hidden'> & Pick<MultiHeadOptions, 'heads' | 'keep'>,
  { attention = {}, branch = (same) => same }: Drops = {},
): Tensor {
  const act = activationNamed(activation);
  const settings = { heads, causal, ...(keep === undefined ? {} : { keep }), ...attention };
  const attend = (t: Tensor): Tensor => branch(multiHeadAttention(t, params.attention, settings).output, 0);
  const feed = (t: Tensor): Tensor => branch(linear(act(linear(t, params.linear1)), params.linear2), 1);
  const norm1 = (t: Tensor): Tensor => layerNorm(t, params.norm1, { epsilon });
  const norm2 = (t: Tensor): Tensor => layerNorm(t, params.norm2, { epsilon });
  if (normFirst) {
    const attended = x.add(attend(norm1(x)));
    return attended.add(feed(norm2(attended)));
  }
  const attended = norm1(x.add(attend(x)));
  return norm2(attended.add(feed(attended)));
}

/**
 * `transformerBlock` as a layer for examples [length, features].
 *
 * @throws ArgumentError for options out of range; ShapeError from `init` for features that do not split into the heads
 */
export function transformerLayer(
  heads: number,
  options: TransformerBlockOptions = {},
): Layer<TransformerBlockParams, Empty> {
  const { hidden, dropout: rate = 0, ...block } = options;
  positiveInteger('transformerLayer', 'heads', heads);
  if (hidden !== undefined) positiveInteger('transformerLayer', 'hidden', hidden);
  if (options.activation !== undefined) activationNamed(options.activation);
  inRange('transformerLayer', 'dropout', rate, 0, 1);
  return learned(
    'transformerLayer',
    (key, inputShape, dtype) => {
      const size = sequenceFeatures('transformerLayer', inputShape, heads);
      const [k0, k1, k2] = random.split(key, 3) as [Tensor, Tensor, Tensor];
      const width = hidden ?? 4 * size;
      const norm = (): AffineParams => layerNormalization().init(key, inputShape, { dtype }).params;
      const params = {
        attention: attentionParams(k0, size, dtype),
        norm1: norm(),
        norm2: norm(),
        linear1: dense(width).init(k1, [size], { dtype }).params,
        linear2: dense(size).init(k2, [width], { dtype }).params,
      };
      return { params, outputShape: inputShape };
    },
    (params, x, applied) => transformerBlock(x, params, { ...block, heads }, drops(rate, applied)),
  );
}

function drops(rate: number, options: ApplyOptions): Drops {
  if (options.train !== true || rate === 0) return {};
  requireKey('transformerLayer', options.key);
  const keys = splitKey(options, 3);
  return {
    attention: probabilityDropout('transformerLayer', rate, keys(2)),
    branch: (x, i) => dropout(requireKey('transformerLayer', keys(i).key), x, rate),
  };
}
