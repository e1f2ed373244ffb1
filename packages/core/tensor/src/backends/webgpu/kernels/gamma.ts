import { sizeOf } from '../../../shape.js';
import { declare } from '../functions/function.js';
import { gammaSampleDerivative } from '../functions/gammaDerivative.js';
import { sampleGamma } from '../functions/gammaSample.js';
import type { Rule } from '../kernel.js';
import { pass } from '../shader.js';

/** Rejections differ from thread to thread: small workgroups end sooner. */
const threads = 64;

const noFloat64 = 'the device has no float64';

/**
 * Samples of Gamma(alpha, 1) from the same bits as on the CPU, in float32: they agree to 3e-6 (measured), except where a
 * sample is accepted by one and just not by the other, which then goes on to another one.
 */
export const randomGamma: Rule<'randomGamma'> = (
  { inputs: [key, alpha], outputs: [sample] },
  capabilities,
) => {
  if (alpha!.dtype !== 'float32') return noFloat64;
  const elements = sizeOf(sample!.shape);
  if (elements === 0) return { passes: [] };
  const keys = sizeOf(key!.shape) / 2;
  const perKey = alpha!.shape.at(-1)!;
  const [stream, index] = keys === 1 ? ['0u', 'thread'] : [`thread / ${perKey}u`, `thread % ${perKey}u`];
  return {
    passes: [
      pass({
        label: 'randomGamma',
        capabilities,
        size: threads,
        groups: Math.ceil(elements / threads),
        arrays: [
          { name: 'key', array: 0, dtype: 'int32', elements: 2 * keys, access: 'read' },
          { name: 'alpha', array: 1, dtype: 'float32', elements, access: 'read' },
          { name: 'sample', array: 2, dtype: 'float32', elements, access: 'write' },
        ],
        declarations: declare([sampleGamma]),
        main: `if (thread >= sample_length()) { return; }
let stream = ${stream};
let key = vec2<u32>(u32(key_get(2u * stream)), u32(key_get(2u * stream + 1u)));
sample_set(thread, sample_gamma(threefry(key, ${index}), alpha_get(thread)));`,
      }),
    ],
  };
};

/** d sample / d alpha. */
export const randomGammaGrad: Rule<'randomGammaGrad'> = ({ inputs: [alpha] }, capabilities) => {
  if (alpha!.dtype !== 'float32') return noFloat64;
  const elements = sizeOf(alpha!.shape);
  if (elements === 0) return { passes: [] };
  const use = (name: string, array: number, access: 'read' | 'write') =>
    ({ name, array, dtype: 'float32', elements, access }) as const;
  return {
    passes: [
      pass({
        label: 'randomGammaGrad',
        capabilities,
        size: threads,
        groups: Math.ceil(elements / threads),
        arrays: [use('alpha', 0, 'read'), use('sample', 1, 'read'), use('slope', 2, 'write')],
        declarations: declare([gammaSampleDerivative]),
        main: `if (thread < slope_length()) {
  slope_set(thread, gamma_sample_derivative(alpha_get(thread), sample_get(thread)));
}`,
      }),
    ],
  };
};
