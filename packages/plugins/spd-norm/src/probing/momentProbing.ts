import { atLeastOne, checkOptions, flag } from '@core/registry/checks';
import { ShapeError, random, type Tensor } from '@core/tensor';
import { learned, linear, type AffineParams, type Empty, type Layer, type LinearParams } from '@core/nn';
import { head, mhc3, mhc3Rules, type Mhc3Options, type Mhc3Params } from './mhc3.js';
import { initPooling, pool, poolingRules, type PoolingOptions } from './pooling.js';
import { tokensOf, tokenShape } from './tokens.js';

export interface MomentProbingOptions extends Mhc3Options, PoolingOptions {
  /** Number of classes. Default 10. */
  readonly outputs?: number;
  /**
   * Leaves the first token out of the second moment. Default: where it is the class token. The official Swin does so as well, although its
   * first token is a patch: `{ pooling: 'average', poolingNorm: 'before', skipFirst: true }`.
   */
  readonly skipFirst?: boolean;
}

export type MomentProbingParams = {
  moments: Mhc3Params;
  /** Of the first moment. */
  classifier1: LinearParams;
  /** Of the second moments. */
  classifier2: LinearParams;
  poolingNorm?: AffineParams;
};

/**
 * Moment probing (MP): classes from the first moment and the second moments of a frozen backbone's features,
 *
 *     logits = (W₁ m + b₁ + W₂ vec(S) + b₂) / 2
 *
 * with m the class token or the mean of the tokens and S what `mhc3` makes of the others. The characteristic function of the features is
 * 1 + i u·μ - u·(Σ + μμᵀ)u/2 to second order; a linear probe sees μ alone.
 *
 * Examples are tokens [tokens, channels], the class token first, or maps [channels, height, width] (with `pooling: 'average'`). Output:
 * logits [outputs]. The trained parts are all here: train them with the backbone's features as inputs. `psrp` is for MP+.
 *
 * | backbone       | options of the official code                                                   |
 * | -------------- | ------------------------------------------------------------------------------ |
 * | ViT            | the defaults                                                                   |
 * | Swin           | `pooling: 'average', poolingNorm: 'before', skipFirst: true`                   |
 * | ConvNeXt       | `pooling: 'average', poolingNorm: 'after', layout: 'interleaved', weights: 'uniform'` |
 * | AS-MLP         | `pooling: 'average', layout: 'interleaved', weights: 'uniform'`                |
 *
 * @throws ArgumentError, ShapeError
 * Source: Gao et al. 2023, "Tuning Pre-trained Model via Moment Probing"; mingzeG/Moment-Probing. There `'cn2'` and `'n/2'` do not run (they
 *   make another number of channels than is written in), and ConvNeXt's `'cn2'` means `'n/2'`; here all do what they say.
 */
export function momentProbing(options: MomentProbingOptions = {}): Layer<MomentProbingParams, Empty> {
  const owner = 'momentProbing';
  checkOptions(owner, options, { ...mhc3Rules, ...poolingRules, outputs: atLeastOne, skipFirst: flag });
  const { outputs = 10, pooling = 'classToken', poolingNorm = 'none', skipFirst, ...rest } = options;
  const { weights = 'normal' } = rest;
  const first = { pooling, poolingNorm };
  const skip = (skipFirst ?? pooling === 'classToken') ? 1 : 0;
  const second = mhc3(rest);
  return learned<MomentProbingParams>(
    owner,
    (key, inputShape, dtype) => {
      const [tokens, channels] = tokenShape(owner, inputShape);
      if (tokens <= skip)
        throw new ShapeError(
          `${owner}: without the first token there must be one left, got [${inputShape.join(',')}]`,
        );
      const [k0, k1, k2] = random.split(key, 3) as [Tensor, Tensor, Tensor];
      const moments = second.init(k0, [tokens - skip, channels], { dtype });
      return {
        params: {
          moments: moments.params,
          classifier1: head(outputs, weights).init(k1, [channels], { dtype }).params,
          classifier2: head(outputs, weights).init(k2, moments.outputShape, { dtype }).params,
          ...initPooling(owner, first, inputShape, key, dtype),
        },
        outputShape: [outputs],
      };
    },
    (params, x) => {
      const tokens = tokensOf(owner, x);
      const mean = pool(owner, first, params.poolingNorm, tokens);
      const rows = skip === 0 ? tokens : tokens.at(null, [skip, null]);
      const { output } = second.apply(params.moments, {}, rows);
      return linear(mean, params.classifier1).add(linear(output, params.classifier2)).div(2);
    },
  );
}
