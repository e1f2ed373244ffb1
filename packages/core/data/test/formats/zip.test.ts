import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crc32 } from '../../src/formats/crc32.js';
import { unzip, zip } from '../../src/index.js';
import { expectFailure } from '../support.js';

const text = (content: string): Uint8Array => new TextEncoder().encode(content);

test('CRC-32: the check value of the catalogue', () => {
  expect(crc32(text('123456789')).toString(16)).toBe('cbf43926');
  expect(crc32(new Uint8Array(0))).toBe(0);
});

describe('zip', () => {
  const members = new Map([
    ['a.txt', text('a'.repeat(1000))],
    ['folder/ä.bin', Uint8Array.of(0, 255)],
    ['empty', new Uint8Array(0)],
  ]);

  test.each([false, true])('round trip, compressed: %s', (compress) => {
    expect(unzip(zip(members, compress))).toEqual(members);
    expect([...unzip(zip(members, compress), (name) => name === 'empty').keys()]).toEqual(['empty']);
  });

  test('compression compresses', () => {
    expect(zip(members, true).length).toBeLessThan(zip(members, false).length - 900);
  });

  test('a comment at the end is allowed', () => {
    const bytes = zip(members, true);
    const commented = new Uint8Array(bytes.length + 5);
    commented.set(bytes);
    commented[bytes.length - 2] = 5;
    expect(unzip(commented).size).toBe(3);
  });

  test.each([false, true])('no damage gives wrong content, compressed: %s', (compress) => {
    const whole = zip(members, compress);
    fc.assert(
      fc.property(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = whole.slice();
        damaged[at]! ^= flip;
        try {
          const found = unzip(damaged);
          // Flags, dates and names are not covered by a checksum; contents are.
          const contents = [...members.values()].map(String);
          for (const content of found.values()) expect(contents).toContain(String(content));
        } catch (error) {
          expect(error).toHaveProperty('code', expect.stringMatching(/^FORMAT_/));
        }
      }),
      { numRuns: 500 },
    );
  });

  test('cut off, not a ZIP, encrypted, unknown method', async () => {
    const whole = zip(members, true);
    for (let end = 4; end < whole.length; end += 7) {
      await expectFailure(() => unzip(whole.subarray(0, end)), 'FORMAT_TRUNCATED');
    }
    await expectFailure(() => unzip(text('hello')), 'FORMAT_MAGIC', 'PK');
    const directory = whole.lastIndexOf(0x50, whole.length - 23);
    const entry = findDirectory(whole);
    expect(directory).toBeGreaterThan(0);
    const encrypted = whole.slice();
    encrypted[entry + 8]! |= 1;
    await expectFailure(() => unzip(encrypted), 'FORMAT_UNSUPPORTED', 'encrypted');
    const method = whole.slice();
    method[entry + 10] = 12;
    await expectFailure(() => unzip(method), 'FORMAT_UNSUPPORTED', 'method 12');
  });
});

function findDirectory(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 22 + 16, true);
}
