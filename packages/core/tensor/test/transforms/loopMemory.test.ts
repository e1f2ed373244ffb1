import { describe, expect, it } from 'vitest';
import { grad, jit, linearize, memory, ones, random, scan, type Tensor } from '../../src/index.js';

const n = 512;
const matrix = random.normal(random.key(1), [n, n]).mul(0.01); // 1 MiB
const start = ones([n, 2]);
const loop = (w: Tensor): Tensor =>
  scan((c: Tensor) => [matrix.matmul(c).tanh(), null] as const, w, null, { length: 64 })[0].sum();

/** What a compiled function keeps, in copies of the matrix. */
function kept(f: (w: Tensor) => Tensor): number {
  const before = memory().pooledBytes;
  const program = jit(f);
  program(start).dispose();
  const copies = (memory().pooledBytes - before) / (4 * n * n);
  program.dispose();
  return copies;
}

describe('a loop that reads a constant', () => {
  it('does not keep it again for each step of the way back', () => {
    expect(kept((w) => grad(loop)(w))).toBeLessThan(16);
    expect(kept((w) => grad((v: Tensor) => grad(loop)(v).square().sum())(w))).toBeLessThan(16);
  });

  it('nor where it is linearised', () => {
    expect(kept((w) => linearize(loop, w)[1](w))).toBeLessThan(16);
  });
});
