import { atLeastOne, checkOptions, flag } from '@core/registry/checks';
import { ShapeError } from '@core/tensor';
import { learned, linear, type AffineParams, type Empty, type Layer, type LinearParams } from '@core/nn';
import { head, weightsRule, type Weights } from './mhc3.js';
import { initPooling, pool, poolingRules, type PoolingOptions } from './pooling.js';
import { tokenShape } from './tokens.js';

export interface LinearProbingOptions extends PoolingOptions {
  /** Number of classes. Default 10. */
  readonly outputs?: number;
  /** Leaves the first token out of a mean: with a class token the official `'gap'`. Default false. */
  readonly skipFirst?: boolean;
  /** Default `'normal'`. */
  readonly weights?: Weights;
}

export type LinearProbingParams = { classifier: LinearParams; poolingNorm?: AffineParams };

/**
 * Linear probing: a linear classifier of the class token, or of the mean of the tokens, of a frozen backbone. The baseline of
 * `momentProbing`, on the same examples.
 *
 * @throws ArgumentError, ShapeError
 */
export function linearProbing(options: LinearProbingOptions = {}): Layer<LinearProbingParams, Empty> {
  const owner = 'linearProbing';
  checkOptions(owner, options, {
    ...poolingRules,
    outputs: atLeastOne,
    skipFirst: flag,
    weights: weightsRule,
  });
  const { outputs = 10, skipFirst = false, weights = 'normal', ...pooling } = options;
  const skip = skipFirst ? 1 : 0;
  return learned<LinearProbingParams>(
    owner,
    (key, inputShape, dtype) => {
      const [tokens, channels] = tokenShape(owner, inputShape);
      if (tokens <= skip)
        throw new ShapeError(
          `${owner}: without the first token there must be one left, got [${inputShape.join(',')}]`,
        );
      return {
        params: {
          classifier: head(outputs, weights).init(key, [channels], { dtype }).params,
          ...initPooling(owner, pooling, inputShape, key, dtype),
        },
        outputShape: [outputs],
      };
    },
    (params, x) => linear(pool(owner, pooling, params.poolingNorm, x, skip), params.classifier),
  );
}
