import type { DType } from '../../../dtype.js';
import type { WgslFunction } from './function.js';

/**
 * Infinities, NaN and -0 from their bits. WGSL has no literals for the first two, and compilers may take it that constants
 * are finite: the bits go through a variable, of which they know nothing.
 */
export const specialNumbers: WgslFunction = {
  name: 'special_number',
  code: `var<private> no_bits: u32 = 0u;
fn special_number(bits: u32) -> f32 { return bitcast<f32>(bits | no_bits); }`,
};

/** A number as a WGSL expression of its dtype. A shader declares `specialNumbers` for those that need it. */
export function wgslNumber(value: number, dtype: DType): string {
  if (dtype === 'bool') return value === 0 ? 'false' : 'true';
  if (dtype === 'int32') return value < 0 ? `i32(${value})` : `${value}i`;
  const rounded = Math.fround(value);
  if (Number.isNaN(rounded)) return 'special_number(0x7fc00000u)';
  if (!Number.isFinite(rounded)) return `special_number(${rounded > 0 ? '0x7f800000u' : '0xff800000u'})`;
  // A literal of it becomes 0 on its way through the compilers.
  if (Object.is(rounded, -0)) return 'special_number(0x80000000u)';
  // Parentheses, for a minus before it would make a decrement.
  return rounded < 0 ? `(${rounded}f)` : `${rounded}f`;
}
