import { atLeastOne, check } from '@core/registry/checks';
import { ArgumentError, ShapeError, type Tensor } from '@core/tensor';
import { learned, type Empty, type Layer } from '@core/nn';
import { symmetrize } from '../matrices/support.js';
import { spdExample } from './shapes.js';
import { parametrizationRule, stiefelOf, stiefelParameter, type Parametrization } from './spdParameter.js';

export interface BiMapOptions {
  /** Matrices that come out of each example. Default 1. */
  readonly channels?: number;
  /** Default `'riemannian'`. */
  readonly parametrization?: Parametrization;
}

/** The weight [channelsOut, channelsIn, nIn, nOut], as it is or free. */
export type BiMapParams = { stiefelWeight?: Tensor; freeWeight?: Tensor };

/**
 * Compresses SPD matrices: Σ over input channels of Wᵀ X W, with orthonormal columns in every W. Examples [nIn, nIn] or
 * [channelsIn, nIn, nIn]; comes out [nOut, nOut] for one channel from [nIn, nIn], else [channels, nOut, nOut].
 *
 * W starts uniformly distributed. The official code takes the first left singular vectors of V Vᵀ with the entries of V uniform in
 * [0, 1], of which the first is nearly constant and the others are orthogonal to it.
 *
 * @param size nOut, at most nIn: more columns than rows cannot be orthonormal
 * Source: SPDNet, Huang and Van Gool 2017, eq. 1; channels as in the code of Brooks et al. 2019.
 */
export function biMap(
  size: number,
  { channels = 1, parametrization = 'riemannian' }: BiMapOptions = {},
): Layer<BiMapParams, Empty> {
  check('biMap', 'size', size, atLeastOne);
  check('biMap', 'channels', channels, atLeastOne);
  check('biMap', 'parametrization', parametrization, parametrizationRule);
  return learned<BiMapParams>(
    'biMap',
    (key, inputShape, dtype) => {
      const { n, channels: inputs } = spdExample('biMap', inputShape);
      if (size > n)
        throw new ArgumentError(`biMap: size must be at most that of the input, ${n}, got ${size}`);
      const params: BiMapParams = stiefelParameter(
        key,
        [channels, inputs ?? 1, n, size],
        parametrization,
        dtype,
      );
      const plain = inputs === undefined && channels === 1;
      return { params, outputShape: plain ? [size, size] : [channels, size, size] };
    },
    (params, x) => {
      const weight = stiefelOf(params);
      if (weight === undefined)
        throw new ArgumentError('biMap: got no weight; give it the parameters that init returned');
      const [channelsOut, channelsIn, n] = weight.shape;
      const single = x.ndim === 3;
      const stack = single ? x.expandDims(1) : x;
      if (stack.ndim !== 4 || stack.shape[1] !== channelsIn || stack.shape[3] !== n)
        throw new ShapeError(
          `biMap: input is [${x.shape.join(',')}], the layer was built for [batch,${channelsIn},${n},${n}]`,
        );
      const mapped = weight.matmul(stack.expandDims(1), { transposeA: true }).matmul(weight).sum(2);
      const output = symmetrize(mapped);
      return single && channelsOut === 1 ? output.squeeze(1) : output;
    },
  );
}
