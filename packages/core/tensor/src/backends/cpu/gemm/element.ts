import type { Code } from '../wasm/code.js';
import { f32, f32x4, f64, f64x2, i32, i32x4, i8x16, v128 } from '../wasm/code.js';

/** The dtypes that products are made of. */
export type ElementName = 'float32' | 'float64' | 'int32';

/** What the code of a product needs to know of its dtype. */
export interface Element {
  readonly bytes: number;
  /** Elements of a vector. */
  readonly lanes: number;
  readonly zero: Code;
  /** One element from memory into every lane. */
  readonly loadSplat: (address: Code, offset?: number) => Code;
  /** One element from memory into lane 0, zeros above. */
  readonly loadFirst: (address: Code, offset?: number) => Code;
  readonly storeLane: (address: Code, vector: Code, lane: number, offset?: number) => Code;
  readonly add: (a: Code, b: Code) => Code;
  /** a b + c. */
  readonly multiplyAdd: (a: Code, b: Code, c: Code) => Code;
  /** Copies one element from address to address. */
  readonly move: (to: Code, from: Code) => Code;
}

const words = { bytes: 4, lanes: 4, zero: i32x4.const(0), loadSplat: v128.load32Splat, loadFirst: v128.load32Zero, storeLane: v128.store32Lane } as const; // prettier-ignore
const doubles = { bytes: 8, lanes: 2, zero: f64x2.const(0), loadSplat: v128.load64Splat, loadFirst: v128.load64Zero, storeLane: v128.store64Lane } as const; // prettier-ignore

/** @param relaxed whether multiplyAdd may be fused, with one rounding. */
export function elementOf(name: ElementName, relaxed: boolean): Element {
  switch (name) {
    case 'float32':
      return {
        ...words,
        add: f32x4.add,
        multiplyAdd: (a, b, c) => (relaxed ? f32x4.relaxedMadd(a, b, c) : f32x4.add(f32x4.mul(a, b), c)),
        move: (to, from) => f32.store(to, f32.load(from)),
      };
    case 'float64':
      return {
        ...doubles,
        add: f64x2.add,
        multiplyAdd: (a, b, c) => (relaxed ? f64x2.relaxedMadd(a, b, c) : f64x2.add(f64x2.mul(a, b), c)),
        move: (to, from) => f64.store(to, f64.load(from)),
      };
    case 'int32':
      return {
        ...words,
        add: i32x4.add,
        multiplyAdd: (a, b, c) => i32x4.add(i32x4.mul(a, b), c),
        move: (to, from) => i32.store(to, i32.load(from)),
      };
  }
}

/** The columns of a square matrix of vectors, one row each; every row is read several times. */
export function columnsOf(rows: readonly Code[]): Code[] {
  if (rows.length === 2) {
    return [0, 1].map((j) => i8x16.shuffle(rows[0]!, rows[1]!, bytesOf(8, j, 2 + j)));
  }
  const [r0, r1, r2, r3] = rows as readonly [Code, Code, Code, Code];
  return [0, 1, 2, 3].map((j) => {
    const upper = i8x16.shuffle(r0, r1, bytesOf(4, j, 4 + j, j, 4 + j));
    const lower = i8x16.shuffle(r2, r3, bytesOf(4, j, 4 + j, j, 4 + j));
    return i8x16.shuffle(upper, lower, bytesOf(8, 0, 2));
  });
}

/** A shuffle's order from that of lanes of `size` bytes, counted through both vectors. */
function bytesOf(size: number, ...lanes: number[]): number[] {
  return lanes.flatMap((lane) => Array.from({ length: size }, (_, byte) => size * lane + byte));
}
