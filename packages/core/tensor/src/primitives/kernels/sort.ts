import type { DType } from '../../dtype.js';
import type { HostArray } from '../primitive.js';
import { aroundAxis } from './reduce.js';

/** From this length on, counting digits beats comparing. */
const RADIX_FROM = 2048;
/** Runs of this length are sorted by insertion before they are merged. */
const RUN = 16;
/** Bits of one radix digit: three cover a 32-bit word. */
const DIGIT = 11;

/** Positions that sort along `axis`: stable, NaN last in both directions, -0 equal to 0. */
export function argsortKernel(x: HostArray, out: HostArray, axis: number, descending: boolean): void {
  const { outer, length, inner } = aroundAxis(x.shape, axis);
  const source = x.data;
  const target = out.data;
  const keys = new Float64Array(length);
  const order = new Int32Array(length);
  const scratch = new Int32Array(length);
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j++) {
      const start = o * length * inner + j;
      // Negated keys turn ascending into descending and leave equal elements in their order.
      let numbers = 0;
      let nans = 0;
      for (let i = 0; i < length; i++) {
        const value = source[start + i * inner]!;
        keys[i] = descending ? -value : value;
        if (value === value) order[numbers++] = i;
        else scratch[nans++] = i;
      }
      for (let i = 0; i < nans; i++) order[numbers + i] = scratch[i]!;
      if (numbers >= RADIX_FROM) radixSort(keys, order, scratch, numbers, x.dtype);
      else mergeSort(keys, order, scratch, numbers);
      for (let i = 0; i < length; i++) target[start + i * inner] = order[i]!;
    }
  }
}

/** Sorts the first `count` entries of `order` by their keys: insertion on short runs, then bottom-up merging. */
function mergeSort(keys: Float64Array, order: Int32Array, scratch: Int32Array, count: number): void {
  for (let start = 0; start < count; start += RUN) {
    const end = Math.min(start + RUN, count);
    for (let i = start + 1; i < end; i++) {
      const entry = order[i]!;
      const key = keys[entry]!;
      let j = i - 1;
      for (; j >= start && keys[order[j]!]! > key; j--) order[j + 1] = order[j]!;
      order[j + 1] = entry;
    }
  }
  let from = order;
  let to = scratch;
  for (let width = RUN; width < count; width *= 2) {
    for (let start = 0; start < count; start += 2 * width) {
      const middle = Math.min(start + width, count);
      const end = Math.min(start + 2 * width, count);
      let left = start;
      let right = middle;
      for (let k = start; k < end; k++) {
        // Equal keys take the left one first, which keeps the sort stable.
        const takeLeft = left < middle && (right >= end || keys[from[left]!]! <= keys[from[right]!]!);
        to[k] = takeLeft ? from[left++]! : from[right++]!;
      }
    }
    [from, to] = [to, from];
  }
  if (from !== order) order.set(from.subarray(0, count));
}

/**
 * Least significant digit first, over the bits of the keys: with the sign bit flipped (and all bits, for negative
 * numbers) the bits of IEEE 754 numbers order as unsigned integers.
 */
function radixSort(
  keys: Float64Array,
  order: Int32Array,
  scratch: Int32Array,
  count: number,
  dtype: DType,
): void {
  const words =
    dtype === 'float64' ? doubleWords(keys) : [dtype === 'float32' ? floatWord(keys) : integerWord(keys)];
  let from = order;
  let to = scratch;
  const counts = new Int32Array(1 << DIGIT);
  for (const word of words) {
    for (let shift = 0; shift < 32; shift += DIGIT) {
      if (!distribute(word, shift, from, to, count, counts)) continue;
      [from, to] = [to, from];
    }
  }
  if (from !== order) order.set(from.subarray(0, count));
}

/** One pass; false if all entries have the same digit, so that nothing had to move. */
function distribute(
  word: Uint32Array,
  shift: number,
  from: Int32Array,
  to: Int32Array,
  count: number,
  counts: Int32Array,
): boolean {
  const mask = (1 << DIGIT) - 1;
  counts.fill(0);
  for (let i = 0; i < count; i++) counts[(word[from[i]!]! >>> shift) & mask]!++;
  if (counts[(word[from[0]!]! >>> shift) & mask] === count) return false;
  let position = 0;
  for (let digit = 0; digit <= mask; digit++) {
    const here = counts[digit]!;
    counts[digit] = position;
    position += here;
  }
  for (let i = 0; i < count; i++) {
    const entry = from[i]!;
    to[counts[(word[entry]! >>> shift) & mask]!++] = entry;
  }
  return true;
}

function floatWord(keys: Float64Array): Uint32Array {
  const floats = new Float32Array(keys.length);
  // Adding 0 turns -0 into 0.
  for (let i = 0; i < keys.length; i++) floats[i] = keys[i]! + 0;
  const word = new Uint32Array(floats.buffer);
  for (let i = 0; i < word.length; i++) word[i] = word[i]! >>> 31 === 1 ? ~word[i]! : word[i]! | 0x80000000;
  return word;
}

function integerWord(keys: Float64Array): Uint32Array {
  const word = new Uint32Array(keys.length);
  // Negated int32 minimum needs the 33rd bit; from 0 (that key) on, the range of both signs fits in 32 bits.
  let lowest = Infinity;
  for (let i = 0; i < keys.length; i++) lowest = Math.min(lowest, keys[i]!);
  for (let i = 0; i < word.length; i++) word[i] = keys[i]! - lowest;
  return word;
}

function doubleWords(keys: Float64Array): Uint32Array[] {
  const low = new Uint32Array(keys.length);
  const high = new Uint32Array(keys.length);
  const number = new Float64Array(1);
  const bits = new Uint32Array(number.buffer);
  // Which of the two words is the upper one depends on the machine.
  number[0] = -1;
  const upper = bits[1] === 0 ? 0 : 1;
  for (let i = 0; i < keys.length; i++) {
    number[0] = keys[i]! + 0;
    const top = bits[upper]!;
    const negative = top >>> 31 === 1;
    high[i] = negative ? ~top : top | 0x80000000;
    low[i] = negative ? ~bits[1 - upper]! : bits[1 - upper]!;
  }
  return [low, high];
}
