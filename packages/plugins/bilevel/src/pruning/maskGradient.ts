import { checkOptions, nonNegative, scalar } from '@core/registry/checks';
import { tree, type Tensor } from '@core/tensor';

export interface MaskGradientOptions {
  /** 1/γ of the ridge term; 0 leaves the implicit part out. At least 0. Default 1e-4, that of the official configs. */
  readonly implicitCoefficient?: number | Tensor;
}

/**
 * The gradient of the pruned network's loss by its mask, θ being the answer of the lower level. With z = m ⊙ θ, g = ∂l/∂z,
 *
 *     dl/dm = (θ - m ⊙ g / γ) ⊙ g
 *
 * The first part is how z depends on m; the second how θ* does: the Hessian of l is left out, so the ridge term's γ I is all that is
 * to be inverted, and the mixed derivative is diag(g) as the network sees only the product. An approximation of the implicit
 * gradient with its signs, not its size.
 *
 * @param params θ, any tree
 * @param mask m, a tree like it
 * @param grads g, a tree like it: the gradient by the masked weights, which one backward pass gives
 *
 * Source: Zhang et al. 2022 (arXiv:2210.04092), the implicit gradient of their bi-linear problem.
 *
 * @throws ArgumentError for options, TreeError for trees that differ
 */
export function maskGradient<T>(params: T, mask: T, grads: T, options: MaskGradientOptions = {}): T {
  checkOptions('maskGradient', options, { implicitCoefficient: scalar(nonNegative) });
  const { implicitCoefficient = 1e-4 } = options;
  return tree.map(
    (weight: Tensor, kept: Tensor, slope: Tensor) => {
      const coefficient =
        typeof implicitCoefficient === 'number' ? implicitCoefficient : implicitCoefficient.cast(slope.dtype);
      return weight.sub(kept.mul(slope).mul(coefficient)).mul(slope);
    },
    params,
    mask,
    grads,
  );
}
