import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Backend, BufferHandle, Tensor } from '../src/index.js';
import { MemoryError, memory, registerBackend, tensor, tree, useBackend, zeros } from '../src/index.js';
import { createCpuBackend } from '../src/backends/cpu/index.js';
import { liveObjects } from '../src/liveObjects.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const megabyte = 2 ** 20;
const numbers = 2 ** 18;

afterEach(async () => {
  vi.restoreAllMocks();
  await useBackend('cpu');
});

describe('liveObjects', () => {
  class Thing {
    constructor(readonly number: number) {}
  }

  it('finds exactly the objects that are held, at once', () => {
    const kept: Thing[] = [];
    const make = (count: number): void => {
      for (let i = 0; i < count; i++) {
        const thing = new Thing(i);
        if (i % 10 === 0) kept.push(thing);
      }
    };
    make(1000);
    const found = (): number[] => liveObjects(Thing.prototype)!.map((thing) => thing.number);
    expect(found().sort((a, b) => a - b)).toEqual(kept.map((thing) => thing.number));
    kept.length = 0;
    expect(found()).toEqual([]);
  });

  it('leaves nothing behind in the global scope, nor a hold on what it found', () => {
    const before = Reflect.ownKeys(globalThis);
    const kept = [new Thing(1)];
    expect(liveObjects(Thing.prototype)).toEqual(kept);
    kept.pop();
    expect(liveObjects(Thing.prototype)).toEqual([]);
    expect(Reflect.ownKeys(globalThis)).toEqual(before);
  });

  it('does without where there is no inspector, or none may be used', () => {
    const spy = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined);
    expect(liveObjects(Thing.prototype)).toBe(undefined);
    const Session = class {
      connect(): void {
        throw new Error('access is restricted');
      }
    };
    spy.mockReturnValue({ Session });
    expect(liveObjects(Thing.prototype)).toBe(undefined);
  });
});

/** In a function of its own, so that no frame holds the last one. */
function drop(megabytes: number): void {
  for (let i = 0; i < megabytes; i++) zeros([numbers]);
}

describe('tensors dropped in a synchronous loop', () => {
  it('are freed, and those that are held stay as they are', () => {
    const kept = Array.from({ length: 8 }, (_, i) => zeros([numbers]).add(i));
    const before = memory();
    drop(1000);
    // At least this much had to be dropped before it was looked for.
    expect(memory().bytes - before.bytes).toBeLessThan(256 * megabyte);
    expect(memory().tensors - before.tensors).toBeLessThan(256);
    kept.forEach((t, i) => expect(t.sum().item()).toBe(i * numbers));
    kept.forEach((t) => t.dispose());
  });

  it('stay alive through a reshape, and count as often as they are shared', () => {
    const alias = (): Tensor =>
      zeros([numbers])
        .add(3)
        .reshape([2, numbers / 2]);
    const kept = alias();
    drop(200);
    const before = memory().tensors;
    (() => Array.from({ length: 300 }, alias))();
    drop(200);
    expect(kept.sum().item()).toBe(3 * numbers);
    // Of the 300 pairs and the rest, what was made since the last sweep may remain.
    expect(memory().tensors - before).toBeLessThan(300);
    kept.dispose();
  });

  it('give up nothing when the loop disposes of them itself', () => {
    const spy = vi.spyOn(process, 'getBuiltinModule');
    drop(300);
    spy.mockClear();
    for (let i = 0; i < 1000; i++) zeros([numbers]).dispose();
    expect(spy).not.toHaveBeenCalledWith('node:inspector');
  });

  it('are found behind a backend that hands out handles and numbers of its own', async () => {
    const cpu = createCpuBackend();
    const inner = new Map<number, BufferHandle>();
    const freed = new Set<number>();
    let next = 1e6;
    const wrap = (handle: BufferHandle): BufferHandle => {
      inner.set(++next, handle);
      return { bytes: handle.bytes, token: next };
    };
    const unwrap = ({ token }: BufferHandle): BufferHandle => inner.get(token)!;
    const free = (token: number): void => {
      expect(freed.has(token)).toBe(false);
      freed.add(token);
      cpu.release(inner.get(token)!);
      inner.delete(token);
    };
    const backend: Backend = {
      ...cpu,
      name: 'wrapper',
      upload: (data) => wrap(cpu.upload(data)),
      readSync: (handle, aval) => cpu.readSync(unwrap(handle), aval),
      dispatch: (equation, inputs) => cpu.dispatch(equation, inputs.map(unwrap)).map(wrap),
      release: ({ token }) => free(token),
      reclaim: free,
    };
    registerBackend('wrapper', () => backend);
    const here = tensor([1, 2, 3]);
    await useBackend('wrapper');
    const kept = zeros([numbers]).add(2);
    drop(1000);
    expect(inner.size).toBeLessThan(256);
    expect(cpu.memory().bytes).toBeLessThan(256 * megabyte);
    expect(kept.sum().item()).toBe(2 * numbers);
    expect(here.toArray()).toEqual([1, 2, 3]);
    kept.dispose();
  });
});

describe('small tensors dropped where the event loop turns', () => {
  it('are freed after a collection, and those that are held stay as they are', async () => {
    const before = memory();
    const kept: Tensor[] = [];
    (() => {
      for (let i = 0; i < 5000; i++) {
        const made = tensor([i, 1]);
        if (i % 1000 === 0) kept.push(made);
      }
    })();
    for (let i = 0; i < 3; i++) {
      collect();
      await turn();
    }
    // A group of 64 is freed together, and the newest one stays open.
    expect(memory().tensors - before.tensors).toBeLessThan((kept.length + 2) * 64);
    kept.forEach((t, i) => expect(t.toArray()).toEqual([i * 1000, 1]));
    kept.forEach((t) => t.dispose());
  });

  it('may be disposed in any order, each once', () => {
    const before = memory();
    const made = Array.from({ length: 500 }, (_, i) => tensor([i]));
    for (const step of [7, 3, 1]) for (let i = 0; i < 500; i += step) made[i]!.dispose();
    expect(memory().tensors).toBe(before.tensors);
    expect(memory().bytes).toBe(before.bytes);
  });
});

describe('a backend without room', () => {
  /** The CPU backend with room for `most` buffers. */
  async function cramped(name: string, most: number): Promise<void> {
    const cpu = createCpuBackend();
    let count = 0;
    const room = (): void => {
      if (count >= most) throw new MemoryError('cramped: no room');
      count++;
    };
    registerBackend(name, () => ({
      ...cpu,
      name,
      upload: (data) => (room(), cpu.upload(data)),
      dispatch: (equation, inputs) => (room(), cpu.dispatch(equation, inputs)),
      release: (handle) => (count--, cpu.release(handle)),
      reclaim: (token) => (count--, cpu.reclaim(token)),
    }));
    await useBackend(name);
  }

  it('gets a second try once dropped tensors are freed', async () => {
    await cramped('cramped', 60);
    let x = tensor([1, 2]);
    const y = tensor([1, 1]);
    for (let i = 0; i < 200; i++) x = x.add(y);
    expect(x.toArray()).toEqual([201, 202]);
  });

  it('says so when everything is held', async () => {
    await cramped('packed', 10);
    const kept: Tensor[] = [];
    expect(() => {
      for (;;) kept.push(tensor([1, 2]));
    }).toThrowError(new MemoryError('cramped: no room'));
    expect(kept).toHaveLength(10);
    tree.map((t) => t.dispose(), kept);
    expect(tensor([4]).item()).toBe(4);
  });
});
