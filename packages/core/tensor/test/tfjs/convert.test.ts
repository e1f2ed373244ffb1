import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { backendInfo, jit, memory, tensor, useBackend } from '../../src/index.js';
import type { Tensor } from '../../src/index.js';
import { fromTfjs, toTfjs } from '../../src/tfjs.js';
import { startTfjs } from './support.js';

beforeAll(async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  expect(() => fromTfjs({} as never)).toThrowError(
    "fromTfjs: no tfjs backend is running; call await useBackend('tfjs') first",
  );
  await startTfjs('wasm');
});
afterAll(async () => {
  vi.restoreAllMocks();
  await useBackend('cpu');
});

describe('fromTfjs and toTfjs', () => {
  it('share the elements, each side disposing its own', () => {
    const before = [tf.memory().numTensors, memory().bytes];
    const theirs = tf.tensor2d([[1, 2], [3, 4]]); // prettier-ignore
    const buffers = tf.memory().numDataBuffers;
    const ours = fromTfjs(theirs);
    expect(tf.memory().numDataBuffers).toBe(buffers);
    expect(ours.toArray()).toEqual([[1, 2], [3, 4]]); // prettier-ignore
    theirs.dispose();
    expect(ours.matmul(ours).toArray()).toEqual([[7, 10], [15, 22]]); // prettier-ignore

    const back = toTfjs<tf.Tensor>(ours.reshape([4]));
    expect(back).toBeInstanceOf(tf.Tensor);
    expect(back.shape).toEqual([4]);
    ours.dispose();
    expect([...tf.mul(back, 2).dataSync()]).toEqual([2, 4, 6, 8]);
    back.dispose();
    expect(memory().bytes).toBeGreaterThanOrEqual(before[1]!);
  });

  it('keep dtypes', () => {
    for (const theirs of [tf.tensor([1.5]), tf.tensor([7], [1], 'int32'), tf.tensor([true], [1], 'bool')]) {
      const ours = fromTfjs(theirs);
      expect(ours.dtype).toBe(theirs.dtype);
      expect([...toTfjs<tf.Tensor>(ours).dataSync()]).toEqual([...theirs.dataSync()]);
    }
  });

  it('leave ours alone when tf.tidy ends, and give what tfjs makes to it', () => {
    let ours: Tensor | undefined;
    const tensors = tf.memory().numTensors;
    tf.tidy(() => {
      ours = fromTfjs(tf.scalar(2)).mul(3);
      toTfjs(ours);
    });
    expect(ours!.item()).toBe(6);
    ours!.dispose();
    // The constant 3, and the tensor that was multiplied.
    expect(tf.memory().numTensors - tensors).toBeLessThanOrEqual(2);
  });

  it('copy what lives elsewhere', async () => {
    await useBackend('cpu');
    const here = tensor([1, 2, 3]);
    expect([...toTfjs<tf.Tensor>(here).dataSync()]).toEqual([1, 2, 3]);
    expect(() => toTfjs(tensor(new Float64Array([1])))).toThrowError(
      "toTfjs: tfjs has no float64, got float64[1]; cast it first: x.cast('float32')",
    );
    await useBackend('tfjs-wasm');
    expect(backendInfo().description).toMatch(
      /^tfjs 4\.22\.0, its wasm engine from @tensorflow\/tfjs-backend-wasm/,
    );
  });

  it('refuse what has no counterpart', () => {
    expect(() => fromTfjs(tf.tensor(['a']) as never)).toThrowError(
      /^fromTfjs: got string\[1\]; only float32/,
    );
    expect(() => fromTfjs(3 as never)).toThrowError('fromTfjs: needs a tf.Tensor, got 3');
    expect(() => toTfjs(3 as never)).toThrowError('toTfjs: needs a tensor, got 3');
    const gone = tf.scalar(1);
    gone.dispose();
    expect(() => fromTfjs(gone)).toThrowError(expect.objectContaining({ code: 'DISPOSED' }));
    expect(() =>
      jit((x: Tensor) => {
        toTfjs(x);
        return x;
      })(tensor(1)),
    ).toThrowError(expect.objectContaining({ code: 'TRACE' }));
  });

  it('work whichever engine tfjs itself is set to', async () => {
    const x = tensor([1, 2, 3]);
    await import('@tensorflow/tfjs-backend-cpu');
    await tf.setBackend('cpu');
    try {
      expect(x.exp().log().sum().item()).toBeCloseTo(6, 5);
      const theirs = tf.tensor([4]);
      expect(fromTfjs(theirs).add(x).toArray()).toEqual([5, 6, 7]);
    } finally {
      await tf.setBackend('wasm');
    }
  });
});
