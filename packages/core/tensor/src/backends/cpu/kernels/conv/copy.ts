import type { Code } from '../../wasm/code.js';
import { block, br, brIf, i32, i64, i8x16, loop, memory, v128 } from '../../wasm/code.js';
import type { Frame } from '../../wasm/module.js';

/** Up to so many bytes a run is copied without a loop. */
const unrolledBytes = 256;

/** `address + bytes`, whatever the sign of the constant. */
export const plus = (address: Code, bytes: number): Code =>
  bytes === 0 ? address : i32.add(address, i32.const(bytes));

/** Copies a run of 4 n bytes; neither side is touched beyond it. `to` and `from` are read many times: locals. */
export function copyRun(frame: Frame, to: Code, from: Code, bytes: number): Code {
  if (bytes <= unrolledBytes) return copyUnrolled(to, from, bytes);
  const target = frame.local('i32');
  const source = frame.local('i32');
  const end = frame.local('i32');
  const whole = Math.floor(bytes / 64) * 64;
  const step = [0, 16, 32, 48].map((at) => v128.store(target.get, v128.load(source.get, at), at));
  return [
    target.set(to),
    source.set(from),
    end.set(plus(from, whole)),
    block(
      loop(
        brIf(1, i32.eq(source.get, end.get)),
        step,
        target.set(plus(target.get, 64)),
        source.set(plus(source.get, 64)),
        br(0),
      ),
    ),
    // The last vectors may overlap what is copied already.
    [64, 48, 32, 16].map((back) => v128.store(plus(to, bytes - back), v128.load(plus(from, bytes - back)))),
  ];
}

function copyUnrolled(to: Code, from: Code, bytes: number): Code {
  return unrolled(bytes).map(({ at, width }) => {
    const { load, store } = width === 16 ? v128 : width === 8 ? i64 : i32;
    return store(to, load(from, at), at);
  });
}

/** The accesses that cover a run of 4 n bytes; the last vector may overlap the one before. */
function unrolled(bytes: number): { at: number; width: 4 | 8 | 16 }[] {
  const accesses: { at: number; width: 4 | 8 | 16 }[] = [];
  let at = 0;
  for (; at + 16 <= bytes; at += 16) accesses.push({ at, width: 16 });
  if (at > 0 && at < bytes) return [...accesses, { at: bytes - 16, width: 16 }];
  for (; at + 8 <= bytes; at += 8) accesses.push({ at, width: 8 });
  for (; at < bytes; at += 4) accesses.push({ at, width: 4 });
  return accesses;
}

/** Writes zeros over a run of 4 n bytes. */
export function clearRun(to: Code, bytes: number): Code {
  if (bytes > unrolledBytes) return memory.fill(to, i32.const(0), i32.const(bytes));
  return unrolled(bytes).map(({ at, width }) =>
    width === 16
      ? v128.store(to, i8x16.const(...new Array<number>(16).fill(0)), at)
      : width === 8
        ? i64.store(to, i64.const(0n), at)
        : i32.store(to, i32.const(0), at),
  );
}

/** Copies `count` elements whose neighbours lie `fromStep` and `toStep` elements apart. */
export function copyStrided(
  frame: Frame,
  to: Code,
  from: Code,
  { count, fromStep, toStep, size }: { count: number; fromStep: number; toStep: number; size: number },
): Code {
  if (fromStep === 1 && toStep === 1) return copyRun(frame, to, from, count * size);
  const target = frame.local('i32');
  const source = frame.local('i32');
  const k = frame.local('i32');
  // Every other float: two vectors make one, as long as both lie before the last element's end.
  const vectors = size === 4 && fromStep === 2 && toStep === 1 ? Math.floor((2 * count - 1) / 8) : 0;
  const even = [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27];
  const access = size === 4 ? i32 : i64;
  const advance = (bytesTo: number, bytesFrom: number): Code => [
    target.set(plus(target.get, bytesTo)),
    source.set(plus(source.get, bytesFrom)),
  ];
  return [
    target.set(to),
    source.set(from),
    vectors === 0
      ? []
      : frame.range(k, i32.const(0), i32.const(vectors), 1, [
          v128.store(target.get, i8x16.shuffle(v128.load(source.get), v128.load(source.get, 16), even)),
          advance(16, 32),
        ]),
    frame.range(k, i32.const(vectors * 4), i32.const(count), 1, [
      access.store(target.get, access.load(source.get)),
      advance(toStep * size, fromStep * size),
    ]),
  ];
}
