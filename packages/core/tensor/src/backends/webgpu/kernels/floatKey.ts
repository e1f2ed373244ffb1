import type { WgslFunction } from '../functions/function.js';

/** A scalar type, or vectors of four of it. */
export const wide = (scalar: string, width: 1 | 4): string => (width === 4 ? `vec4<${scalar}>` : scalar);

/**
 * Floats by their bits, as integers that are ordered as the numbers are, with both zeros equal: integers compare exactly,
 * and compilers take nothing for granted of them, whereas of floats they may take it that none is NaN. The function is
 * its own inverse. Beyond the infinities, 2^31 - 1 and its negative are NaN both.
 */
export const floatKey = (width: 1 | 4 = 1): WgslFunction => ({
  name: `float_key${width === 4 ? '4' : ''}`,
  code: `fn float_key${width === 4 ? '4' : ''}(bits: ${wide('i32', width)}) -> ${wide('i32', width)} {
  return select(bits, ${wide('i32', width)}(i32(-2147483648)) - bits, bits < ${wide('i32', width)}(0i));
}`,
});

/** Whether bits are those of a NaN. */
export const isNaNBits = (bits: string, width: 1 | 4 = 1): string =>
  `((${bits} & ${wide('i32', width)}(0x7fffffffi)) > ${wide('i32', width)}(0x7f800000i))`;
