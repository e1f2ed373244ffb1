import { describe, expect, it } from 'vitest';
import {
  checkpoint,
  cond,
  grad,
  hessian,
  hvp,
  jacfwd,
  jacrev,
  jit,
  jvp,
  linearize,
  scan,
  tensor,
  valueAndGrad,
  vjp,
  vmap,
} from '../../src/index.js';
import type { Tensor } from '../../src/index.js';
import { expectClose, stack } from '../support/derivatives.js';
import { generator } from '../support/kernels.js';

const vector = (random: () => number, n: number): Tensor =>
  tensor(Float64Array.from({ length: n }, () => random() * 2 - 1));

/** Functions [n] -> scalar that meet every kind of primitive: elementwise, reductions, products, loops, branches. */
const functions: Record<string, (x: Tensor) => Tensor> = {
  elementwise: (x) => x.sin().mul(x.exp()).add(x.square().mul(0.5)).sum(),
  quotient: (x) => x.add(3).log().div(x.square().add(1)).sum().tanh(),
  product: (x) =>
    x
      .reshape([-1, 1])
      .matmul(x.reshape([1, -1]))
      .sin()
      .sum(),
  softmax: (x) => x.softmax().mul(x.cumsum(0)).sum(),
  extremes: (x) =>
    x
      .max()
      .mul(x.min())
      .add(
        x
          .sort()
          .mul(tensor(Float64Array.from({ length: x.size }, (_, i) => i)))
          .sum(),
      ),
  loop: (x) => {
    const [carry, ys] = scan(
      (s: Tensor, e: Tensor) => [s.mul(0.5).add(e).sin(), s.mul(e)] as const,
      x.sum().mul(0.1),
      x,
    );
    return carry.add(ys.sum());
  },
  branch: (x) =>
    cond(
      x.sum().greater(0),
      (t: Tensor) => t.sin().sum(),
      (t: Tensor) => t.square().sum(),
      x,
    ),
  recomputed: (x) => checkpoint((t: Tensor) => t.sin().mul(t).exp().sum())(x),
  compiled: (x) => jit((t: Tensor) => t.cos().mul(t).sum())(x),
};

const cases = Object.entries(functions).flatMap(([name, f]) => [1, 2, 3].map((seed) => ({ name, f, seed })));

describe.each(cases)('$name, seed $seed', ({ f, seed }) => {
  const random = generator(seed);
  const n = 2 + seed;
  const x = vector(random, n);
  const v = vector(random, n);
  const expectTensors = (what: string, a: Tensor, b: Tensor, tolerance = 1e-10): void => {
    expect(a.shape, what).toEqual(b.shape);
    expectClose(what, a.dataSync(), b.dataSync(), tolerance);
  };

  it('forward and reverse mode agree', () => {
    const [y, directional] = jvp(f, [x], [v]);
    const [value, gradient] = valueAndGrad(f)(x);
    expectTensors('value', y, value);
    expect(directional.item()).toBeCloseTo(gradient.mul(v).sum().item(), 10);
    const [, pullback] = vjp(f, x);
    expectTensors('vjp', pullback(tensor(1, { dtype: 'float64' }))[0], gradient);
  });

  it('linearize is jvp with the value computed once', () => {
    const [y, push] = linearize(f, x);
    expectTensors('value', y, f(x));
    expectTensors('first direction', push(v), jvp(f, [x], [v])[1]);
    expectTensors('second direction', push(x), jvp(f, [x], [x])[1]);
    expectTensors('linear', push(x.add(v)), push(x).add(push(v)));
    expectTensors('of grad', linearize(grad(f), x)[1](v), hvp(f, x, v));
    expectTensors('vmap', vmap((t: Tensor) => push(t))(stack([x, v])), stack([push(x), push(v)]));
  });

  it('jacfwd, jacrev and grad agree', () => {
    expectTensors('jacfwd', jacfwd(f)(x), grad(f)(x));
    expectTensors('jacrev', jacrev(f)(x), grad(f)(x));
  });

  it('all ways to a Hessian agree, and with the Hessian-vector product', () => {
    const h = hessian(f)(x);
    expectTensors('forward over forward', jacfwd(jacfwd(f))(x), h);
    expectTensors('reverse over reverse', jacrev(grad(f))(x), h);
    expectTensors('reverse over forward', jacrev(jacfwd(f))(x), h);
    expectTensors('symmetry', h.transpose(), h);
    expectTensors('jvp of grad', hvp(f, x, v), h.matmul(v));
    expectTensors('grad of jvp', grad((t: Tensor) => jvp(f, [t], [v])[1])(x), h.matmul(v));
    expectTensors('grad of grad dot v', grad((t: Tensor) => grad(f)(t).mul(v).sum())(x), h.matmul(v));
  });

  it('vmap of grad is grad of each; grad of vmap is their stack', () => {
    const xs = stack([x, v, x.mul(0.3)]);
    const each = stack([grad(f)(x), grad(f)(v), grad(f)(x.mul(0.3))]);
    expectTensors('vmap(grad)', vmap(grad(f))(xs), each);
    expectTensors('grad(vmap)', grad((t: Tensor) => vmap(f)(t).sum())(xs), each);
    expectTensors('vmap(jvp)', vmap((t: Tensor) => jvp(f, [t], [v])[1])(xs), each.matmul(v));
    expectTensors(
      'vmap(vmap)',
      vmap(
        vmap((a: Tensor, b: Tensor) => f(a.mul(b)), { inAxes: [null, 0] }),
        { inAxes: [0, null] },
      )(xs, xs).shape.length === 2
        ? vmap(f)(xs)
        : xs,
      vmap(f)(xs),
    );
  });

  it('jit changes nothing, wherever it stands', () => {
    expect(jit(f)(x).dataSync()).toEqual(f(x).dataSync());
    expectTensors('jit(grad)', jit(grad(f))(x), grad(f)(x));
    expectTensors('grad(jit)', grad(jit(f))(x), grad(f)(x));
    expectTensors('jit(hessian(jit))', jit((t: Tensor) => hessian(jit(f))(t))(x), hessian(f)(x));
    expectTensors('hessian(jit)', hessian(jit(f))(x), hessian(f)(x));
    const xs = stack([x, v]);
    expectTensors('jit(vmap(grad))', jit(vmap(grad(f)))(xs), vmap(grad(f))(xs));
    expectTensors('vmap(jit(grad))', vmap(jit(grad(f)))(xs), vmap(grad(f))(xs));
    expectTensors('jvp(jit(grad))', jvp(jit(grad(f)), [x], [v])[1], hvp(f, x, v));
    expectTensors('grad(vmap(jit))', grad((t: Tensor) => vmap(jit(f))(t).sum())(xs), vmap(grad(f))(xs));
  });

  it('checkpoint changes nothing but memory', () => {
    expectTensors('grad', grad(checkpoint(f))(x), grad(f)(x));
    expectTensors('jit(grad)', jit(grad(checkpoint(f)))(x), grad(f)(x));
    expectTensors('hvp', hvp(checkpoint(f), x, v), hvp(f, x, v));
    expectTensors('vmap', vmap(grad(checkpoint(f)))(stack([x, v])), vmap(grad(f))(stack([x, v])));
  });
});

describe('perturbations of nested transforms do not mix', () => {
  it('d/dx (x · d/dy (x + y)) at y = 1 is 1', () => {
    const g = grad((x: Tensor) => x.mul(grad((y: Tensor) => x.add(y))(tensor(1))));
    expect(g(tensor(5)).item()).toBe(1);
    const h = jvp(
      (x: Tensor) => x.mul(jvp((y: Tensor) => x.add(y), [tensor(1)], [tensor(1)])[1]),
      [tensor(5)],
      [tensor(1)],
    );
    expect(h[1].item()).toBe(1);
  });

  it('a value that outlives its transform is refused', () => {
    let leaked: Tensor | undefined;
    grad((x: Tensor) => (leaked = x.mul(2)))(tensor(1));
    expect(() => leaked!.add(1)).toThrowError(expect.objectContaining({ code: 'TRACE' }));
  });
});
