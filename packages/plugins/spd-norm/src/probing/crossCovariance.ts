import { check, oneOf, show } from '@core/registry/checks';
import { ShapeError, Tensor, isFloat } from '@core/tensor';

/**
 * What is subtracted before products are taken: the mean of each channel over the tokens (`'token'`: a covariance), one number for
 * each sample, the mean over tokens and channels (`'global'`), or nothing (`'none'`).
 */
export type Center = 'global' | 'token' | 'none';

export const centerRule = oneOf('global', 'token', 'none');

/**
 * Cross-covariance of two groups of channels: x1 [..., tokens, d1], x2 [..., tokens, d2] to x1ᵀ x2 / tokens, [..., d1, d2], after
 * centring.
 *
 * @param options.center default `'global'`. The official code pools both axes to one mean a sample, which after a layer
 *   normalisation is near 0: it is all but uncentred. `'token'` gives what the paper writes
 * @throws ShapeError for inputs that are not float [..., tokens, channels] with the same leading axes and tokens; ArgumentError
 * Source: Gao et al. 2023; `Covariance` of mingzeG/Moment-Probing.
 */
export function crossCovariance(
  x1: Tensor,
  x2: Tensor,
  { center = 'global' }: { readonly center?: Center } = {},
): Tensor {
  check('crossCovariance', 'center', center, centerRule);
  for (const [name, x] of [
    ['x1', x1],
    ['x2', x2],
  ] as const)
    // prettier-ignore
    if (!(x instanceof Tensor) || !isFloat(x.dtype) || x.ndim < 2 || x.shape.at(-2) === 0)
      throw new ShapeError(
        `crossCovariance: ${name} must be floats [..., tokens, channels] with a token or more, got ${show(x)}`,
      );
  if (x1.shape.slice(0, -1).join() !== x2.shape.slice(0, -1).join())
    throw new ShapeError(
      `crossCovariance: x1 and x2 must have the same leading axes and tokens, got ${show(x1)} and ${show(x2)}`,
    );
  const tokens = x1.shape.at(-2)!;
  return centred(x1, center).matmul(centred(x2, center), { transposeA: true }).div(tokens);
}

function centred(x: Tensor, center: Center): Tensor {
  if (center === 'none') return x;
  return x.sub(x.mean(center === 'token' ? -2 : [-2, -1], { keepDims: true }));
}
