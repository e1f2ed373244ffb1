import { describe, expect, it } from 'vitest';
import { cond, grad, jvp, scan, tensor, valueAndGrad, vjp, vmap, zeros } from '../../src/index.js';
import type { Tensor } from '../../src/index.js';

const x = tensor([1, 2, 3]);
const code = (expected: string): unknown => expect.objectContaining({ code: expected });

describe('bad input to transforms', () => {
  it('grad wants a scalar float', () => {
    expect(() => grad((t: Tensor) => t)(x)).toThrowError(
      'grad: the function must return a scalar, got float32[3]; reduce it (sum, mean), or use vjp or jacrev',
    );
    expect(() => grad((t: Tensor) => t.argmax())(x)).toThrowError(code('DTYPE'));
    expect(() => grad((t: Tensor) => t.sum())(tensor([1, 2], { dtype: 'int32' }))).toThrowError(
      /argument 0 is int32\[2\]; derivatives need float32 or float64/,
    );
    expect(() =>
      grad((p: { w: Tensor; n: Tensor }) => p.w.sum())({ w: x, n: tensor([1], { dtype: 'int32' }) }),
    ).toThrowError(/argument 0 at n is int32\[1\]/);
    expect(() => grad(() => 3 as unknown as Tensor)()).toThrowError(code('ARGUMENT'));
    expect(() => grad((t: Tensor) => [t.sum()] as unknown as Tensor)(x)).toThrowError(/hasAux/);
    expect(() => grad((t: Tensor) => t.sum(), 2)(x)).toThrowError(/names argument 2, but 1 were given/);
    expect(() => valueAndGrad((t: Tensor) => t.sum(), { argnums: -1 })).toThrowError(code('ARGUMENT'));
  });

  it('grad of a function that ignores its argument is zero', () => {
    expect(grad((_t: Tensor) => tensor(1))(x).toArray()).toEqual([0, 0, 0]);
  });

  it('jvp and vjp want directions of the right form', () => {
    expect(() => jvp((t: Tensor) => t, [x], [tensor([1, 2])])).toThrowError(
      /float32\[2\] given for float32\[3\]/,
    );
    expect(() =>
      jvp((p: { a: Tensor }) => p.a, [{ a: x }], [{ b: x } as unknown as { a: Tensor }]),
    ).toThrowError(code('TREE'));
    expect(() => vjp((t: Tensor) => t.sum(), x)[1](x)).toThrowError(code('SHAPE'));
  });

  it('vmap wants equal sizes and something to map', () => {
    expect(() => vmap((a: Tensor, b: Tensor) => a.add(b))(x, zeros([4]))).toThrowError(/sizes 3 and 4/);
    expect(() => vmap((a: Tensor) => a, { inAxes: null })(x)).toThrowError(
      /nothing is mapped|no argument is mapped/,
    );
    expect(() => vmap((a: Tensor) => a, { inAxes: 1 })(x)).toThrowError(code('INDEX'));
    expect(() => vmap((a: Tensor) => (a.item() > 0 ? a : a))(x)).toThrowError(/inside vmap/);
  });

  it('vmap puts axes where asked', () => {
    const m = zeros([2, 5]);
    expect(vmap((a: Tensor) => a.add(1), { inAxes: 1, outAxes: 1 })(m).shape).toEqual([2, 5]);
    expect(vmap((a: Tensor) => a.add(1), { inAxes: -1 })(m).shape).toEqual([5, 2]);
    expect(
      vmap((p: { a: Tensor; b: Tensor }) => p.a.add(p.b), { inAxes: [{ a: 0, b: null }] })({
        a: m,
        b: zeros([5]),
      }).shape,
    ).toEqual([2, 5]);
  });

  it('scan wants one length and a steady carry', () => {
    const step = (c: Tensor, t: Tensor): [Tensor, Tensor] => [c.add(t), c];
    expect(() => scan(step, tensor(0), tensor(1))).toThrowError(/first axis/);
    expect(() => scan((c: Tensor) => [c, null] as const, tensor(0), null)).toThrowError(
      /give the number of steps/,
    );
    expect(() => scan((c: Tensor, t: Tensor) => [c.cast('float64'), t] as const, tensor(0), x)).toThrowError(
      /turns float32\[\] into float64\[\]/,
    );
    expect(() => scan((c: Tensor) => c as never, tensor(0), x)).toThrowError(/must return \[carry, y\]/);
    expect(() =>
      scan((c: Tensor, p: { a: Tensor; b: Tensor }) => [c.add(p.a), p.b] as const, tensor(0), {
        a: x,
        b: zeros([2]),
      }),
    ).toThrowError(/lengths 3 and 2/);
    const [carry, none] = scan((c: Tensor) => [c.mul(2), null] as const, tensor(1), null, { length: 5 });
    expect(carry.item()).toBe(32);
    expect(none).toBeNull();
    expect(scan(step, tensor(0), zeros([0]))[1].shape).toEqual([0]);
    expect(scan(step, tensor(0), x, { reverse: true })[1].toArray()).toEqual([5, 3, 0]);
  });

  it('cond wants a scalar and equal branches', () => {
    expect(() =>
      cond(
        x,
        (t: Tensor) => t,
        (t: Tensor) => t,
        x,
      ),
    ).toThrowError(/must be a scalar, got float32\[3\]/);
    expect(() =>
      cond(
        true,
        (t: Tensor) => t,
        (t: Tensor) => t.sum(),
        x,
      ),
    ).toThrowError(/one branch gives float32\[3\], the other float32\[\]/);
    expect(
      cond(
        0,
        (t: Tensor) => t,
        (t: Tensor) => t.neg(),
        x,
      ).toArray(),
    ).toEqual([-1, -2, -3]);
  });
});
