import {
  ArgumentError,
  ShapeError,
  clip,
  elu,
  expm1,
  gelu,
  leakyRelu,
  logSigmoid,
  relu,
  sigmoid,
  silu,
  softmax,
  softplus,
  split,
  tanh,
  where,
} from '@core/tensor';
import type { Tensor } from '@core/tensor';
import { show } from './check.js';
import type { Empty, Layer } from './layer.js';
import { stateless } from './layer.js';

/** min(max(x, 0), 6) */
export function relu6(x: Tensor): Tensor {
  return clip(relu(x), null, 6);
}

const seluAlpha = 1.6732632423543772;
const seluScale = 1.0507009873554805;

/** scale·(x if x > 0 else alpha·(e^x - 1)). Klambauer et al. 2017. */
export function selu(x: Tensor): Tensor {
  const positive = x.greater(0);
  return where(positive, x, expm1(where(positive, 0, x)).mul(seluAlpha)).mul(seluScale);
}

/** x·tanh(softplus(x)). Misra 2019. */
export function mish(x: Tensor): Tensor {
  return x.mul(tanh(softplus(x)));
}

/** clip(x/6 + 1/2, 0, 1). The derivative at both ends is 0, as in PyTorch. */
export function hardSigmoid(x: Tensor): Tensor {
  const inside = x.greater(-3).logicalAnd(x.less(3));
  return where(inside, x.div(6).add(0.5), x.greater(0).cast(x.dtype));
}

/** x·hardSigmoid(x). Howard et al. 2019. Both ends count as inside, which decides the derivative there, as in PyTorch. */
export function hardSwish(x: Tensor): Tensor {
  const inside = x.greaterEqual(-3).logicalAnd(x.lessEqual(3));
  return where(inside, x.div(6).add(0.5).mul(x), relu(x));
}

/** a·σ(b) for the halves a, b along `axis`. Dauphin et al. 2017. @throws ShapeError for an odd size */
export function glu(x: Tensor, axis = -1): Tensor {
  const length = x.shape.at(axis);
  if (length === undefined || length % 2 !== 0) {
    throw new ShapeError(`glu: axis ${axis} of ${show(x.shape)} must have an even size`);
  }
  const [a, b] = split(x, 2, axis) as [Tensor, Tensor];
  return a.mul(sigmoid(b));
}

/** The activations that keep the shape, by name. */
export const activations = {
  identity: (x: Tensor): Tensor => x,
  relu: (x: Tensor): Tensor => relu(x),
  relu6,
  leakyRelu: (x: Tensor): Tensor => leakyRelu(x),
  elu: (x: Tensor): Tensor => elu(x),
  selu,
  gelu: (x: Tensor): Tensor => gelu(x),
  silu: (x: Tensor): Tensor => silu(x),
  mish,
  tanh: (x: Tensor): Tensor => tanh(x),
  sigmoid: (x: Tensor): Tensor => sigmoid(x),
  logSigmoid: (x: Tensor): Tensor => logSigmoid(x),
  softplus: (x: Tensor): Tensor => softplus(x),
  hardSigmoid,
  hardSwish,
  softmax: (x: Tensor): Tensor => softmax(x),
} as const;

export type ActivationName = keyof typeof activations;

/**
 * The activation of that name.
 * @throws ArgumentError for an unknown one
 */
export function activationNamed(name: ActivationName): (x: Tensor) => Tensor {
  if (Object.hasOwn(activations, name)) return activations[name];
  throw new ArgumentError(
    `activation: there is none called ${String(name)}; there are ${Object.keys(activations).join(', ')}`,
  );
}

/** An activation, by name or as a function that keeps the shape, as a layer. */
export function activation(f: ActivationName | ((x: Tensor) => Tensor)): Layer<Empty, Empty> {
  return stateless(typeof f === 'string' ? activationNamed(f) : f);
}
