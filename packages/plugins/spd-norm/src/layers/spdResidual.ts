import { atLeastOne, check } from '@core/registry/checks';
import { ArgumentError, linalg, random, type Tensor, type Tree } from '@core/tensor';
import { activation, batchNormalization, convolution1d, sequential, type Layer } from '@core/nn';
import { affineInvariant } from '../metrics/affineInvariant.js';
import { symReEig } from '../matrices/functions.js';
import { asRow, symmetrize } from '../matrices/support.js';
import { spdExample } from './shapes.js';
import { parametrizationRule, stiefelOf, stiefelParameter, type Parametrization } from './spdParameter.js';

export interface SpdResidualOptions {
  /** Maps of the hidden convolutions along the spectrum. Default 3. */
  readonly channels?: number;
  /** Their length. Default 5. */
  readonly kernel?: number;
  /** Default `'riemannian'`. */
  readonly parametrization?: Parametrization;
}

/** The basis Q [n, n], as it is or free, and the convolutions. */
export type SpdResidualParams = { stiefelWeight?: Tensor; freeWeight?: Tensor; spectrum: Tree };
export type SpdResidualState = { spectrum: Tree };

/** Smallest eigenvalue after a block, as in the official projection; its largest, 1e8, is never reached by a step of length 1. */
const least = 1e-8;

/**
 * A residual block on SPD matrices: the way along a geodesic of length 1 in a direction that the spectrum decides. Examples [n, n] or
 * [channels, n, n], each matrix by itself.
 *
 *     f = map(eigenvalues of X, ascending),   V = Q diag(f) Qᵀ,   X' = exp_X(V / |V|_X)   in the affine-invariant metric
 *
 * with one orthogonal Q for all, and the map three convolutions (to `channels`, to `channels`, to 1) with leaky ReLU and batch
 * normalisation between them.
 *
 * Source: Katsman et al. 2023, Riemannian Residual Neural Networks; this vector field as in GBWBN's experiments on HDM05 and NTU60.
 */
export function spdResidual({
  channels = 3,
  kernel = 5,
  parametrization = 'riemannian',
}: SpdResidualOptions = {}): Layer<SpdResidualParams, SpdResidualState> {
  const owner = 'spdResidual';
  check(owner, 'channels', channels, atLeastOne);
  check(owner, 'kernel', kernel, atLeastOne);
  check(owner, 'parametrization', parametrization, parametrizationRule);
  const metric = affineInvariant();
  const convolution = (maps: number) => convolution1d(maps, kernel, { padding: 'same' });
  const map: Layer = sequential({
    conv1: convolution(channels),
    act1: activation('leakyRelu'),
    norm1: batchNormalization(),
    conv2: convolution(channels),
    act2: activation('leakyRelu'),
    norm2: batchNormalization(),
    conv3: convolution(1),
  });
  return {
    init(key, inputShape, { dtype = 'float32' } = {}) {
      const { n } = spdExample(owner, inputShape);
      const [basisKey, mapKey] = random.split(key);
      const made = map.init(mapKey, [1, n], { dtype });
      const params = {
        ...stiefelParameter(basisKey, [n, n], parametrization, dtype),
        spectrum: made.params,
      };
      return { params, state: { spectrum: made.state }, outputShape: inputShape };
    },
    apply(params, state, x, options) {
      const { spectrum, ...rest } = params;
      const q = stiefelOf(rest);
      if (q === undefined)
        throw new ArgumentError(`${owner}: got no basis; give it the parameters that init returned`);
      const stack = symmetrize(x).reshape([-1, ...q.shape]);
      const values = linalg.eigvalsh(stack).expandDims(1);
      const { output: f, state: tracked } = map.apply(spectrum, state.spectrum, values, options);
      const v = symmetrize(q.mul(asRow(f.squeeze(1))).matmul(q, { transposeB: true }));
      const length = metric.norm(stack, v).expandDims(-1).expandDims(-1);
      const output = symReEig(metric.exp(stack, v.div(length)), least).reshape(x.shape);
      return { output, state: { spectrum: tracked } };
    },
  };
}
