import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { createHeap } from '../../../src/backends/cpu/heap/create.js';
import { createPool, type Pool } from '../../../src/backends/cpu/threads/pool.js';
import { threadCount } from '../../../src/backends/cpu/threads/count.js';
import { call as callFunction, i32 } from '../../../src/backends/cpu/wasm/code.js';
import { defineFunction, encodeModule } from '../../../src/backends/cpu/wasm/module.js';
import { platform } from '../../../src/backends/cpu/wasm/platform.js';
import { BackendError } from '../../../src/errors.js';

const heap = createHeap(true);
const pools: Pool[] = [];
afterEach(() => pools.splice(0).forEach((pool) => pool.dispose()));

function pool(threads: number): Pool {
  const made = createPool({ memory: heap.memory, threads, heap });
  pools.push(made);
  return made;
}

/** Adds `amount` to each int32 of its range: an item left out, or run twice, shows. */
const add = defineFunction({
  parameters: { at: 'i32', amount: 'i32', begin: 'i32', end: 'i32' },
  body: ({ at, amount, begin, end }, frame) => {
    const i = frame.local('i32');
    const place = i32.add(at.get, i32.mul(i.get, i32.const(4)));
    return frame.range(i, begin.get, end.get, 1, i32.store(place, i32.add(i32.load(place), amount.get)));
  },
});
/** Reads from an address it is given. */
const read = defineFunction({
  parameters: { at: 'i32', begin: 'i32', end: 'i32' },
  body: ({ at, begin, end }) => i32.store(begin.get, i32.add(i32.load(at.get), end.get)),
});
const module = new platform.Module(encodeModule([add, read], heap.type));
const { exports } = new platform.Instance(module, { env: { memory: heap.memory } });
const kernel = (index: number) => ({
  module,
  index,
  call: exports[String(index)] as (...args: number[]) => number,
});

const pause = (milliseconds: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
};

/** Whether some piece runs off this thread: each call here waits, so that a ready worker comes to its share. */
function awaitWorkers(on: Pool): void {
  for (let attempt = 0; attempt < 600; attempt++) {
    const at = heap.take(400);
    let here = 0;
    const f = kernel(0);
    const call = (...args: number[]): number => {
      here += args.at(-1)! - args.at(-2)!;
      pause(5);
      return f.call(...args);
    };
    on.run({ ...f, call }, [at, 0], 100, 1);
    heap.give(at, 400);
    if (here < 100) return;
  }
  throw new Error('no worker has taken part');
}

describe('a pool', () => {
  it.each([1, 2, 3, 4])('of %i threads runs every item once, over thousands of jobs', (threads) => {
    const on = pool(threads);
    const most = 5000;
    const at = heap.take(most * 4);
    if (threads > 1) awaitWorkers(on);
    const expected = new Int32Array(most);
    const values = heap.view('int32', at, most).fill(0);
    let random = 1;
    const next = (below: number): number => {
      random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
      return Math.floor((random / 2 ** 32) * below);
    };
    for (let job = 0; job < 3000; job++) {
      const items = next(most + 1);
      const amount = next(1000) - 500;
      on.run(kernel(0), [at, amount], items, 1 + next(300));
      for (let i = 0; i < items; i++) expected[i]! += amount;
      if (job % 100 === 0) expect(values).toEqual(expected);
    }
    expect(values).toEqual(expected);
    heap.give(at, most * 4);
  });

  it('cuts at multiples of the grain, and runs small work in one call', () => {
    const on = pool(2);
    const ranges: number[][] = [];
    const f = kernel(0);
    const at = heap.take(4000);
    const call = (...args: number[]): number => {
      ranges.push(args.slice(-2));
      return 0;
    };
    on.run({ ...f, call }, [at, 0], 64, 64);
    on.run({ ...f, call }, [at, 0], 0, 1);
    expect(ranges).toEqual([[0, 64]]);
    awaitWorkers(on);
    ranges.length = 0;
    // On a busy machine the worker may have taken everything before this thread, whose ranges are seen here, gets a turn.
    for (let tries = 0; ranges.length === 0 && tries < 1000; tries++)
      on.run({ ...f, call }, [at, 0], 999, 64);
    expect(ranges.length).toBeGreaterThan(0);
    for (const [begin, end] of ranges) {
      expect(begin! % 64).toBe(0);
      expect(end === 999 || (end! - begin! >= 64 && end! % 64 === 0)).toBe(true);
    }
    heap.give(at, 4000);
  });

  it('hands on what a kernel throws, on this thread or another, and goes on', () => {
    const on = pool(2);
    awaitWorkers(on);
    expect(() => on.run(kernel(1), [-4], 1000, 10)).toThrowError(/kernel failed.*out of bounds/);
    // This thread's pieces are harmless; those of the worker trap.
    const call = (): number => {
      pause(5);
      return 0;
    };
    expect(() => {
      for (let attempt = 0; attempt < 100; attempt++) on.run({ ...kernel(1), call }, [-4], 1000, 10);
    }).toThrowError(BackendError);
    const at = heap.take(4000);
    const values = heap.view('int32', at, 1000).fill(1);
    on.run(kernel(0), [at, 2], 1000, 10);
    expect(values.every((value) => value === 3)).toBe(true);
    heap.give(at, 4000);
  });
});

describe('functions of a library', () => {
  const folder = mkdtempSync(join(tmpdir(), 'trellis-'));
  const koffi = join(folder, 'koffi.cjs');
  // What koffi offers, with functions of its own instead of a library's.
  writeFileSync(
    koffi,
    `exports.load = (library) => ({
      func(declaration) {
        if (declaration === 'stop') return () => { throw new Error(library + ' stops'); };
        if (declaration === 'rest') return () => {};
        throw new Error('none');
      },
    });`,
  );
  afterAll(() => rmSync(folder, { recursive: true }));

  /** `add`, after a call of what it imports. */
  const importing = new platform.Module(
    encodeModule(
      [
        { imported: 'pass', parameters: ['i32'] },
        { ...add, body: (p, frame) => [callFunction(0, p['begin']!.get), add.body(p, frame)] },
      ],
      heap.type,
    ),
  );
  const { exports: here } = new platform.Instance(importing, { env: { memory: heap.memory, pass: () => undefined } }); // prettier-ignore
  const f = { module: importing, index: 1, call: here['1'] as (...args: number[]) => number };

  /** How many of 100 items ran on this thread, over some jobs; every item must have run once in each. */
  function itemsHere(foreign: {
    koffi: string;
    library: string;
    declarations: Record<string, string>;
  }): number {
    const on = createPool({ memory: heap.memory, threads: 2, heap, foreign });
    pools.push(on);
    awaitWorkers(on);
    const at = heap.take(400);
    const values = heap.view('int32', at, 100).fill(0);
    let ran = 0;
    const call = (...args: number[]): number => {
      ran += args.at(-1)! - args.at(-2)!;
      pause(5);
      return f.call(...args);
    };
    try {
      for (let job = 0; job < 20; job++) on.run({ ...f, call }, [at, 1], 100, 1);
    } finally {
      heap.give(at, 400);
    }
    expect(values.every((value) => value === 20)).toBe(true);
    return ran;
  }

  it('are called on every thread that could load it', () => {
    expect(itemsHere({ koffi, library: 'lib', declarations: { pass: 'rest' } })).toBeLessThan(2000);
  });

  it('are left to this thread where they cannot be loaded', () => {
    expect(itemsHere({ koffi: join(folder, 'absent.cjs'), library: 'lib', declarations: { pass: 'rest' } })).toBe(2000); // prettier-ignore
    expect(itemsHere({ koffi, library: 'lib', declarations: { pass: 'unknown' } })).toBe(2000);
    expect(itemsHere({ koffi, library: 'lib', declarations: {} })).toBe(2000);
  });

  it('hand on what they throw', () => {
    expect(() => itemsHere({ koffi, library: 'lib', declarations: { pass: 'stop' } })).toThrowError(
      /kernel failed.*lib stops/,
    );
  });
});

describe('a memory that grows', () => {
  it('is whole for workers that started before, and for pieces at its new end', () => {
    const growing = createHeap(true);
    const on = createPool({ memory: growing.memory, threads: 3, heap: growing });
    pools.push(on);
    const { exports: own } = new platform.Instance(module, { env: { memory: growing.memory } });
    const f = { module, index: 0, call: own['0'] as (...args: number[]) => number };
    for (let round = 0; round < 40; round++) {
      const bytes = 2 ** 23 + 4 * round;
      const at = growing.take(bytes);
      const values = growing.view('int32', at, bytes / 4).fill(round);
      on.run(f, [at, 5], bytes / 4, 1000);
      expect(values.every((value) => value === round + 5)).toBe(true);
    }
    expect(growing.size()).toBeGreaterThan(40 * 2 ** 23);
  });
});

describe('threadCount', () => {
  it('follows TRELLIS_THREADS where no option is given', () => {
    vi.stubEnv('TRELLIS_THREADS', '7');
    expect(threadCount(undefined)).toBe(7);
    expect(threadCount(2)).toBe(2);
    for (const wrong of ['0', 'two', '1.5', '-3', '1000']) {
      vi.stubEnv('TRELLIS_THREADS', wrong);
      expect(() => threadCount(undefined)).toThrowError(
        `TRELLIS_THREADS must be a whole number from 1 to 256, got '${wrong}'`,
      );
    }
    for (const none of ['', undefined]) {
      vi.stubEnv('TRELLIS_THREADS', none);
      expect(threadCount(undefined)).toBe(Math.min(16, availableParallelism()));
    }
    vi.unstubAllEnvs();
  });

  it('takes whole numbers from 1 to 256 and says so', () => {
    expect(threadCount(1)).toBe(1);
    expect(threadCount(256)).toBe(256);
    for (const wrong of [0, -1, 1.5, NaN, 257, '2', null])
      expect(() => threadCount(wrong)).toThrowError(/threads must be a whole number from 1 to 256/);
  });
});
