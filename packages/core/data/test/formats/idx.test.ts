import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ArrayData } from '../../src/index.js';
import { decodeIdx, decodeIdxImages, encodeIdx, gunzip } from '../../src/index.js';
import { unitInterval } from '../../src/formats/idx.js';
import { expectedDigest, expectFailure } from '../support.js';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const size = (n: number): number[] => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];

/** An IDX file of one axis with the given big-endian elements. */
function file(code: number, count: number, body: number[]): Uint8Array {
  return bytes(0, 0, code, 1, ...size(count), ...body);
}

describe('element types, big-endian', () => {
  test.each([
    ['ubyte', 0x08, [0, 255], 'int32', [0, 255]],
    ['byte', 0x09, [0x80, 0x7f], 'int32', [-128, 127]],
    ['short', 0x0b, [0x80, 0x00, 0x01, 0x02], 'int32', [-32768, 258]],
    ['int', 0x0c, [0xff, 0xff, 0xff, 0xfe, 0x7f, 0xff, 0xff, 0xff], 'int32', [-2, 2147483647]],
    ['float', 0x0d, [0xbf, 0xc0, 0, 0, 0x7f, 0x80, 0, 0], 'float32', [-1.5, Infinity]],
    ['double', 0x0e, [0x40, 0x09, 0x21, 0xfb, 0x54, 0x44, 0x2d, 0x18], 'float64', [Math.PI]],
  ])('%s', (_, code, body, dtype, values) => {
    const array = decodeIdx(file(code, values.length, body));
    expect(array).toEqual({ shape: [values.length], dtype, data: array.data });
    expect(Array.from(array.data)).toEqual(values);
  });

  test('axes, row-major, and no axes', () => {
    const array = decodeIdx(bytes(0, 0, 8, 2, ...size(2), ...size(3), 1, 2, 3, 4, 5, 6));
    expect(array.shape).toEqual([2, 3]);
    expect(Array.from(array.data)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(decodeIdx(bytes(0, 0, 8, 0, 9)).shape).toEqual([]);
    expect(decodeIdx(bytes(0, 0, 8, 1, ...size(0))).data).toHaveLength(0);
  });

  test('casts that lose nothing are allowed, others are not', async () => {
    expect(decodeIdx(file(8, 2, [0, 255]), { cast: 'float64' }).dtype).toBe('float64');
    expect(decodeIdx(file(8, 2, [0, 1]), { cast: 'bool' }).data).toEqual(bytes(0, 1));
    await expectFailure(
      () => decodeIdx(file(8, 2, [0, 2]), { cast: 'bool' }),
      'FORMAT_VALUE',
      'element 1 is 2',
      'bool',
    );
    const large = file(0x0c, 1, [1, 0, 0, 1]);
    await expectFailure(
      () => decodeIdx(large, { cast: 'float32' }),
      'FORMAT_VALUE',
      '16777217',
      'lossy: true',
    );
    expect(decodeIdx(large, { cast: 'float32', lossy: true }).data[0]).toBe(16777216);
  });
});

const arrays = fc
  .tuple(
    fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
    fc.constantFrom('int32' as const, 'float32' as const, 'float64' as const),
  )
  .chain(([shape, dtype]) => {
    const length = shape.reduce((a, b) => a * b, 1);
    const options = { minLength: length, maxLength: length };
    const data =
      dtype === 'int32'
        ? fc.int32Array(options)
        : dtype === 'float32'
          ? fc.float32Array(options)
          : fc.float64Array(options);
    return data.map((values): ArrayData => ({ shape, dtype, data: values }));
  });

describe('round trips', () => {
  test('every array comes back bit for bit', () => {
    fc.assert(
      fc.property(arrays, (array) => {
        expect(decodeIdx(encodeIdx(array))).toEqual(array);
      }),
    );
  });

  test('as ubyte, checked', async () => {
    const labels: ArrayData = { shape: [3], dtype: 'int32', data: Int32Array.of(0, 9, 255) };
    const packed = encodeIdx(labels, { as: 'uint8' });
    expect(packed).toHaveLength(8 + 3);
    expect(decodeIdx(packed)).toEqual(labels);
    const wrong: ArrayData = { shape: [1], dtype: 'int32', data: Int32Array.of(256) };
    await expectFailure(() => encodeIdx(wrong, { as: 'uint8' }), 'FORMAT_VALUE', '256');
    const float: ArrayData = { shape: [1], dtype: 'float32', data: Float32Array.of(1) };
    await expectFailure(() => encodeIdx(float, { as: 'uint8' }), 'DTYPE', 'float32');
  });

  test('gzip', async () => {
    const packed = new Uint8Array(gzipSync(file(8, 3, [1, 2, 3])));
    expect(Array.from(decodeIdx(await gunzip(packed)).data)).toEqual([1, 2, 3]);
    await expectFailure(() => decodeIdx(packed), 'FORMAT_MAGIC', 'gunzip');
  });
});

describe('images', () => {
  test('bytes by 255 are the same floats as in NumPy', () => {
    const all = unitInterval(Uint8Array.from({ length: 256 }, (_, i) => i));
    expect(createHash('sha256').update(new Uint8Array(all.buffer)).digest('hex')).toBe(
      expectedDigest('bytes by 255'),
    );
  });

  test('get a channel axis and [0, 1]', async () => {
    const images = decodeIdxImages(bytes(0, 0, 8, 3, ...size(1), ...size(1), ...size(2), 0, 255));
    expect(images).toEqual({ shape: [1, 1, 1, 2], dtype: 'float32', data: Float32Array.of(0, 1) });
    await expectFailure(() => decodeIdxImages(file(8, 1, [0])), 'FORMAT_SIZE', 'uint8[1]');
  });
});

describe('bad input', () => {
  test.each([
    ['nothing', [], 'FORMAT_TRUNCATED', 'ends after 0'],
    ['another magic', [1, 2, 3, 4], 'FORMAT_MAGIC', '01 02 03 04'],
    ['an unknown type', [0, 0, 0x0a, 1], 'FORMAT_MAGIC', '0b 0c'],
    ['a header cut off', [0, 0, 8, 2, 0, 0, 0, 1], 'FORMAT_TRUNCATED', '2 axes'],
    ['elements cut off', [0, 0, 0x0d, 1, 0, 0, 0, 2, 0, 0, 0, 0], 'FORMAT_TRUNCATED', 'float32[2] needs 16'],
    ['bytes left over', [0, 0, 8, 1, 0, 0, 0, 1, 1, 2], 'FORMAT_SIZE', 'takes 9 bytes, the file has 10'],
    ['huge sizes', [0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255], 'FORMAT_TRUNCATED', 'ends after 12'],
  ])('%s', async (_, content, code, part) => {
    await expectFailure(() => decodeIdx(Uint8Array.from(content)), code, part);
  });

  test('damaged gzip data', async () => {
    const packed = new Uint8Array(gzipSync(Uint8Array.from({ length: 1000 }, (_, i) => i % 251)));
    await expectFailure(
      () => gunzip(packed.subarray(0, packed.length - 3)),
      'FORMAT_CHECKSUM',
      'ends too early',
    );
    packed[packed.length - 6]! ^= 1;
    await expectFailure(() => gunzip(packed), 'FORMAT_CHECKSUM');
    await expectFailure(() => gunzip(Uint8Array.of(1, 2, 3)), 'FORMAT_MAGIC');
  });
});
