import type { DType } from '../../../../dtype.js';
import type { Capabilities, Pass } from '../../kernel.js';
import { pass, wgslType } from '../../shader.js';

/** What a sum of no terms gives. */
export function zerosPass(
  label: string,
  dtype: DType,
  array: number,
  elements: number,
  capabilities: Capabilities,
): Pass {
  return pass({
    label,
    capabilities,
    size: 64,
    groups: Math.ceil(elements / 256),
    arrays: [{ name: 'out', array, dtype, elements, access: 'write', width: 4 }],
    main: `  if (thread < out_length()) { out_set(thread, vec4<${wgslType(dtype)}>()); }`,
  });
}
