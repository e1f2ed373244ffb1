import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** Published checksums of a file, in hexadecimal; each that is given is checked. */
export interface Checksums {
  readonly md5?: string;
  readonly sha256?: string;
}

export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The first checksum that a file does not have, or undefined if all fit. */
export async function checksumMismatch(
  path: string,
  wanted: Checksums,
): Promise<{ algorithm: string; wanted: string; got: string } | undefined> {
  for (const algorithm of ['sha256', 'md5'] as const) {
    const expected = wanted[algorithm]?.toLowerCase();
    if (expected === undefined) continue;
    const hash = createHash(algorithm);
    await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
    const got = hash.digest('hex');
    if (got !== expected) return { algorithm, wanted: expected, got };
  }
  return undefined;
}
