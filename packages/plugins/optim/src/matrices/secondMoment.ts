import { Tensor } from '@core/tensor';
import { axisName, perAxis, type PerAxis } from './basis.js';

/**
 * A running mean of squares: a tensor with one number for each element, as Adam's; or factorised, as Adafactor's, the mean
 * over all other axes for each axis.
 */
export type SecondMoment = Tensor | PerAxis;

/** Vectors and scalars have nothing to gain from being factorised. */
export function momentShapes(
  shape: readonly number[],
  factorised: boolean,
): readonly number[] | Readonly<Record<string, readonly number[]>> {
  if (!factorised || shape.length < 2) return shape;
  return Object.fromEntries(shape.map((length, axis) => [axisName(axis), [length]]));
}

/** decay · before + share · squares */
export function updateMoment(
  before: SecondMoment,
  squares: Tensor,
  decay: Tensor,
  share: Tensor,
): SecondMoment {
  const mix = (old: Tensor, x: Tensor): Tensor => old.mul(decay).add(x.mul(share));
  if (before instanceof Tensor) return mix(before, squares);
  const axes = [...squares.shape.keys()];
  return perAxis(
    axes,
    (name, axis) => mix(before[name] as Tensor, squares.mean(axes.filter((other) => other !== axis))), // one for each axis
  );
}

/**
 * The estimate for every element: for factorised moments the product of rank one with their means, row · column / mean for
 * a matrix (Shazeer & Stern 2018, arXiv:1804.04235, equation 4).
 */
export function estimate(moment: SecondMoment, ndim: number): Tensor {
  if (moment instanceof Tensor) return moment;
  return [...new Array(ndim).keys()]
    .map((axis) => {
      const mean = moment[axisName(axis)] as Tensor; // one for each axis
      const share = axis === 0 ? mean : mean.div(mean.mean().maximum(smallest));
      return share.reshape(Array.from({ length: ndim }, (_, other) => (other === axis ? share.size : 1)));
    })
    .reduce((product, share) => product.mul(share));
}

/** What stands for 0 below a fraction bar, where what is above is 0 as well. */
const smallest = 2 ** -126;

/** The entries along an axis in another order. */
export function permuteMoment(moment: SecondMoment, axis: number, order: Tensor): SecondMoment {
  if (moment instanceof Tensor) return moment.take(order, axis);
  const name = axisName(axis);
  return { ...moment, [name]: (moment[name] as Tensor).take(order) }; // one for each axis
}
