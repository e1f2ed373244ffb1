import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ArrayData } from '../../src/index.js';
import { decodeNpy, decodeNpz, encodeNpy, encodeNpz } from '../../src/index.js';
import { expectArray, expected, expectFailure, golden } from '../support.js';

const npy = (name: string): Uint8Array => golden(`npy/${name}.npy`);

describe('files written by NumPy', () => {
  test.each([
    ['bool', 'bool'],
    ['int8', 'int32'],
    ['uint8', 'int32'],
    ['int16', 'int32'],
    ['uint16', 'int32'],
    ['int32', 'int32'],
    ['float16', 'float32'],
    ['float32', 'float32'],
    ['float64', 'float64'],
    ['float64-extremes', 'float64'],
    ['big-int16', 'int32'],
    ['big-float32', 'float32'],
    ['big-float64', 'float64'],
    ['fortran', 'float32'],
    ['fortran-big-int32', 'int32'],
    ['scalar', 'float64'],
    ['empty', 'float32'],
    ['version2', 'int32'],
    ['version3', 'int32'],
    ['wide-header', 'float32'],
  ])('%s reads as %s', (name, dtype) => {
    const array = decodeNpy(npy(name));
    const { shape, values } = expected(`npy/${name}`);
    expect(array.dtype).toBe(dtype);
    expectArray(array, shape, values);
  });

  test.each(['uint32', 'int64', 'uint64'])('%s wants a cast', async (name) => {
    await expectFailure(() => decodeNpy(npy(name)), 'FORMAT_DTYPE', name);
    await expectFailure(() => decodeNpy(npy(name), { cast: 'int32' }), 'FORMAT_VALUE', 'int32 cannot hold');
  });

  test('int64 that fits', () => {
    const array = decodeNpy(npy('int64-small'), { cast: 'int32' });
    expect(array).toEqual({ shape: [3], dtype: 'int32', data: Int32Array.of(-5, 0, 2147483647) });
  });

  test.each(['complex', 'text', 'record'])('%s is refused', async (name) => {
    await expectFailure(() => decodeNpy(npy(name)), 'FORMAT_UNSUPPORTED');
  });

  test.each(['stored', 'compressed'])('an archive, %s', (name) => {
    const arrays = decodeNpz(golden(`npy/${name}.npz`));
    expect(Object.keys(arrays).sort()).toEqual(['step', 'weight']);
    for (const key of ['step', 'weight']) {
      const { shape, values } = expected(`npy/${name}/${key}`);
      expectArray(arrays[key]!, shape, values);
    }
    expect(Object.keys(decodeNpz(golden(`npy/${name}.npz`), { only: ['step'] }))).toEqual(['step']);
  });
});

test.each(['bool', 'int32', 'float32', 'float64', 'scalar', 'empty', 'wide-header'])(
  'what we write is what NumPy writes: %s',
  (name) => {
    expect(encodeNpy(decodeNpy(npy(name)))).toEqual(npy(name));
  },
);

const anyArray: fc.Arbitrary<ArrayData> = fc
  .tuple(
    fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
    fc.constantFrom('int32' as const, 'float32' as const, 'float64' as const, 'bool' as const),
  )
  .chain(([shape, dtype]): fc.Arbitrary<ArrayData> => {
    const length = shape.reduce((a, b) => a * b, 1);
    const options = { minLength: length, maxLength: length };
    const data = {
      int32: fc.int32Array(options),
      float32: fc.float32Array(options),
      float64: fc.float64Array(options),
      bool: fc.uint8Array({ ...options, max: 1 }),
    }[dtype];
    return data.map((values) => ({ shape, dtype, data: values }));
  });

describe('round trips', () => {
  test('.npy', () => {
    fc.assert(
      fc.property(anyArray, (array) => {
        expect(decodeNpy(encodeNpy(array))).toEqual(array);
      }),
    );
  });

  test('.npz, stored and compressed, any names', () => {
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
      .filter((text) => !text.endsWith('/'));
    fc.assert(
      fc.property(fc.dictionary(name, anyArray, { maxKeys: 4 }), fc.boolean(), (arrays, compress) => {
        expect({ ...decodeNpz(encodeNpz(arrays, { compress })) }).toEqual({ ...arrays });
      }),
    );
  });

  test('the same arrays give the same bytes', () => {
    const arrays = { a: { shape: [2], dtype: 'float32', data: Float32Array.of(1, 2) } } as const;
    expect(encodeNpz(arrays)).toEqual(encodeNpz(arrays));
  });

  test('a header beyond 64 kB takes version 2', () => {
    // NumPy itself stops at 32 axes; the format does not.
    const array: ArrayData = {
      shape: new Array<number>(30_000).fill(1),
      dtype: 'float32',
      data: Float32Array.of(3),
    };
    const bytes = encodeNpy(array);
    expect(bytes[6]).toBe(2);
    expect(decodeNpy(bytes)).toEqual(array);
  });
});

/** A version 1 file with this header text and these bytes behind it. */
function file(header: string, body: readonly number[] = []): Uint8Array {
  const text = new TextEncoder().encode(header);
  return Uint8Array.from([
    0x93,
    ...new TextEncoder().encode('NUMPY'),
    1,
    0,
    text.length & 255,
    text.length >> 8,
    ...text,
    ...body,
  ]);
}

describe('bad input', () => {
  const good = "{'descr': '<i4', 'fortran_order': False, 'shape': (1,), }\n";

  test('the good one is good, also as Python 2 wrote it', () => {
    expect(decodeNpy(file(good, [1, 0, 0, 0])).data[0]).toBe(1);
    expect(decodeNpy(file(good.replace('(1,)', '(1L,)'), [1, 0, 0, 0])).shape).toEqual([1]);
  });

  test.each([
    ['another kind of file', new TextEncoder().encode('PK\u0003\u0004 and so on'), 'FORMAT_MAGIC', 'NUMPY'],
    ['nothing', new Uint8Array(0), 'FORMAT_MAGIC', '.npy'],
    ['a header cut off', file(good).subarray(0, 30), 'FORMAT_TRUNCATED', 'inside its header'],
    ['elements cut off', file(good, [1, 0, 0]), 'FORMAT_TRUNCATED', 'int32[1]'],
    ['bytes left over', file(good, [1, 0, 0, 0, 0]), 'FORMAT_SIZE', 'int32[1]'],
    ['no dictionary', file('(1, 2)'), 'FORMAT_HEADER', 'descr, fortran_order and shape'],
    ['a missing key', file("{'descr': '<i4', 'shape': (1,)}"), 'FORMAT_HEADER', 'fortran_order'],
    ['a repeated key', file("{'descr': '<i4', 'descr': '<i4', 'shape': (1,)}"), 'FORMAT_HEADER', 'character'],
    [
      'an order that is no bool',
      file("{'descr': '<i4', 'fortran_order': 1, 'shape': (1,)}"),
      'FORMAT_HEADER',
      'True or False',
    ],
    [
      'a negative size',
      file("{'descr': '<i4', 'fortran_order': False, 'shape': (-1,)}"),
      'FORMAT_HEADER',
      'character',
    ],
    [
      'a size that is text',
      file("{'descr': '<i4', 'fortran_order': False, 'shape': ('1',)}"),
      'FORMAT_HEADER',
      'tuple of sizes',
    ],
    ['an open brace', file("{'descr': '<i4'"), 'FORMAT_HEADER', 'cannot be read'],
    ['code instead of a literal', file('__import__("os")'), 'FORMAT_HEADER', 'cannot be read'],
    ['objects', file("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}"), 'FORMAT_UNSUPPORTED', "'|O'"],
  ])('%s', async (_, bytes, code, part) => {
    await expectFailure(() => decodeNpy(bytes), code, part);
  });

  test('an unknown version', async () => {
    const bytes = npy('version3');
    bytes[6] = 4;
    await expectFailure(() => decodeNpy(bytes), 'FORMAT_UNSUPPORTED', '4.0');
  });

  test('any damage to a file is noticed or changes elements only', () => {
    const whole = npy('fortran');
    fc.assert(
      fc.property(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
        const damaged = whole.slice();
        damaged[at] = byte;
        try {
          decodeNpy(damaged);
        } catch (error) {
          expect(error).toHaveProperty('code', expect.stringMatching(/^FORMAT_/));
        }
      }),
    );
  });

  test('an array that contradicts itself is not written', async () => {
    await expectFailure(
      () => encodeNpy({ shape: [2], dtype: 'float32', data: Float32Array.of(1) }),
      'SHAPE',
      'needs 2 elements, the array has 1',
    );
    await expectFailure(
      () => encodeNpy({ shape: [1], dtype: 'int32', data: Float32Array.of(1) }),
      'DTYPE',
      'int32',
    );
  });

  test('a name that is not in the archive', async () => {
    await expectFailure(
      () => decodeNpz(golden('npy/stored.npz'), { only: ['bias'] }),
      'ARGUMENT',
      "'bias'",
      'weight',
    );
    await expectFailure(() => encodeNpz({ '': decodeNpy(npy('bool')) }), 'ARGUMENT');
  });
});
