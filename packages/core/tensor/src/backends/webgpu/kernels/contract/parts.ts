import type { DType } from '../../../../dtype.js';
import type { Capabilities, Pass } from '../../kernel.js';
import { pass, wgslType } from '../../shader.js';

/** Adds the parts of a split product, which lie `size` numbers (whole fours) apart; every thread adds four at a time. */
export function sumPartsPass(
  label: string,
  dtype: DType,
  parts: number,
  size: number,
  [from, to]: readonly [number, number],
  capabilities: Capabilities,
): Pass {
  const vector = `vec4<${wgslType(dtype)}>`;
  // Where there are many, several threads share them.
  const share = parts > 16 ? 8 : 1;
  const wide = 64 / share;
  const vectors = size / 4;
  return pass({
    label: `${label}: sum of parts`,
    capabilities,
    size: 64,
    groups: Math.ceil(vectors / wide),
    arrays: [
      { name: 'parts', array: from, dtype, elements: parts * size, access: 'read', width: 4 },
      { name: 'out', array: to, dtype, elements: size, access: 'write', width: 4 },
    ],
    declarations: share === 1 ? '' : `var<workgroup> shares: array<array<${vector}, ${wide}>, ${share}>;`,
    main: `
  let place = group * ${wide}u + lane % ${wide}u;
  var total = ${vector}();
  if (place < ${vectors}u) {
    for (var part = lane / ${wide}u; part < ${parts}u; part += ${share}u) {
      total += parts_get(part * ${vectors}u + place);
    }
  }${share === 1 ? '' : combine(wide, share)}
  if (lane < ${wide}u && place < ${vectors}u) { out_set(place, total); }`,
  });
}

function combine(wide: number, share: number): string {
  const rest = Array.from({ length: share - 1 }, (_, i) => `shares[${i + 1}][lane % ${wide}u]`);
  return `
  shares[lane / ${wide}u][lane % ${wide}u] = total;
  workgroupBarrier();
  total += ${rest.join(' + ')};`;
}
