/** IEEE 754 binary16 to float32; exact for every value, subnormals, infinities and NaN payloads included. */
export function widenFloat16(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = float16Bits(halves[i]!);
  return new Float32Array(bits.buffer);
}

function float16Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return (sign | 0x7f800000 | (fraction << 13)) >>> 0;
  // Exponent bias goes from 15 to 127.
  if (exponent !== 0) return (sign | ((exponent + 112) << 23) | (fraction << 13)) >>> 0;
  if (fraction === 0) return sign >>> 0;
  // Subnormal: fraction * 2^-24. Shift its highest bit up to the hidden one.
  const shift = Math.clz32(fraction) - 21;
  return (sign | ((113 - shift) << 23) | ((fraction << (shift + 13)) & 0x7fffff)) >>> 0;
}

/** bfloat16 to float32: its 16 bits are the upper half of the float32. */
export function widenBFloat16(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = (halves[i]! << 16) >>> 0;
  return new Float32Array(bits.buffer);
}
