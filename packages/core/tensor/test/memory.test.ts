import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'vite';
import { describe, expect, it } from 'vitest';
import { grad, jit, memory, profile, scope, tensor, valueAndGrad, vjp, zeros } from '../src/index.js';
import type { Tensor } from '../src/index.js';

const x = tensor([0.5, -1, 2]);
const f = (t: Tensor): Tensor => t.sin().mul(t.exp()).sum();

describe('memory()', () => {
  it('counts tensors and bytes, and gives them back on dispose', () => {
    const before = memory();
    const a = zeros([100, 10]);
    const b = zeros([10], { dtype: 'float64' });
    expect(memory().tensors - before.tensors).toBe(2);
    expect(memory().bytes - before.bytes).toBe(4080);
    a.dispose();
    a.dispose();
    b.dispose();
    expect(memory().tensors).toBe(before.tensors);
    expect(memory().bytes).toBe(before.bytes);
  });

  it('counts a reshape as a tensor without bytes of its own', () => {
    const before = memory();
    const a = zeros([6]);
    const b = a.reshape([2, 3]);
    expect(memory().bytes - before.bytes).toBe(24);
    a.dispose();
    expect(b.toArray()).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
    b.dispose();
    expect(memory().bytes).toBe(before.bytes);
  });

  it('frees with using', () => {
    const before = memory().tensors;
    {
      using a = zeros([5]);
      expect(a.isDisposed).toBe(false);
    }
    expect(memory().tensors).toBe(before);
  });
});

describe('scope', () => {
  it('frees what was made and not returned', () => {
    const before = memory().tensors;
    const result = scope(() => ({ sum: x.add(1).mul(2).sum() }));
    expect(memory().tensors - before).toBe(1);
    expect(result.sum.item()).toBe(9);
    result.sum.dispose();
  });

  it('hands results of inner scopes to the outer one', () => {
    const before = memory().tensors;
    scope(() => {
      const inner = scope(() => x.add(1));
      expect(inner.toArray()).toEqual([1.5, 0, 3]);
      return null;
    });
    expect(memory().tensors).toBe(before);
  });

  it('frees when the function throws', () => {
    const before = memory().tensors;
    expect(() =>
      scope(() => {
        x.add(1);
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(memory().tensors).toBe(before);
  });

  it('refuses asynchronous functions', () => {
    expect(() => scope(async () => Promise.resolve(1))).toThrowError(/asynchronous/);
  });

  it('leaves a compiled program its constants', () => {
    const compiled = jit((t: Tensor) => t.add(tensor([1, 2, 3])));
    scope(() => compiled(x));
    expect(compiled(x).toArray()).toEqual([1.5, 1, 5]);
  });

  it('makes use after free a clear error', () => {
    const a = x.add(1);
    a.dispose();
    expect(() => a.mul(2)).toThrowError(/float32\[3\] tensor was disposed/);
    expect(() => a.dataSync()).toThrowError(expect.objectContaining({ code: 'DISPOSED' }));
  });
});

describe('transforms free their intermediates', () => {
  const leak = (body: () => unknown): number => {
    body();
    const before = memory().tensors;
    body();
    return memory().tensors - before;
  };

  it('grad leaves the gradient alone', () => {
    expect(leak(() => grad(f)(x))).toBe(1);
  });

  it('valueAndGrad leaves value and gradient', () => {
    expect(leak(() => valueAndGrad(f)(x))).toBe(2);
  });

  it('grad of a compiled function, compiled gradient', () => {
    expect(leak(() => grad(jit(f))(x))).toBeLessThanOrEqual(1);
    const compiled = jit(grad(f));
    expect(leak(() => compiled(x))).toBe(1);
  });

  it('an aux value survives', () => {
    const [[loss, aux], g] = valueAndGrad((t: Tensor) => [f(t), { doubled: t.mul(2) }] as const, {
      hasAux: true,
    })(x);
    expect(aux.doubled.toArray()).toEqual([1, -2, 4]);
    expect(loss.item()).toBeCloseTo(f(x).item());
    expect(g.shape).toEqual([3]);
  });

  it('what the result shares with the tape survives', () => {
    const identity = grad((t: Tensor) => t.sum())(x);
    expect(identity.toArray()).toEqual([1, 1, 1]);
    const scalar = tensor(2);
    expect(grad((t: Tensor) => t)(scalar).item()).toBe(1);
    expect(scalar.item()).toBe(2);
    const [y, pullback] = vjp((t: Tensor) => t.mul(3), x);
    expect(pullback(y)[0].toArray()).toEqual(pullback(y)[0].toArray());
  });

  it('the mixed derivative keeps what the outer tape needs', () => {
    const mixed = grad((y: Tensor) => grad((t: Tensor) => t.sin().mul(y))(tensor(0.5)));
    expect(mixed(tensor(3)).item()).toBeCloseTo(Math.cos(0.5), 6);
  });
});

describe('profile', () => {
  it('names the kernels with their calls and bytes', () => {
    const { result, kernels, milliseconds } = profile(() => f(x));
    expect(result.ndim).toBe(0);
    expect(kernels.find((k) => k.kernel === 'sin')).toMatchObject({ count: 1, bytes: 24 });
    expect(milliseconds).toBeGreaterThan(0);
  });

  it('counts operations, and says how many a second', () => {
    const a = zeros([20, 30]);
    const b = zeros([40, 30]);
    const rows = jit((t: Tensor) => t.square().sum(1));
    const { kernels } = profile(() => [a.matmul(b.T), a.transpose(), rows(a)]);
    const timing = (name: string) => kernels.find(({ kernel }) => kernel === name)!;
    const product = timing('matmul');
    expect(product.operations).toBe(2 * 20 * 30 * 40);
    expect(product.gigaflops).toBeCloseTo(product.operations / product.milliseconds / 1e6);
    expect(product.gigabytesPerSecond).toBeCloseTo(product.bytes / product.milliseconds / 1e6);
    expect(timing('transpose').operations).toBe(0);
    expect(timing('rows(mul,sum)').operations).toBe(2 * 20 * 30);
  });
});

describe('a long eager loop', () => {
  it(
    'of 10,000 training steps without dispose stays under 300 MB resident',
    { timeout: 240_000 },
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'trellis-'));
      try {
        await build({
          logLevel: 'error',
          configFile: false,
          ssr: { noExternal: true },
          build: {
            ssr: new URL('./fixtures/training-loop.ts', import.meta.url).pathname,
            outDir: folder,
            rollupOptions: { output: { entryFileNames: 'loop.mjs' } },
          },
        });
        const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'loop.mjs')]);
        const report = JSON.parse(stdout) as { megabytes: number; loss: number };
        expect(report.loss).toBeLessThan(0.1);
        expect(report.megabytes).toBeLessThan(300);
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  );
});
