import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { littleEndianBytes, readElements } from '../../src/formats/elements.js';
import { widenBFloat16, widenFloat16 } from '../../src/formats/half.js';
import { expectedDigest, expectFailure } from '../support.js';

const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

describe('16-bit floats', () => {
  const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const digest = (floats: Float32Array): string =>
    createHash('sha256')
      .update(bytesOf(floats.map((x) => (Number.isNaN(x) ? 0 : x))))
      .digest('hex');

  test('every float16 is the float32 that NumPy gives', () => {
    expect(digest(widenFloat16(all))).toBe(expectedDigest('float16 table'));
    expect(widenFloat16(all).filter(Number.isNaN)).toHaveLength(2 * 1023);
  });

  test('every bfloat16', () => {
    expect(digest(widenBFloat16(all))).toBe(expectedDigest('bfloat16 table'));
    expect(widenBFloat16(all).filter(Number.isNaN)).toHaveLength(2 * 127);
  });
});

describe('wide integers', () => {
  const long = bytesOf(BigInt64Array.of(-5n, 2n ** 31n - 1n));
  const read = (bytes: Uint8Array, cast?: 'int32' | 'float32' | 'float64', lossy?: boolean) =>
    readElements('x', 'int64', bytes.length / 8, bytes, true, {
      ...(cast === undefined ? {} : { cast }),
      ...(lossy === undefined ? {} : { lossy }),
    });

  test('are an error unless a cast is asked for', async () => {
    await expectFailure(() => read(long), 'FORMAT_DTYPE', 'int64', "cast: 'int32'");
    expect(read(long, 'int32')).toEqual({ dtype: 'int32', data: Int32Array.of(-5, 2147483647) });
    expect(read(long, 'float64').data).toEqual(Float64Array.of(-5, 2147483647));
  });

  test('are an error where the value does not fit', async () => {
    const wide = bytesOf(BigInt64Array.of(0n, 2n ** 53n + 1n));
    await expectFailure(() => read(wide, 'int32'), 'FORMAT_VALUE', 'element 1 is 9007199254740993', 'int32');
    await expectFailure(() => read(wide, 'int32', true), 'FORMAT_VALUE', 'int32');
    await expectFailure(() => read(wide, 'float64'), 'FORMAT_VALUE', 'float64');
    expect(read(wide, 'float64', true).data[1]).toBe(2 ** 53);
  });

  test('uint32', async () => {
    const bytes = bytesOf(Uint32Array.of(0xffffffff));
    await expectFailure(() => readElements('x', 'uint32', 1, bytes, true), 'FORMAT_DTYPE');
    await expectFailure(() => readElements('x', 'uint32', 1, bytes, true, { cast: 'int32' }), 'FORMAT_VALUE');
    expect(readElements('x', 'uint32', 1, bytes, true, { cast: 'float64' }).data[0]).toBe(0xffffffff);
  });
});

describe('floats', () => {
  const pi = bytesOf(Float64Array.of(Math.PI));

  test('are not rounded unless allowed, and never become infinite', async () => {
    await expectFailure(
      () => readElements('x', 'float64', 1, pi, true, { cast: 'float32' }),
      'FORMAT_VALUE',
      'lossy',
    );
    const rounded = readElements('x', 'float64', 1, pi, true, { cast: 'float32', lossy: true });
    expect(rounded.data[0]).toBe(Math.fround(Math.PI));
    const huge = bytesOf(Float64Array.of(1e300));
    const options = { cast: 'float32', lossy: true } as const;
    await expectFailure(() => readElements('x', 'float64', 1, huge, true, options), 'FORMAT_VALUE', '1e+300');
    const special = bytesOf(Float64Array.of(NaN, Infinity, -Infinity, -0, 0.5));
    expect(Array.from(readElements('x', 'float64', 5, special, true, { cast: 'float32' }).data)).toEqual([
      NaN,
      Infinity,
      -Infinity,
      -0,
      0.5,
    ]);
  });

  test('an unaligned start is copied, an aligned one is shared', () => {
    const shifted = new Uint8Array(9);
    shifted.set(pi, 1);
    expect(readElements('x', 'float64', 1, shifted.subarray(1), true).data[0]).toBe(Math.PI);
    expect(readElements('x', 'float64', 1, pi, true).data.buffer).toBe(pi.buffer);
  });

  test('the input is left alone when bytes are swapped', () => {
    const before = pi.slice();
    expect(readElements('x', 'float64', 1, pi.slice().reverse(), false).data[0]).toBe(Math.PI);
    expect(pi).toEqual(before);
    expect(littleEndianBytes(Float64Array.of(Math.PI))).toEqual(before);
  });
});

test('a bool is 0 or 1', async () => {
  await expectFailure(
    () => readElements('x', 'bool', 2, Uint8Array.of(1, 2), true),
    'FORMAT_VALUE',
    'element 1 is 2',
  );
});
