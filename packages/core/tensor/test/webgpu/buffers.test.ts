import { expect, it } from 'vitest';
import { createBuffers, sizeClass } from '../../src/backends/webgpu/buffers.js';
import type { GpuArray } from '../../src/backends/webgpu/buffers.js';
import type { Gpu } from '../../src/backends/webgpu/gpu.js';
import { MemoryError } from '../../src/errors.js';

/** A device that has room for so many bytes and no more. */
function fakeGpu(room: number) {
  let left = room;
  let failed = false;
  const device = {
    pushErrorScope: () => undefined,
    createBuffer: ({ size }: { size: number }) => {
      failed = size > left;
      if (!failed) left -= size;
      return { size, destroy: () => undefined };
    },
    popErrorScope: () => Promise.resolve(failed ? { message: 'out of memory' } : null),
  };
  return { device, bufferBytes: 2 ** 30 } as unknown as Gpu;
}

function create(room: number) {
  const errors: Promise<Error | undefined>[] = [];
  const destroyed: GpuArray[] = [];
  const buffers = createBuffers(fakeGpu(room), {
    expect: (error) => errors.push(error),
    destroyLater: (arrays) => destroyed.push(...arrays),
  });
  return { buffers, errors, destroyed };
}

it('size classes hold what was asked for, and at most a quarter more', () => {
  for (let bytes = 256; bytes < 1e6; bytes += 997) {
    const size = sizeClass(bytes);
    expect(size).toBeGreaterThanOrEqual(bytes);
    expect(size).toBeLessThanOrEqual(1.25 * bytes + 32);
    expect(size % 16).toBe(0);
    expect(sizeClass(size)).toBe(size);
  }
});

it('what was given back is taken again', () => {
  const { buffers } = create(2 ** 30);
  const a = buffers.take(1000);
  buffers.give(a);
  expect(buffers.pooledBytes()).toBe(a.bytes);
  expect(buffers.take(990)).toBe(a);
  expect(buffers.pooledBytes()).toBe(0);
  expect(buffers.take(1000).id).not.toBe(a.id);
});

it('an array that no buffer can hold is refused at once, one that the device has no room for later', async () => {
  const { buffers, errors } = create(2 ** 20);
  expect(() => buffers.take(2 ** 31)).toThrow(MemoryError);
  buffers.take(2 ** 19);
  const broken = buffers.take(2 ** 20);
  const [first, second] = await Promise.all(errors);
  expect(first).toBeUndefined();
  expect(second).toBeInstanceOf(MemoryError);
  expect(second!.message).toMatch(/no room for 1048576 bytes beside the 524288 in use/);
  // It does not come again.
  buffers.give(broken);
  expect(buffers.take(2 ** 20)).not.toBe(broken);
});

it('does not keep more than it is worth', () => {
  const { buffers, destroyed } = create(2 ** 40);
  const arrays = Array.from({ length: 5 }, () => buffers.take(2 ** 26));
  arrays.forEach(buffers.give);
  expect(buffers.pooledBytes()).toBeLessThanOrEqual(2 ** 28);
  expect(destroyed.length).toBeGreaterThan(0);
});
