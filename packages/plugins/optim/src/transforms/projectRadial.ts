import { checkOptions, nonNegative, show, type Rule } from '@core/registry/checks';
import { ArgumentError, ShapeError, Tensor, full, where } from '@core/tensor';
import { root } from '../math.js';

export interface ProjectRadialOptions {
  /** δ; the direction counts as tangential where the cosine is below δ / √columns. Default 0.1. */
  readonly delta?: number | Tensor;
  /** What weight decay is multiplied by where the projection acts. Default 0.1. */
  readonly weightDecayRatio?: number | Tensor;
  /** ε, least norm that the cosine divides by. Default 1e-8. */
  readonly epsilon?: number | Tensor;
}

export interface ProjectedStep {
  /** The step, without its radial part where the weight looks scale-invariant. */
  readonly step: Tensor;
  /** Scalar to multiply weight decay by: `weightDecayRatio` where the projection acted, else 1. */
  readonly decayRatio: Tensor;
  /** Which view acted, int32: 0 none, 1 channel, 2 layer. */
  readonly branch: Tensor;
}

const scalar: Rule = {
  words: `${nonNegative.words} or a scalar tensor`,
  holds: (value) => (value instanceof Tensor ? value.ndim === 0 : nonNegative.holds(value)),
};

/**
 * Takes the radial part out of a step, where the weight looks scale-invariant.
 *
 * A tensor [s0, s1, …] is looked at as rows: the channel view has s0 rows, the layer view one. With g the gradient, w the
 * weight (before decay) and u the step, in a view with n columns:
 *
 *     if max over rows of |⟨g, w⟩| / (max(‖g‖, ε) max(‖w‖, ε)) < δ / √n:   u ← u - ŵ ⟨ŵ, u⟩ in every row,  ŵ = w / (‖w‖ + ε)
 *
 * The first of the two views that passes is used; one row above the threshold disables its view. Tensors of one axis or
 * none are left alone.
 * @throws ShapeError unless all three have one shape; ArgumentError for options out of range
 *
 * Source: Heo et al. 2021 (arXiv:2006.08217), eqs. 11 and 12; the two views, the order of them, and the use of the gradient
 * rather than the momentum in the cosine are the official code's (clovaai/AdamP).
 */
export function projectRadial(
  param: Tensor,
  grad: Tensor,
  step: Tensor,
  options: ProjectRadialOptions = {},
): ProjectedStep {
  const owner = 'projectRadial';
  checkOptions(owner, options, { delta: scalar, weightDecayRatio: scalar, epsilon: scalar });
  for (const [name, x] of Object.entries({ param, grad, step })) {
    if (!(x instanceof Tensor)) throw new ArgumentError(`${owner}: ${name} must be a tensor, got ${show(x)}`);
    if (x.shape.join() !== param.shape.join())
      throw new ShapeError(`${owner}: ${name} is ${show(x)}, param ${show(param)}; they must have one shape`);
  }
  const { delta = 0.1, weightDecayRatio = 0.1, epsilon = 1e-8 } = options;
  const [rows = 1] = param.shape;
  const number = (value: number | Tensor): Tensor =>
    typeof value === 'number' ? full([], value, { dtype: param.dtype }) : value.cast(param.dtype);
  if (param.ndim <= 1 || param.size === 0)
    return { step, decayRatio: number(1), branch: full([], 0, { dtype: 'int32' }) };

  const [w, g, u] = [param, grad, step].map((x) => x.reshape([rows, -1])) as [Tensor, Tensor, Tensor]; // three in, three out
  // All products before the first sum: a compiled step reads the arrays once for them, and for what made the step.
  const terms = [g.mul(w), g.square(), w.square(), w.mul(u)];
  const products = terms.map((x) => x.sum(1, { keepDims: true })) as unknown as Products; // as many
  const whole = products.map((x) => x.sum(0, { keepDims: true })) as unknown as Products; // as many

  const least = number(epsilon);
  const look = ([gw, gg, ww, wu]: Products, columns: number): { hit: Tensor; radial: Tensor } => {
    const norm = root(ww);
    const cosine = gw.abs().div(root(gg).maximum(least).mul(norm.maximum(least)));
    const inverse = norm.add(least).reciprocal();
    // ŵ ⟨ŵ, u⟩ = w · ⟨w, u⟩ / (‖w‖ + ε)²
    return {
      hit: cosine.max().less(number(delta).div(Math.sqrt(columns))),
      radial: wu.mul(inverse).mul(inverse),
    };
  };
  const channel = look(products, param.size / rows);
  const layer = look(whole, param.size);

  const coefficient = where(channel.hit, channel.radial, where(layer.hit, layer.radial, 0));
  return {
    step: u.sub(w.mul(coefficient)).reshape(param.shape),
    decayRatio: where(channel.hit.logicalOr(layer.hit), number(weightDecayRatio), number(1)),
    branch: where(channel.hit, 1, where(layer.hit, 2, 0)).cast('int32'),
  };
}

/** ⟨g, w⟩, ⟨g, g⟩, ⟨w, w⟩ and ⟨w, u⟩ of each row. */
type Products = readonly [Tensor, Tensor, Tensor, Tensor];
