import { describe, expect, it } from 'vitest';
import { grad, jit, tensor, zeros } from '../../src/index.js';
import type { Tensor } from '../../src/index.js';

const x = tensor([1, 2, 3]);

describe('jit', () => {
  it('runs the function once per shape and dtype', () => {
    let traces = 0;
    const f = jit((t: Tensor) => {
      traces++;
      return t.mul(2);
    });
    expect(f(x).toArray()).toEqual([2, 4, 6]);
    expect(f(tensor([4, 5, 6])).toArray()).toEqual([8, 10, 12]);
    expect(traces).toBe(1);
    expect(f(tensor([1, 2])).toArray()).toEqual([2, 4]);
    expect(f(x.cast('float64')).dtype).toBe('float64');
    expect(traces).toBe(3);
  });

  it('takes and returns trees, and passes what is no tensor through', () => {
    const f = jit((p: { w: Tensor; b: Tensor }, scale: number) => ({
      y: [p.w.mul(scale).add(p.b)],
      name: 'linear',
      scale,
    }));
    const result = f({ w: x, b: tensor(1) }, 3);
    expect(result.y[0]!.toArray()).toEqual([4, 7, 10]);
    expect(result).toMatchObject({ name: 'linear', scale: 3 });
    expect(f({ w: x, b: tensor(1) }, 2).y[0]!.toArray()).toEqual([3, 5, 7]);
  });

  it('returns inputs, constants and the same value twice as tensors of their own', () => {
    const constant = tensor([7]);
    const f = jit((t: Tensor) => [t, constant, t.add(1), t.add(1), t.reshape([3, 1])]);
    const [a, b, c, d, e] = f(x) as [Tensor, Tensor, Tensor, Tensor, Tensor];
    a.dispose();
    c.dispose();
    expect(x.toArray()).toEqual([1, 2, 3]);
    expect(b.toArray()).toEqual([7]);
    expect(d.toArray()).toEqual([2, 3, 4]);
    expect(e.toArray()).toEqual([[1], [2], [3]]);
  });

  it('explains a traced value used as a JS condition', () => {
    const f = jit((t: Tensor) => (t.sum().item() > 0 ? t : t.neg()));
    expect(() => f(x)).toThrowError(/inside jit.*use where\(condition, a, b\) or cond\(\)/s);
    const g = jit((t: Tensor) => (+t.sum() > 0 ? t : t.neg()));
    expect(() => g(x)).toThrowError(expect.objectContaining({ code: 'TRACE' }));
  });

  it('works out constants and repeated work once', () => {
    const f = jit((t: Tensor) => t.sin().add(t.sin()).mul(1).neg().neg());
    const text = f.program(x);
    expect(text.match(/sin/g)).toHaveLength(1);
    expect(text).not.toMatch(/neg|mul/);
    const dead = jit((t: Tensor) => {
      t.exp();
      return t.add(1);
    });
    expect(dead.program(x)).not.toMatch(/exp/);
  });

  it('keeps differences that simplification must not lose', () => {
    const zero = tensor([-0, 0]);
    expect(Object.is(jit((t: Tensor) => t.sub(0))(zero).dataSync()[0], -0)).toBe(true);
    expect(Object.is(jit((t: Tensor) => t.add(0))(zero).dataSync()[0], 0)).toBe(true);
    expect(jit((t: Tensor) => t.mul(0))(tensor([NaN, Infinity])).toArray()).toEqual([NaN, NaN]);
  });

  it('compiles a function of no arguments and empty tensors', () => {
    expect(jit(() => zeros([2]).add(1))().toArray()).toEqual([1, 1]);
    expect(jit((t: Tensor) => t.add(1).sum())(zeros([0, 3])).item()).toBe(0);
  });

  it('is not confused by values of an outer transform', () => {
    const f = (w: Tensor): Tensor => {
      const inner = jit((t: Tensor) => t.mul(w).sum());
      return inner(x);
    };
    expect(grad(f)(tensor(2)).item()).toBe(6);
    expect(grad(f)(tensor(3)).item()).toBe(6);
    const shared = jit((t: Tensor) => t.square());
    expect(grad((t: Tensor) => shared(shared(t)))(tensor(2)).item()).toBe(32);
  });

  it('forgets on dispose', () => {
    let traces = 0;
    const f = jit((t: Tensor) => (traces++, t.add(1)));
    f(x);
    f.dispose();
    f(x);
    expect(traces).toBe(2);
  });

  it('reuses buffers: a long chain needs few', () => {
    const chain = jit((t: Tensor) => {
      let y = t;
      for (let i = 0; i < 50; i++) y = y.matmul(t).tanh();
      return y;
    });
    const t = zeros([16, 16]);
    expect(chain(t).shape).toEqual([16, 16]);
  });
});
