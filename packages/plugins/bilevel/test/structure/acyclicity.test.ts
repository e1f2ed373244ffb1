import { describe, expect, it } from 'vitest';
import { concat, grad, jit, vmap, zeros, type Tensor } from '@core/tensor';
import { acyclicity, type AcyclicityType } from '../../src/index.js';
import { centralDifferences, f64, flat, numbers } from '../support.js';
import { linearModel } from './support.js';

const types = ['logdet', 'poly', 'expAbs', 'expSquare'] as const satisfies readonly AcyclicityType[];
const d = 5;
/** Weights with cycles, none of them 0, and small enough for logdet. */
const cyclic = (seed: number): Tensor =>
  f64(numbers(seed, d * d).map((x, at) => (at % (d + 1) === 0 ? 0 : Math.sign(x) * (0.02 + 0.12 * Math.abs(x))))).reshape([d, d]); // prettier-ignore

describe('acyclicity', () => {
  it.each(types)('%s: grad is the slope of h (acceptance 4)', (type) => {
    for (const seed of [1, 2, 3]) {
      const w = cyclic(seed);
      const slopes = centralDifferences(
        (x) => acyclicity(x.reshape([d, d]), { type }).h,
        w.reshape([d * d]),
        1e-6,
      );
      const { grad: by } = acyclicity(w, { type });
      const chained = flat(type === 'expSquare' ? by.mul(w) : by.mul(w.sign()));
      const traced = flat(grad((x: Tensor) => acyclicity(x, { type }).h)(w));
      slopes.forEach((slope, at) => {
        if (at % (d + 1) === 0) return; // |w| has no derivative at 0
        expect(Math.abs(chained[at]! - slope)).toBeLessThan(1e-6);
        expect(Math.abs(traced[at]! - slope)).toBeLessThan(1e-6);
      });
    }
  });

  it.each(types)('%s: is 0 for a DAG, where grad tells which edges close no cycle', (type) => {
    for (const seed of [1, 2, 3]) {
      const { weights } = linearModel(seed, 8, 10, 2);
      const { h, grad: by } = acyclicity(weights, { type });
      expect(Math.abs(h.item())).toBeLessThan(1e-12);
      const w = flat(weights);
      const reaches = (a: number, b: number): boolean =>
        a === b || Array.from({ length: 8 }, (_, c) => c).some((c) => w[a * 8 + c] !== 0 && reaches(c, b));
      flat(by).forEach((value, at) => expect(value > 1e-12).toBe(reaches(at % 8, Math.floor(at / 8))));
    }
  });

  it('logdet of a cycle of two is -log(1 - |ab|), and Infinity beyond where it is defined', () => {
    const two = (a: number, b: number): Tensor => f64([[0, a], [b, 0]]); // prettier-ignore
    expect(acyclicity(two(0.7, -0.9)).h.item()).toBeCloseTo(-Math.log(1 - 0.63), 14);
    expect(acyclicity(two(2, 3)).h.item()).toBe(Infinity);
    expect(acyclicity(two(0.7, 0.9), { scale: 2 }).h.item()).toBeCloseTo(-Math.log(1 - 0.63 / 4), 14);
  });

  it.each(types)('%s: works in jit, under vmap and in float32', (type) => {
    const stack = [1, 2, 3].map(cyclic);
    const all = stack.map((w) => acyclicity(w, { type }).h.item());
    const batch = concat(
      stack.map((w) => w.reshape([1, d, d])),
      0,
    );
    const once = vmap((w: Tensor) => acyclicity(w, { type }).h)(batch);
    flat(once).forEach((h, i) => expect(h).toBeCloseTo(all[i]!, 12));
    expect(jit((w: Tensor) => acyclicity(w, { type }).h)(stack[0]!).item()).toBeCloseTo(all[0]!, 13);
    const single = acyclicity(stack[0]!.cast('float32'), { type });
    expect([single.h.dtype, single.grad.dtype]).toEqual(['float32', 'float32']);
    expect(single.h.item()).toBeCloseTo(all[0]!, 5);
  });

  it('says what is wrong', () => {
    expect(() => acyclicity(zeros([2, 2]), { type: 'exp' as never })).toThrow(
      /type must be 'logdet' or 'poly'/,
    );
    expect(() => acyclicity(zeros([2, 3]))).toThrow(/weights must be \[d, d\].* got a float32\[2,3\]/);
    expect(() => acyclicity(zeros([2, 2], { dtype: 'int32' }))).toThrow(/float32 or float64/);
    expect(() => acyclicity(zeros([2, 2]), { scale: 0 })).toThrow(
      /scale must be a finite number greater than 0/,
    );
  });
});
