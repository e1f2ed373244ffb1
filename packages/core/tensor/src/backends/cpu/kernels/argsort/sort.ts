import type { Code } from '../../wasm/code.js';
import { block, br, brIf, i32, i64, loop, memory, when } from '../../wasm/code.js';
import type { Frame, Local } from '../../wasm/module.js';
import type { Records } from './records.js';

/** Sorts `count` records at `records`, by insertion: the quickest way for few. */
export function insertionSort(frame: Frame, kind: Records, records: Code, count: Code): Code {
  const { bytes } = kind;
  const [at, end, hole] = [frame.local('i32'), frame.local('i32'), frame.local('i32')];
  const [record, key] = [frame.local(kind.type), frame.local('i64')];
  const before = i32.sub(hole.get, i32.const(bytes));
  return [
    end.set(i32.add(records, i32.mul(count, i32.const(bytes)))),
    at.set(i32.add(records, i32.const(bytes))),
    block(
      loop(
        brIf(1, i32.geU(at.get, end.get)),
        record.set(kind.load(at.get)),
        key.set(kind.order(at.get)),
        hole.set(at.get),
        block(
          loop(
            brIf(1, i32.eq(hole.get, records)),
            brIf(1, i64.leU(kind.order(before), key.get)),
            kind.store(hole.get, kind.load(before)),
            hole.set(before),
            br(0),
          ),
        ),
        kind.store(hole.get, record.get),
        at.set(i32.add(at.get, i32.const(bytes))),
        br(0),
      ),
    ),
  ];
}

/** The digits of a key, the least significant first. */
export function digitsOf(kind: Records, bits: number): { shift: number; bits: number }[] {
  const passes = Math.ceil(kind.keyBits / bits);
  return Array.from({ length: passes }, (_, k) => ({
    shift: k * bits,
    bits: Math.min(bits, kind.keyBits - k * bits),
  }));
}

/** Bytes of the tables that count how often each digit occurs. */
export function tableBytes(kind: Records, bits: number): number {
  return (digitsOf(kind, bits).length << bits) * 4;
}

export interface RadixSort {
  /** Where the records are; afterwards where they are sorted: there or at `other`. */
  readonly records: Local;
  /** As much room again. */
  readonly other: Local;
  readonly count: Code;
  readonly tables: Code;
}

/** Least significant digit first; a digit that all keys share is skipped. */
export function radixSort(
  frame: Frame,
  kind: Records,
  digitBits: number,
  { records, other, count, tables }: RadixSort,
): Code {
  const [at, end, entry, position, found] = Array.from({ length: 5 }, () => frame.local('i32')) as [
    Local,
    Local,
    Local,
    Local,
    Local,
  ];
  const record = frame.local(kind.type);
  const digits = digitsOf(kind, digitBits);
  const each = (body: Code): Code => [
    at.set(records.get),
    end.set(i32.add(records.get, i32.mul(count, i32.const(kind.bytes)))),
    block(
      loop(brIf(1, i32.eq(at.get, end.get)), body, at.set(i32.add(at.get, i32.const(kind.bytes))), br(0)),
    ),
  ];
  const entryOf = (pass: number): Code => {
    const { shift, bits } = digits[pass]!;
    const table = i32.add(tables, i32.const((pass << digitBits) * 4));
    return i32.add(table, i32.shl(kind.digit(at.get, shift, bits), i32.const(2)));
  };
  const countAll = digits.map((_, pass) => [
    entry.set(entryOf(pass)),
    i32.store(entry.get, i32.add(i32.load(entry.get), i32.const(1))),
  ]);
  const distribute = (pass: number): Code => {
    const table = i32.add(tables, i32.const((pass << digitBits) * 4));
    const places = [
      position.set(other.get),
      entry.set(table),
      end.set(i32.add(table, i32.const(4 << digitBits))),
      block(
        loop(
          brIf(1, i32.eq(entry.get, end.get)),
          found.set(i32.mul(i32.load(entry.get), i32.const(kind.bytes))),
          i32.store(entry.get, position.get),
          position.set(i32.add(position.get, found.get)),
          entry.set(i32.add(entry.get, i32.const(4))),
          br(0),
        ),
      ),
    ];
    const move = each([
      entry.set(entryOf(pass)),
      position.set(i32.load(entry.get)),
      record.set(kind.load(at.get)),
      kind.store(position.get, record.get),
      i32.store(entry.get, i32.add(position.get, i32.const(kind.bytes))),
    ]);
    const swap = [at.set(records.get), records.set(other.get), other.set(at.get)];
    return [at.set(records.get), when(i32.ne(i32.load(entryOf(pass)), count), [places, move, swap])];
  };
  return [
    memory.fill(tables, i32.const(0), i32.const(tableBytes(kind, digitBits))),
    each(countAll),
    digits.map((_, pass) => distribute(pass)),
  ];
}
