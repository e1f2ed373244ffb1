import { ArgumentError } from '../errors.js';
import { checkOptions } from '../options.js';
import * as p from '../primitives/calls.js';
import { normalizeAxes, reducedShape } from '../shape.js';
import { show } from '../show.js';
import type { Tensor } from '../tensor.js';
import { fused } from '../transforms/fused.js';
import { checkFinite } from './arguments.js';
import { promoteFloats } from './convert.js';
import type { TensorLike } from './convert.js';

const float = (name: string, x: TensorLike): Tensor => promoteFloats(name, x)[0]!;

/** max(x, 0). The derivative at 0 is 0, as in PyTorch. */
export function relu(x: TensorLike): Tensor {
  return reluOf(float('relu', x));
}

const reluOf = fused(function relu(x: Tensor): Tensor {
  // This way round NaN, which is not <= 0, stays NaN.
  return p.where(p.lessEqual(x, 0), 0, x);
});

/** 1 / (1 + e^-x), without overflow on either side. */
export function sigmoid(x: TensorLike): Tensor {
  return p.sigmoid(float('sigmoid', x));
}

/** log σ(x) = -softplus(-x) */
export function logSigmoid(x: TensorLike): Tensor {
  return logSigmoidOf(float('logSigmoid', x));
}

const logSigmoidOf = fused(function logSigmoid(x: Tensor): Tensor {
  return p.neg(p.softplus(p.neg(x)));
});

/** log(1 + e^x), without overflow. */
export function softplus(x: TensorLike): Tensor {
  return p.softplus(float('softplus', x));
}

/** x where positive, else slope·x. Default slope 0.01 (PyTorch). */
export function leakyRelu(x: TensorLike, slope = 0.01): Tensor {
  const t = float('leakyRelu', x);
  checkFinite('leakyRelu', 'slope', slope);
  return leakyReluOf(t, slope);
}

const leakyReluOf = fused(function leakyRelu(x: Tensor, slope: number): Tensor {
  return p.where(p.greater(x, 0), x, p.mul(x, slope));
});

/** x where positive, else alpha·(e^x - 1). Clevert et al. 2016, eq. 15. */
export function elu(x: TensorLike, alpha = 1): Tensor {
  const t = float('elu', x);
  checkFinite('elu', 'alpha', alpha);
  return eluOf(t, alpha);
}

const eluOf = fused(function elu(x: Tensor, alpha: number): Tensor {
  const positive = p.greater(x, 0);
  // The exponential must not see large positive x: its inf would meet a zero in the derivative.
  return p.where(positive, x, p.mul(p.expm1(p.where(positive, 0, x)), alpha));
});

/** x·σ(x), also called swish. Elfwing et al. 2018. */
export function silu(x: TensorLike): Tensor {
  return siluOf(float('silu', x));
}

const siluOf = fused(function silu(x: Tensor): Tensor {
  return p.mul(x, p.sigmoid(x));
});

/** x·Φ(x); `approximate: 'tanh'` is the formula of Hendrycks & Gimpel 2016. */
export function gelu(x: TensorLike, options: { approximate?: 'none' | 'tanh' } = {}): Tensor {
  checkOptions('gelu', options, ['approximate']);
  const { approximate = 'none' } = options;
  const t = float('gelu', x);
  if (approximate !== 'none' && approximate !== 'tanh')
    throw new ArgumentError(`gelu: approximate must be 'none' or 'tanh', got ${show(approximate)}`);
  return geluOf(t, approximate);
}

const geluOf = fused(function gelu(x: Tensor, approximate: 'none' | 'tanh'): Tensor {
  const inner =
    approximate === 'none'
      ? p.erf(p.mul(x, Math.SQRT1_2))
      : p.tanh(p.mul(p.add(x, p.mul(p.mul(p.square(x), x), 0.044715)), Math.sqrt(2 / Math.PI)));
  return p.mul(p.mul(x, 0.5), p.add(inner, 1));
});

/** x - max over the axes, and the axes' sum of its exponentials (both with the axes kept). */
function shifted(x: Tensor, axes: readonly number[]): { centred: Tensor; sumOfExp: Tensor } {
  const kept = reducedShape(x.shape, axes, true);
  // The maximum only guards against overflow: it cancels, so no derivative needs to flow through it.
  const maximum = p.stopGradient(p.reshape(p.reduceMax(x, axes), kept));
  // A row of -inf alone has no largest element to subtract.
  const safe = p.where(p.isFinite(maximum), maximum, 0);
  const centred = p.sub(x, safe);
  return { centred, sumOfExp: p.reshape(p.sum(p.exp(centred), axes), kept) };
}

/** e^x / Σ e^x along `axis` (default the last; several axes allowed), without overflow. */
export function softmax(x: TensorLike, axis: number | readonly number[] = -1): Tensor {
  const t = float('softmax', x);
  return t.size === 0 ? t : softmaxOf(t, normalizeAxes('softmax', axis, t.ndim));
}

const softmaxOf = fused(function softmax(x: Tensor, axes: readonly number[]): Tensor {
  const { centred, sumOfExp } = shifted(x, axes);
  return p.div(p.exp(centred), sumOfExp);
});

/** log softmax(x), accurate where softmax underflows. */
export function logSoftmax(x: TensorLike, axis: number | readonly number[] = -1): Tensor {
  const t = float('logSoftmax', x);
  return t.size === 0 ? t : logSoftmaxOf(t, normalizeAxes('logSoftmax', axis, t.ndim));
}

const logSoftmaxOf = fused(function logSoftmax(x: Tensor, axes: readonly number[]): Tensor {
  const { centred, sumOfExp } = shifted(x, axes);
  return p.sub(centred, p.log(sumOfExp));
});
