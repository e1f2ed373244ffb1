import { isFloat } from '../dtype.js';
import { DTypeError, ShapeError } from '../errors.js';
import type { Aval } from '../shape.js';
import { describe, sameShape, sizeOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { allBatched } from './batching.js';
import * as p from './calls.js';
import { gammaSampleDerivative, sampleGamma } from './kernels/gamma.js';
import { fillThreefry, KeyStream } from './kernels/threefry.js';
import { definePrimitive } from './primitive.js';

const bitsOfACounter = 'its outputs are integers computed from a counter';

function checkKey(op: string, key: Aval): void {
  if (key.dtype !== 'int32' || key.shape.at(-1) !== 2) {
    const message = `${op}: needs a key, int32[..., 2], got ${describe(key)}; make one with random.key(seed)`;
    throw key.dtype === 'int32' ? new ShapeError(message) : new DTypeError(message);
  }
}

/** 32 random bits each: the two words of Threefry at counter i, joined by xor. */
const randomBits = definePrimitive<'randomBits'>({
  name: 'randomBits',
  notDifferentiable: bitsOfACounter,
  shape: ([key], { size }) => {
    checkKey('randomBits', key!);
    return [{ shape: [...key!.shape.slice(0, -1), size], dtype: 'int32' }];
  },
  batch: ({ inputs: [key], params: { size } }) => [p.randomBits(key!, size)],
  kernel: ([key], [bits], { size }) => {
    for (let stream = 0; stream < key!.data.length / 2; stream++) {
      fillThreefry(
        key!.data[2 * stream]!,
        key!.data[2 * stream + 1]!,
        size,
        bits!.data as Int32Array,
        stream * size,
        true,
      );
    }
  },
});

/** New keys: both words of Threefry at counter i. */
const splitKey = definePrimitive<'splitKey'>({
  name: 'splitKey',
  notDifferentiable: bitsOfACounter,
  shape: ([key], { count }) => {
    checkKey('splitKey', key!);
    return [{ shape: [...key!.shape.slice(0, -1), count, 2], dtype: 'int32' }];
  },
  batch: ({ inputs: [key], params: { count } }) => [p.splitKey(key!, count)],
  kernel: ([key], [keys], { count }) => {
    for (let stream = 0; stream < key!.data.length / 2; stream++) {
      fillThreefry(
        key!.data[2 * stream]!,
        key!.data[2 * stream + 1]!,
        count,
        keys!.data as Int32Array,
        2 * stream * count,
        false,
      );
    }
  },
});

/** Samples of Gamma(alpha, 1), differentiable in alpha by implicit reparametrisation. */
const randomGamma = definePrimitive<'randomGamma'>({
  name: 'randomGamma',
  shape: ([key, alpha]) => {
    checkKey('randomGamma', key!);
    if (!isFloat(alpha!.dtype))
      throw new DTypeError(
        `randomGamma: alpha needs float32 or float64, got ${describe(alpha!)}; cast it first`,
      );
    if (!sameShape(key!.shape.slice(0, -1), alpha!.shape.slice(0, -1)) || alpha!.shape.length === 0) {
      throw new ShapeError(
        `randomGamma: key ${describe(key!)} and alpha ${describe(alpha!)} do not fit; needs key [..., 2] and alpha [..., n]`,
      );
    }
    return [{ shape: alpha!.shape, dtype: alpha!.dtype }];
  },
  jvp: ({ primals: [, alpha], tangents: [, da], outputs: [sample] }) => [
    p.mul(da!, p.randomGammaGrad(alpha!, sample!)),
  ],
  vjp: ({ inputs: [, alpha], outputs: [sample], cotangents: [ct] }) => [
    null,
    p.mul(ct!, p.randomGammaGrad(alpha!, sample!)),
  ],
  batch: ({ inputs, batched, size }) => {
    const [key, alpha] = allBatched(inputs, batched, size);
    return [p.randomGamma(key!, alpha!)];
  },
  kernel: ([key, alpha], [sample]) => {
    const n = alpha!.shape.at(-1)!;
    const double = alpha!.dtype === 'float64';
    for (let stream = 0; stream < sizeOf(alpha!.shape.slice(0, -1)); stream++) {
      const keys = new KeyStream(key!.data[2 * stream]!, key!.data[2 * stream + 1]!);
      for (let i = 0; i < n; i++)
        sample!.data[stream * n + i] = sampleGamma(keys.child(i), alpha!.data[stream * n + i]!, double);
    }
  },
});

/** Steps of the five-point formula in units of alpha: truncation and rounding errors are about equal. */
const stencilStep = { float32: 0.05, float64: 2e-3 } as const;

/**
 * Its own derivatives g: with s = d sample / d alpha, ∂s/∂sample = ψ(α) - log x - s ((α - 1)/x - 1) exactly. ∂s/∂alpha
 * has no closed form and is a five-point difference of this same primitive, so it is good to about 1e-9 in float64, 1e-4
 * in float32, and each further order loses digits.
 */
function gammaGradSlopes(
  alpha: Tensor,
  sample: Tensor,
  slope: Tensor,
): { byAlpha: () => Tensor; bySample: () => Tensor } {
  const byAlpha = (): Tensor => {
    const h = stencilStep[alpha.dtype as 'float32' | 'float64'];
    const at = (steps: number): Tensor => p.randomGammaGrad(p.mul(alpha, 1 + steps * h), sample);
    const near = p.mul(p.sub(at(1), at(-1)), 8);
    const far = p.sub(at(2), at(-2));
    return p.div(p.sub(near, far), p.mul(alpha, 12 * h));
  };
  const bySample = (): Tensor => {
    const logDensitySlope = p.sub(p.div(p.sub(alpha, 1), sample), 1);
    return p.sub(p.sub(p.polygamma(0, alpha), p.log(sample)), p.mul(slope, logDensitySlope));
  };
  return { byAlpha, bySample };
}

const randomGammaGrad = definePrimitive<'randomGammaGrad'>({
  name: 'randomGammaGrad',
  shape: ([alpha, sample]) => {
    if (!isFloat(alpha!.dtype) || alpha!.dtype !== sample!.dtype) {
      throw new DTypeError(
        `randomGammaGrad: needs two of one float dtype, got ${describe(alpha!)} and ${describe(sample!)}`,
      );
    }
    if (!sameShape(alpha!.shape, sample!.shape)) {
      throw new ShapeError(`randomGammaGrad: shapes differ: ${describe(alpha!)} and ${describe(sample!)}`);
    }
    return [{ shape: alpha!.shape, dtype: alpha!.dtype }];
  },
  jvp: ({ primals: [alpha, sample], tangents: [da, dx], outputs: [slope] }) => {
    const { byAlpha, bySample } = gammaGradSlopes(alpha!, sample!, slope!);
    const parts = [da ? p.mul(da, byAlpha()) : null, dx ? p.mul(dx, bySample()) : null];
    return [parts[0] && parts[1] ? p.add(parts[0], parts[1]) : (parts[0] ?? parts[1]!)];
  },
  vjp: ({ inputs: [alpha, sample], outputs: [slope], cotangents: [ct], needs }) => {
    const { byAlpha, bySample } = gammaGradSlopes(alpha!, sample!, slope!);
    return [needs[0] ? p.mul(ct!, byAlpha()) : null, needs[1] ? p.mul(ct!, bySample()) : null];
  },
  batch: ({ inputs, batched, size }) => {
    const [alpha, sample] = allBatched(inputs, batched, size);
    return [p.randomGammaGrad(alpha!, sample!)];
  },
  kernel: ([alpha, sample], [slope]) => {
    for (let i = 0; i < slope!.data.length; i++)
      slope!.data[i] = gammaSampleDerivative(alpha!.data[i]!, sample!.data[i]!);
  },
});

export const randomPrimitives = { randomBits, splitKey, randomGamma, randomGammaGrad };
