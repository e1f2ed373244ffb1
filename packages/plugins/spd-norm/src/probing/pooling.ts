import { oneOf } from '@core/registry/checks';
import { ShapeError, type DType, type Shape, type Tensor } from '@core/tensor';
import { layerNorm, layerNormalization, type AffineParams } from '@core/nn';
import { tokensOf, tokenShape } from './tokens.js';

export interface PoolingOptions {
  /** The first moment: the first token (`'classToken'`, default) or the mean of the tokens. */
  readonly pooling?: 'classToken' | 'average';
  /**
   * A layer normalisation of each token before the mean (ε 1e-5; Swin's last layer), or of what was pooled (ε 1e-6; ConvNeXt). Default
   * `'none'`, for features that are normalised already.
   */
  readonly poolingNorm?: 'none' | 'before' | 'after';
}

export const poolingRules = {
  pooling: oneOf('classToken', 'average'),
  poolingNorm: oneOf('none', 'before', 'after'),
};

/** The normalisation's parameters, where there is one. */
export function initPooling(
  owner: string,
  { pooling = 'classToken', poolingNorm = 'none' }: PoolingOptions,
  inputShape: Shape,
  key: Tensor,
  dtype: DType,
): { poolingNorm?: AffineParams } {
  const [, channels] = tokenShape(owner, inputShape);
  if (inputShape.length === 3 && pooling === 'classToken')
    throw new ShapeError(
      `${owner}: maps [${inputShape.join(',')}] have no class token; pooling must be 'average' for them`,
    );
  if (poolingNorm === 'none') return {};
  return { poolingNorm: layerNormalization().init(key, [channels], { dtype }).params };
}

/** The first moment [batch, channels] of features; the first `skip` tokens have no part in a mean. */
export function pool(
  owner: string,
  { pooling = 'classToken', poolingNorm = 'none' }: PoolingOptions,
  norm: AffineParams | undefined,
  x: Tensor,
  skip = 0,
): Tensor {
  const tokens = tokensOf(owner, x);
  const before = (t: Tensor): Tensor =>
    poolingNorm === 'before' && norm !== undefined ? layerNorm(t, norm) : t;
  const pooled =
    pooling === 'classToken'
      ? before(tokens.at(null, 0))
      : before(skip === 0 ? tokens : tokens.at(null, [skip, null])).mean(1);
  return poolingNorm === 'after' && norm !== undefined ? layerNorm(pooled, norm, { epsilon: 1e-6 }) : pooled;
}
