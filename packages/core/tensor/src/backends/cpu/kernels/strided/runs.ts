import type { Code } from '../../wasm/code.js';
import { block, br, brIf, i32, i64, i8x16, loop, memory, v128, when } from '../../wasm/code.js';
import type { Frame } from '../../wasm/module.js';

/** Bytes of an element. */
export type Width = 1 | 4 | 8;
/** Bytes that are moved as one. */
export type RunWidth = Width | 16;

/** From so many bytes on, a call of the engine's copy is quicker than a loop. */
const longBytes = 256;

/** What a row of a copy is: how its source and its target step. */
export type RunKind = 'contiguous' | 'splat' | 'reverse' | 'steps';

/** Read only: the code of a run moves cursors of its own. */
export interface Run {
  readonly to: Code;
  readonly from: Code;
  /** Bytes of contiguous runs and splats, elements of the others. */
  readonly count: Code;
  /** Bytes from one to the next. */
  readonly fromStep: Code;
  readonly toStep: Code;
}

const access = {
  1: { load: i32.load8U, store: i32.store8 },
  4: { load: i32.load, store: i32.store },
  8: { load: i64.load, store: i64.store },
  16: { load: v128.load, store: v128.store },
} as const;

/** Copies one run; nothing beside it is read or written. */
export function copyRun(frame: Frame, kind: RunKind, width: RunWidth, run: Run): Code {
  if (kind === 'contiguous') return contiguous(frame, run);
  if (kind === 'splat') return splat(frame, width, run);
  return stepping(frame, kind === 'reverse', width, run);
}

/** The body until `cursor` is `stop`. */
const until = (cursor: Code, stop: Code, ...body: Code[]): Code =>
  block(loop(brIf(1, i32.eq(cursor, stop)), body, br(0)));

const plus = (address: Code, bytes: number): Code => i32.add(address, i32.const(bytes));

function contiguous(frame: Frame, { to, from, count }: Run): Code {
  const [s, t, stop] = [frame.local('i32'), frame.local('i32'), frame.local('i32')];
  const step = (bytes: number): Code => [s.set(plus(s.get, bytes)), t.set(plus(t.get, bytes))];
  const part = (bytes: number, copy: Code): Code =>
    when(i32.and(count, i32.const(bytes)), [copy, step(bytes)]);
  const tail = i32.sub(count, i32.const(16));
  const vectors = [
    stop.set(i32.add(from, i32.and(count, i32.const(-16)))),
    until(s.get, stop.get, v128.store(t.get, v128.load(s.get)), step(16)),
    // The last vector may overlap what is copied already.
    v128.store(i32.add(to, tail), v128.load(i32.add(from, tail))),
  ];
  return [
    s.set(from),
    t.set(to),
    when(
      i32.geU(count, i32.const(16)),
      when(i32.geU(count, i32.const(longBytes)), memory.copy(t.get, s.get, count), vectors),
      [
        part(8, i64.store(t.get, i64.load(s.get))),
        part(4, i32.store(t.get, i32.load(s.get))),
        part(2, [i32.store8(t.get, i32.load8U(s.get)), i32.store8(t.get, i32.load8U(s.get, 1), 1)]),
        part(1, i32.store8(t.get, i32.load8U(s.get))),
      ],
    ),
  ];
}

function splat(frame: Frame, width: RunWidth, { to, from, count }: Run): Code {
  const [t, stop, value] = [frame.local('i32'), frame.local('i32'), frame.local('v128')];
  const load = { 1: v128.load8Splat, 4: v128.load32Splat, 8: v128.load64Splat, 16: v128.load }[width];
  const vectors = (bytes: number): Code => [
    stop.set(i32.add(to, i32.and(count, i32.const(-bytes)))),
    until(
      t.get,
      stop.get,
      Array.from({ length: bytes / 16 }, (_, i) => v128.store(t.get, value.get, 16 * i)),
      t.set(plus(t.get, bytes)),
    ),
  ];
  const part = (bytes: number, store: Code): Code =>
    when(i32.and(count, i32.const(bytes)), [store, t.set(plus(t.get, bytes))]);
  return [
    value.set(load(from)),
    t.set(to),
    when(
      i32.geU(count, i32.const(16)),
      [vectors(64), vectors(16), v128.store(i32.add(to, i32.sub(count, i32.const(16))), value.get)],
      [
        part(8, v128.store64Lane(t.get, value.get, 0)),
        part(4, v128.store32Lane(t.get, value.get, 0)),
        part(2, [v128.store8Lane(t.get, value.get, 0), v128.store8Lane(t.get, value.get, 1, 1)]),
        part(1, v128.store8Lane(t.get, value.get, 0)),
      ],
    ),
  ];
}

function stepping(frame: Frame, reverse: boolean, width: RunWidth, run: Run): Code {
  const [s, t, left] = [frame.local('i32'), frame.local('i32'), frame.local('i32')];
  const loaded = frame.local('v128');
  const { load, store } = access[width];
  const one = [
    store(t.get, load(s.get)),
    s.set(i32.add(s.get, run.fromStep)),
    t.set(i32.add(t.get, run.toStep)),
  ];
  const lanes = 16 / width;
  const backwards = Array.from({ length: 16 }, (_, i) => (lanes - 1 - Math.floor(i / width)) * width + (i % width)); // prettier-ignore
  const vector = [
    s.set(plus(s.get, -16)),
    loaded.set(v128.load(s.get, width)),
    v128.store(t.get, i8x16.shuffle(loaded.get, loaded.get, backwards)),
    t.set(plus(t.get, 16)),
  ];
  const [group, many] = reverse ? [lanes, vector] : [4, [one, one, one, one]];
  return [
    s.set(run.from),
    t.set(run.to),
    left.set(run.count),
    block(
      loop(
        brIf(1, i32.ltU(left.get, i32.const(group))),
        many,
        left.set(i32.sub(left.get, i32.const(group))),
        br(0),
      ),
    ),
    until(left.get, i32.const(0), one, left.set(i32.sub(left.get, i32.const(1)))),
  ];
}
