import { describe, expect, it } from 'vitest';
import { grad, jit, tensor, vmap, zeros, type Tensor } from '@core/tensor';
import { kappas, type Kappa } from '../../src/index.js';
import { distance, f64, flat, normals, seeds, thrown } from '../support.js';

const d = 12;
const ids = [0, 1, 2, 0, 1, 2, 0, 1, 2, 3, 3, 3];
const all: Readonly<Record<string, Kappa>> = {
  l1: kappas.l1(),
  l2: kappas.l2(),
  'lp 1.5': kappas.lp(1.5),
  'lp 3': kappas.lp(3),
  'lp of a tensor': kappas.lp(f64(2.5)),
  huber: kappas.huber(0.5),
  'huber of a tensor': kappas.huber(f64(0.5)),
  softL1: kappas.softL1(0.5),
  entropy: kappas.entropy(0.5),
  topK: kappas.topK(3),
  rows: kappas.groupL2('rows'),
  columns: kappas.groupL2('columns'),
  groups: kappas.groupL2(ids),
  quadratic: kappas.quadratic(),
  spectral: kappas.spectral(),
};
const random = (seed: number, scale = 1): Tensor =>
  f64(normals(seed, d).map((x) => scale * x)).reshape([3, 4]);
const dot = (a: Tensor, b: Tensor): number => a.mul(b).sum().item();

describe.each(Object.entries(all))('%s', (_, k) => {
  it.each(seeds)('seed %i: Fenchel and Young, with equality at the subgradient', (seed) => {
    for (const scale of [1e-3, 1, 1e3]) {
      const x = random(seed, scale);
      const u = k.gradient(x);
      const size = Math.max(1, scale * scale);
      expect(k.value(x).item() + k.conjugate(u).item() - dot(x, u)).toBeLessThan(1e-11 * size);
      expect(k.value(x).item() + k.conjugate(u).item() - dot(x, u)).toBeGreaterThan(-1e-11 * size);
      for (const other of [10, 20, 30].map((more) => random(seed + more, scale))) {
        const step = other.sub(x);
        expect(k.value(other).item()).toBeGreaterThanOrEqual(k.value(x).item() + dot(u, step) - 1e-11 * size);
        const y = k.gradient(other);
        expect(k.value(x).item() + k.conjugate(y).item()).toBeGreaterThanOrEqual(dot(x, y) - 1e-11 * size);
      }
    }
  });

  it('is even; 0 at 0, where the step is 0 too; steps keep NaN', () => {
    const x = random(4);
    expect(distance(k.gradient(x.neg()), k.gradient(x).neg())).toBeLessThan(1e-12);
    expect(k.value(x.neg()).item()).toBeCloseTo(k.value(x).item(), 12);
    expect(Math.abs(k.value(x.mul(0)).item())).toBeLessThan(1e-12);
    expect(flat(k.gradient(x.mul(0))).map(Math.abs)).toEqual(Array<number>(d).fill(0));
    const some = f64([NaN, ...Array<number>(11).fill(1)]).reshape([3, 4]);
    expect(flat(k.gradient(some)).some(Number.isNaN)).toBe(true);
  });

  it('the subgradient is K’s derivative where there is one', () => {
    const x = random(5);
    expect(distance(grad(k.value)(x), k.gradient(x))).toBeLessThan(1e-9);
  });

  it('K* is infinite outside, and a point projected there is on the border', () => {
    if (k === all['quadratic']) return;
    const far = random(6, 10);
    expect(k.conjugate(far).item()).toBe(Infinity);
    if (k.project === undefined) return;
    const near = k.project(far);
    expect(k.conjugate(near).item()).toBeLessThan(Infinity);
    expect(k.conjugate(far.sub(near).mul(0.01).add(near)).item()).toBe(Infinity);
    // The nearest: the way to it is at an obtuse angle to every other point of the set.
    for (const other of [7, 8, 9].map((seed) => k.gradient(random(seed))))
      expect(dot(far.sub(near), other.sub(near))).toBeLessThan(1e-9);
    expect(distance(k.project(near), near)).toBeLessThan(1e-12);
  });

  it('compiled, in a batch, in float32, and through steps', () => {
    const x = random(10);
    const three = (v: Tensor) => ({ value: k.value(v), gradient: k.gradient(v), conjugate: k.conjugate(v.mul(0.01)) }); // prettier-ignore
    const want = three(x);
    expect(distance(jit(three)(x), want)).toBeLessThan(1e-12);
    const batch = vmap(three)(x.expandDims(0).mul(f64([1, 2]).reshape([2, 1, 1])));
    expect(distance(batch.gradient.at(0), want.gradient)).toBeLessThan(1e-12);
    const narrow = three(x.cast('float32'));
    expect(narrow.gradient.dtype).toBe('float32');
    expect(distance(narrow.gradient, want.gradient)).toBeLessThan(1e-5);
    const tiny = k.gradient(x.cast('float32').mul(1e-30));
    expect(flat(tiny).every(Number.isFinite)).toBe(true);
    const through = grad((v: Tensor) => k.gradient(v).mul(random(11)).sum());
    for (const at of [x, x.mul(0)]) expect(flat(through(at)).every(Number.isFinite)).toBe(true);
  });
});

describe('closed forms', () => {
  const x = f64([3, -4, 0.25, 0]);
  it.each([
    ['l1', kappas.l1(), 7.25, [1, -1, 1, 0]],
    ['l2', kappas.l2(), Math.hypot(3, 4, 0.25), [3, -4, 0.25, 0].map((v) => v / Math.hypot(3, 4, 0.25))],
    ['lp 2 is l2', kappas.lp(2), Math.hypot(3, 4, 0.25), [3, -4, 0.25, 0].map((v) => v / Math.hypot(3, 4, 0.25))], // prettier-ignore
    ['huber', kappas.huber(0.5), 2.75 + 3.75 + 0.0625, [1, -1, 0.5, 0]],
    ['softL1', kappas.softL1(0.25), 2.75 + 3.75, [1, -1, 0, 0]],
    ['topK', kappas.topK(1), 4, [0, -1, 0, 0]],
    ['more than there are', kappas.topK(9), 7.25, [1, -1, 1, 0]],
    ['groups', kappas.groupL2([0, 0, 1, 1]), 5.25, [0.6, -0.8, 1, 0]],
    ['rows of a vector', kappas.groupL2('rows'), 7.25, [1, -1, 1, 0]],
    ['quadratic', kappas.quadratic(), 12.53125, [3, -4, 0.25, 0]],
  ] as const)('%s', (_, k, value, gradient) => {
    expect(k.value(x).item()).toBeCloseTo(value, 13);
    expect(distance(k.gradient(x), f64(gradient))).toBeLessThan(1e-14);
  });

  it('spectral: U Vᵀ, of the rank that there is, also of more axes', () => {
    const matrix = f64([[3, 0], [0, -2]]); // prettier-ignore
    expect(distance(kappas.spectral().gradient(matrix), f64([[1, 0], [0, -1]]))).toBeLessThan(1e-14); // prettier-ignore
    const low = f64([[1, 2], [2, 4]]); // prettier-ignore
    expect(distance(kappas.spectral().gradient(low), low.div(5))).toBeLessThan(1e-14);
    const cube = f64(normals(1, 24)).reshape([2, 3, 4]);
    expect(kappas.spectral().gradient(cube).shape).toEqual([2, 3, 4]);
  });

  it('of equal ones, topK takes the first', () => {
    expect(flat(kappas.topK(2).gradient(f64([1, -1, 1, 1])))).toEqual([1, -1, 0, 0]);
  });

  it('scalars and empty tensors', () => {
    for (const k of [
      kappas.l1(),
      kappas.l2(),
      kappas.lp(3),
      kappas.huber(1),
      kappas.entropy(1),
      kappas.topK(2),
      kappas.groupL2('rows'),
    ]) {
      // prettier-ignore
      expect(Math.abs(k.gradient(f64(-20)).item())).toBeCloseTo(1, 12);
      const none = zeros([0], { dtype: 'float64' });
      expect(k.gradient(none).shape).toEqual([0]);
      expect([k.value(none).item(), k.conjugate(none).item()]).toEqual([0, 0]);
    }
  });
});

it.each([
  ['huber of 0', () => kappas.huber(0), 'ARGUMENT: huber: width must be a finite number greater than 0 or a scalar tensor, got 0'], // prettier-ignore
  ['softL1 of NaN', () => kappas.softL1(NaN), /softL1: threshold must be .* got NaN$/],
  [
    'entropy of a vector',
    () => kappas.entropy(tensor([1])),
    /entropy: width must be .* got a float32\[1\] tensor$/,
  ],
  ['lp of 1', () => kappas.lp(1), 'ARGUMENT: lp: power must be a finite number greater than 1 or a scalar tensor, got 1'], // prettier-ignore
  ['topK of 0', () => kappas.topK(0), 'ARGUMENT: topK: count must be a whole number of at least 1, got 0'],
  ['groups of text', () => kappas.groupL2('row' as never), /^ARGUMENT: groupL2: groups must be 'rows', 'columns' or a list/], // prettier-ignore
  ['half a group', () => kappas.groupL2([0, 0.5]), /^ARGUMENT: groupL2: groups must be/],
  ['groups of another size', () => kappas.groupL2([0, 1]).value(f64([1, 2, 3])), 'SHAPE: groupL2: groups name 2 elements, got a float64[3] tensor of 3'], // prettier-ignore
  ['columns of a vector', () => kappas.groupL2('columns').gradient(f64([1])), 'SHAPE: groupL2: columns need two axes or more, got a float64[1] tensor'], // prettier-ignore
  ['singular values of a vector', () => kappas.spectral().gradient(f64([1])), /^SHAPE: spectral: needs matrices, two axes or more, got a float64\[1\] tensor/], // prettier-ignore
] as const)('refuses %s', (_, call, message) => {
  if (typeof message === 'string') expect(thrown(call)).toBe(message);
  else expect(thrown(call)).toMatch(message);
});
