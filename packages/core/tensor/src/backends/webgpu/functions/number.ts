import type { DType } from '../../../dtype.js';
import type { WgslFunction } from './function.js';

/** A number as WGSL. What has no literal comes from bits that the compiler does not look through. */
export interface WgslNumber {
  readonly code: string;
  readonly functions: readonly WgslFunction[];
}

const infinity: WgslFunction = {
  name: 'infinity',
  code: `var<private> infinity_bits: u32 = 0x7f800000u;
fn infinity() -> f32 { return bitcast<f32>(infinity_bits); }`,
};
const notANumber: WgslFunction = {
  name: 'not_a_number',
  code: `var<private> not_a_number_bits: u32 = 0x7fc00000u;
fn not_a_number() -> f32 { return bitcast<f32>(not_a_number_bits); }`,
};
const negativeZero: WgslFunction = {
  name: 'negative_zero',
  code: `var<private> negative_zero_bits: u32 = 0x80000000u;
fn negative_zero() -> f32 { return bitcast<f32>(negative_zero_bits); }`,
};

export function wgslNumber(value: number, dtype: DType): WgslNumber {
  if (dtype === 'bool') return plain(value !== 0 ? 'true' : 'false');
  // As a device holds it: ToInt32 wraps as typed arrays do.
  if (dtype === 'int32') return plain(`i32(${value | 0})`);
  const rounded = Math.fround(value);
  if (Number.isNaN(rounded)) return { code: 'not_a_number()', functions: [notANumber] };
  if (!Number.isFinite(rounded))
    return { code: rounded > 0 ? 'infinity()' : '(-infinity())', functions: [infinity] };
  if (Object.is(rounded, -0)) return { code: 'negative_zero()', functions: [negativeZero] };
  return plain(rounded < 0 ? `(${rounded}f)` : `${rounded}f`);
}

const plain = (code: string): WgslNumber => ({ code, functions: [] });
