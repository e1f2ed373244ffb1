import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ArrayData } from '../../src/index.js';
import { decodeSafetensors, encodeSafetensors } from '../../src/index.js';
import { expectArray, expected, expectFailure, golden } from '../support.js';

describe('files of the official library', () => {
  const model = golden('safetensors/model.safetensors');
  const names = [
    'conv1.weight',
    'conv1.bias',
    'blocks.0.scale',
    'blocks.1.scale',
    'mask',
    'steps',
    'empty',
    'größe😀',
    'größe\uffff',
  ];

  test('read', () => {
    const { tensors, metadata } = decodeSafetensors(model);
    expect(metadata).toEqual({ format: 'pt' });
    expect(Object.keys(tensors).sort()).toEqual([...names].sort());
    for (const name of names) {
      const { shape, type, values } = expected(`safetensors/model/${name}`);
      expect(tensors[name]!.dtype).toBe(type);
      expectArray(tensors[name]!, shape, values);
    }
  });

  test('what we write is, byte for byte, what the library writes', () => {
    const { tensors, metadata } = decodeSafetensors(model);
    const shuffled = Object.fromEntries(Object.entries(tensors).reverse());
    expect(encodeSafetensors(shuffled, { metadata })).toEqual(model);
  });

  test('other types: exact ones widen, long ones want a cast', async () => {
    const other = golden('safetensors/other.safetensors');
    await expectFailure(() => decodeSafetensors(other), 'FORMAT_DTYPE', 'long', 'int64');
    await expectFailure(
      () => decodeSafetensors(other, { cast: 'int32' }),
      'FORMAT_VALUE',
      'long',
      '1099511627776',
    );
    const { tensors } = decodeSafetensors(other, { cast: 'float64' });
    for (const name of ['half', 'brain', 'long', 'small', 'bytes']) {
      const { shape, values } = expected(`safetensors/other/${name}`);
      expectArray(tensors[name]!, shape, values);
    }
  });
});

const anyArray: fc.Arbitrary<ArrayData> = fc
  .tuple(
    fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 4 }),
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
  test('any arrays under any names, with metadata', () => {
    const name = fc.string({ unit: 'grapheme', maxLength: 6 }).filter((text) => text !== '__metadata__');
    fc.assert(
      fc.property(
        fc.dictionary(name, anyArray, { maxKeys: 5 }),
        fc.dictionary(name, fc.string({ unit: 'grapheme' }), { maxKeys: 3 }),
        (tensors, metadata) => {
          const bytes = encodeSafetensors(tensors, { metadata });
          const found = decodeSafetensors(bytes);
          expect({ ...found.tensors }).toEqual({ ...tensors });
          expect({ ...found.metadata }).toEqual({ ...metadata });
        },
      ),
    );
  });

  test('NaN payloads and -0 come back bit for bit', () => {
    const bits = Uint32Array.of(0x7fc00001, 0xffc12345, 0x80000000, 0x7f800001);
    const array: ArrayData = { shape: [4], dtype: 'float32', data: new Float32Array(bits.buffer) };
    const { tensors } = decodeSafetensors(encodeSafetensors({ x: array }));
    const back = tensors.x!.data;
    expect(new Uint32Array(back.buffer.slice(back.byteOffset, back.byteOffset + 16))).toEqual(bits);
  });

  test('names that look like numbers keep their place', () => {
    const one = (value: number): ArrayData => ({ shape: [], dtype: 'float32', data: Float32Array.of(value) });
    const bytes = encodeSafetensors({ '10': one(10), a: one(1), '9': one(9) });
    const header = new TextDecoder().decode(bytes.subarray(8, 8 + Number(bytes[8 - 8]!)));
    expect(header.indexOf('"10"')).toBeLessThan(header.indexOf('"9"'));
    expect(decodeSafetensors(bytes).tensors['9']!.data[0]).toBe(9);
  });
});

/** A file with this header and as many zero bytes behind it. */
function file(header: unknown, dataBytes: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const x = (start: number, end: number, shape: unknown = [(end - start) / 4], dtype: unknown = 'F32') => ({
  dtype,
  shape,
  data_offsets: [start, end],
});

describe('bad input', () => {
  test('the good one is good', () => {
    expect(decodeSafetensors(file({ x: x(0, 4) }, 4)).tensors.x!.shape).toEqual([1]);
    expect(decodeSafetensors(file('{}   ', 0)).tensors).toEqual({});
  });

  test.each([
    ['nothing', new Uint8Array(3), 'FORMAT_TRUNCATED', 'at least 8 bytes'],
    [
      'a header cut off',
      file({ x: x(0, 4) }, 4).subarray(0, 20),
      'FORMAT_TRUNCATED',
      'the header ends at byte',
    ],
    [
      'a huge header',
      Uint8Array.from([255, 255, 255, 255, 255, 255, 255, 255, 123]),
      'FORMAT_HEADER',
      'limit',
    ],
    ['no JSON', file('{"x": ', 0), 'FORMAT_HEADER', 'JSON'],
    ['space before the brace', file(' {}', 0), 'FORMAT_HEADER', "'{'"],
    ['a list', file('[]', 0), 'FORMAT_HEADER', "'{'"],
    ['no UTF-8', file('{"\u0000"}', 0).fill(0xff, 10, 11), 'FORMAT_HEADER', 'UTF-8'],
    [
      'a name twice',
      file(
        '{"x":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"x":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}',
        4,
      ),
      'FORMAT_HEADER',
      'twice',
    ],
    [
      'a name twice, escaped',
      file(
        '{"x":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"\\u0078":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}',
        4,
      ),
      'FORMAT_HEADER',
      'twice',
    ],
    ['an unknown type', file({ x: x(0, 4, [4], 'F8_E4M3') }, 4), 'FORMAT_UNSUPPORTED', 'F8_E4M3'],
    ['no type', file({ x: x(0, 4, [1], 7) }, 4), 'FORMAT_HEADER', 'no dtype'],
    ['a negative size', file({ x: x(0, 4, [-1]) }, 4), 'FORMAT_HEADER', 'shape'],
    ['a size that is no integer', file({ x: x(0, 4, [0.5]) }, 4), 'FORMAT_HEADER', 'shape'],
    ['no offsets', file({ x: { dtype: 'F32', shape: [1] } }, 4), 'FORMAT_HEADER', 'data_offsets'],
    ['another field', file({ x: { ...x(0, 4), more: 1 } }, 4), 'FORMAT_HEADER', "'more'"],
    ['not an object', file({ x: 4 }, 4), 'FORMAT_HEADER', 'object'],
    ['offsets against the shape', file({ x: x(0, 8, [1]) }, 8), 'FORMAT_HEADER', 'takes 4 bytes'],
    ['offsets backwards', file({ x: x(4, 0, [1]) }, 8), 'FORMAT_HEADER', 'span -4'],
    ['an overlap', file({ x: x(0, 8), y: x(4, 12) }, 12), 'FORMAT_HEADER', 'overlap'],
    ['a hole', file({ x: x(0, 4), y: x(8, 12) }, 12), 'FORMAT_HEADER', 'hole'],
    ['a hole at the start', file({ x: x(4, 8) }, 8), 'FORMAT_HEADER', 'hole'],
    ['the same bytes twice', file({ x: x(0, 4), y: x(0, 4) }, 4), 'FORMAT_HEADER', 'overlap'],
    ['data cut off', file({ x: x(0, 8) }, 7), 'FORMAT_TRUNCATED', 'need 8 bytes, the file has 7'],
    ['data left over', file({ x: x(0, 8) }, 9), 'FORMAT_SIZE', '1 more'],
    ['a size beyond all memory', file({ x: x(0, 4, [2 ** 52, 2 ** 52]) }, 4), 'FORMAT_HEADER', 'takes'],
    ['metadata that is no text', file({ __metadata__: { epoch: 3 } }, 0), 'FORMAT_HEADER', 'strings'],
    ['metadata that is a list', file({ __metadata__: ['a'] }, 0), 'FORMAT_HEADER', 'strings'],
  ])('%s', async (_, bytes, code, part) => {
    await expectFailure(() => decodeSafetensors(bytes), code, part);
  });

  test('what cannot be written', async () => {
    const one: ArrayData = { shape: [1], dtype: 'float32', data: Float32Array.of(1) };
    await expectFailure(() => encodeSafetensors({ __metadata__: one }), 'ARGUMENT', 'reserved');
    await expectFailure(() => encodeSafetensors({ x: { ...one, shape: [2] } }), 'SHAPE', 'x', '2 elements');
    // A JavaScript caller is not held by the types.
    const metadata = { epoch: 3 } as unknown as Record<string, string>;
    await expectFailure(() => encodeSafetensors({ x: one }, { metadata }), 'ARGUMENT', "'epoch'");
  });

  test('damage is an error or changes elements only', () => {
    const whole = golden('safetensors/model.safetensors');
    fc.assert(
      fc.property(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
        const damaged = whole.slice();
        damaged[at] = byte;
        try {
          decodeSafetensors(damaged);
        } catch (error) {
          expect(error).toHaveProperty('code', expect.stringMatching(/^FORMAT_/));
        }
      }),
      { numRuns: 500 },
    );
  });
});
