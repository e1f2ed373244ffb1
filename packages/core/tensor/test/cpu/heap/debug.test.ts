import { describe, expect, it } from 'vitest';
import { createCpuBackend } from '../../../src/backends/cpu/index.js';
import { createHeap } from '../../../src/backends/cpu/heap/create.js';
import { debugHeap } from '../../../src/backends/cpu/heap/debug.js';
import { BackendError } from '../../../src/errors.js';
import { leakReport, registerBackend, tensor, useBackend } from '../../../src/index.js';

const fresh = () => debugHeap(createHeap(false));
const sizes = [0, 1, 4, 63, 64, 65, 1000, 2 ** 18 - 100, 2 ** 18, 2 ** 20 + 3];

describe('a heap that watches over its blocks', () => {
  it.each(sizes)('sees one byte written on either side of %i bytes, and nothing else', (bytes) => {
    for (const [place, message] of [
      [bytes, /wrote after a block.*\(1 bytes behind its last byte\)/],
      [bytes + 40, /wrote after a block.*\(41 bytes behind/],
      [-1, /wrote before a block.*\(1 bytes ahead of its first byte\)/],
      [-64, /wrote before a block.*\(64 bytes ahead/],
    ] as const) {
      const heap = fresh();
      const others = [heap.take(bytes), heap.take(bytes)];
      const at = heap.take(bytes);
      expect(at % 64).toBe(0);
      heap.view('bool', at, bytes).fill(0);
      heap.allocations!();
      others.forEach((other) => heap.give(other, bytes));
      heap.view('bool', at + place, 1)[0] = 7;
      expect(() => heap.allocations!()).toThrowError(message);
      expect(() => {
        heap.give(at, bytes);
      }).toThrowError(new RegExp(`a block of ${bytes} bytes .*taken\n.*debug\\.test`, 's'));
    }
  });

  it('makes what is fresh or was given back NaN', () => {
    const heap = fresh();
    const at = heap.take(400);
    const values = heap.view('float32', at, 100);
    expect(values.every(Number.isNaN)).toBe(true);
    values.fill(1);
    heap.give(at, 400);
    expect(values.every(Number.isNaN)).toBe(true);
    expect(heap.view('float64', at, 50).every(Number.isNaN)).toBe(true);
    expect(heap.view('int32', at, 100).every((value) => value === -1)).toBe(true);
  });

  it('refuses what is given back twice, never taken, or with another size, and says where it was before', () => {
    const heap = fresh();
    const at = heap.take(100);
    expect(() => {
      heap.give(at, 99);
    }).toThrowError(/a block of 100 bytes was given back as one of 99; it was taken\n.*debug\.test/s);
    heap.give(at, 100);
    expect(() => {
      heap.give(at, 100);
    }).toThrowError(/a block of 100 bytes was given back twice; the first time\n.*debug\.test/s);
    expect(() => {
      heap.give(at + 4096, 8);
    }).toThrowError(new BackendError('cpu: a block of 8 bytes was given back that was never taken'));
    // The same place again is a new block.
    expect(heap.take(100)).toBe(at);
    heap.give(at, 100);
  });

  it('reports what is held by where it was taken, the most bytes first', () => {
    const heap = fresh();
    function small(): number {
      return heap.take(10);
    }
    function large(): number {
      return heap.take(5000);
    }
    expect(heap.allocations!()).toEqual([]);
    const taken = Array.from({ length: 7 }, small);
    large();
    const [first, second, ...rest] = heap.allocations!();
    expect(rest).toEqual([]);
    expect([first!.count, first!.bytes, second!.count, second!.bytes]).toEqual([1, 5000, 7, 70]);
    expect(first!.stack).toMatch(/^\s*at large /);
    expect(second!.stack).toMatch(/^\s*at small /);
    taken.forEach((at) => heap.give(at, 10));
    expect(heap.allocations!()).toHaveLength(1);
  });
});

describe('leakReport', () => {
  it.skipIf(process.env['TRELLIS_DEBUG_MEMORY'] === '1')('is undefined without the debug mode', () => {
    expect(leakReport()).toBe(undefined);
  });

  it('says where tensors were made that are still there', async () => {
    registerBackend('watched', () => ({ ...createCpuBackend({ debugMemory: true }), name: 'watched' }));
    await useBackend('watched');
    try {
      const count = (): number =>
        leakReport()!
          .filter(({ stack }) => stack.includes('leaking'))
          .reduce((sum, group) => sum + group.count, 0);
      const leaking = () => tensor([1, 2, 3]).add(tensor([4, 5, 6]));
      const made = leaking();
      expect(made.toArray()).toEqual([5, 7, 9]);
      expect(count()).toBe(3);
      made.dispose();
      expect(count()).toBe(2);
      expect(leakReport()!.every(({ bytes, count: blocks }) => bytes >= 0 && blocks > 0)).toBe(true);
    } finally {
      await useBackend('cpu');
    }
  });
});
