export const pixels = 28 * 28;

export interface Digits {
  /** Bytes, `pixels` for each digit. */
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
  readonly size: number;
}

export interface DigitSets {
  readonly train: Digits;
  readonly test: Digits;
}

/** Loads what build/digitsFile.ts has written. */
export async function loadDigits(url: string): Promise<DigitSets> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The digits could not be loaded: ${url} gives ${response.status}.`);
  const buffer = await response.arrayBuffer();
  const [train = 0, test = 0] = new Uint32Array(buffer, 0, 2);
  const bytes = new Uint8Array(buffer, 8);
  const count = train + test;
  if (bytes.length !== count * (pixels + 1))
    throw new Error('The file of digits is damaged. Reload the page.');
  const part = (from: number, size: number): Digits => ({
    images: bytes.subarray(from * pixels, (from + size) * pixels),
    labels: bytes.subarray(count * pixels + from, count * pixels + from + size),
    size,
  });
  return { train: part(0, train), test: part(train, test) };
}

/** Some digits as numbers from 0 to 1, one after another. */
export function takeImages({ images }: Digits, rows: ArrayLike<number>): Float32Array {
  const out = new Float32Array(rows.length * pixels);
  for (let i = 0; i < rows.length; i++) {
    const from = rows[i]! * pixels;
    for (let p = 0; p < pixels; p++) out[i * pixels + p] = images[from + p]! / 255;
  }
  return out;
}

/** All row numbers in an order that the seed decides (Fisher and Yates; numbers of Mulberry32). */
export function shuffled(size: number, seed: number): Uint32Array {
  const rows = Uint32Array.from({ length: size }, (_, i) => i);
  let state = seed >>> 0;
  for (let i = size - 1; i > 0; i--) {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    const j = ((t ^ (t >>> 14)) >>> 0) % (i + 1);
    [rows[i], rows[j]] = [rows[j]!, rows[i]!];
  }
  return rows;
}
