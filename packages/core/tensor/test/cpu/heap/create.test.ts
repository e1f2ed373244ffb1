import { describe, expect, it } from 'vitest';
import { createHeap } from '../../../src/backends/cpu/heap/create.js';
import { generator, integer } from '../../support/kernels.js';

describe('the heap', () => {
  it('gives blocks that are aligned, large enough and apart from each other, whatever the order', () => {
    const heap = createHeap(true);
    const random = generator(1);
    const alive: { address: number; bytes: number; mark: number }[] = [];
    const check = ({ address, bytes, mark }: (typeof alive)[number]): void => {
      const view = heap.view('bool', address, bytes) as Uint8Array;
      expect(view.every((byte) => byte === mark)).toBe(true);
    };
    for (let turn = 0; turn < 4000; turn++) {
      if (alive.length > 60 || (alive.length > 0 && random() < 0.4)) {
        const [block] = alive.splice(integer(random, 0, alive.length - 1), 1);
        check(block!);
        heap.give(block!.address, block!.bytes);
      } else {
        const largest = [64, 1000, 70_000, 300_000, 2_000_000][integer(random, 0, 4)]!;
        const bytes = integer(random, 0, largest);
        const address = heap.take(bytes);
        const mark = turn % 251;
        expect(address % 64).toBe(0);
        expect(address).toBeGreaterThan(0);
        (heap.view('bool', address, bytes) as Uint8Array).fill(mark);
        alive.push({ address, bytes, mark });
      }
    }
    alive.forEach(check);
  });

  it('uses what was given back, joined with its neighbours', () => {
    const heap = createHeap(true);
    const blocks = Array.from({ length: 8 }, () => heap.take(10 * 2 ** 20));
    const size = heap.size();
    for (const at of [1, 3, 0, 2, 7, 5, 6, 4]) heap.give(blocks[at]!, 10 * 2 ** 20);
    const page = (address: number): number => Math.floor(address / 65536);
    expect(page(heap.take(80 * 2 ** 20))).toBe(page(Math.min(...blocks)));
    expect(heap.size()).toBe(size);
    const small = heap.take(100);
    heap.give(small, 100);
    expect(heap.take(120)).toBe(small);
  });

  it('spreads the beginnings of large blocks over the sets of the caches', () => {
    const heap = createHeap(true);
    for (const apart of [1, 2, 3, 8, 10, 16]) {
      const sets = Array.from({ length: 8 * apart }, () => (heap.take(400_000) % 131072) >> 6);
      for (let first = 0; first < apart; first++)
        expect(new Set(sets.filter((_, i) => i % apart === first)).size).toBeGreaterThan(5);
    }
  });

  it('shows what it holds through views that outlive its growth', () => {
    for (const shared of [true, false]) {
      const heap = createHeap(shared);
      const at = heap.take(64);
      heap.view('float64', at, 8).set([1, 2, 3, 4, 5, 6, 7, 8]);
      heap.take(64 * 2 ** 20);
      expect([...heap.view('float64', at, 8)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      expect([...heap.view('float32', at, 1)]).toEqual([0]);
    }
  });

  it('says what was asked for and what is free when there is no room', () => {
    const heap = createHeap(true);
    const message = /4000000000 bytes|of the 4096\.0 MB/;
    const first = heap.take(3e9);
    expect(() => heap.take(4e9)).toThrowError(message);
    expect(() => heap.take(4e9)).toThrowError(/in one piece; dispose of tensors/);
    heap.give(first, 3e9);
    heap.give(heap.take(4e9), 4e9);
  });
});
