import { describe, expect, it } from 'vitest';
import { random, type Tensor } from '@core/tensor';
import { msvr, storm } from '../../src/index.js';
import { f64, flat, normal, relativeError } from '../support.js';

describe('STORM', () => {
  it('follows its equation, on trees', () => {
    const tree = (seed: number) => ({ a: normal(seed, [3]), b: [normal(seed + 1, [2, 2])] });
    const [z, now, before] = [tree(1), tree(3), tree(5)];
    const next = storm({ beta: 0.25 }).update(z, now, before);
    const want = flat(now).map((g, i) => g + 0.75 * ((flat(z)[i] ?? NaN) - (flat(before)[i] ?? NaN)));
    expect(relativeError(next, f64(want))).toBeLessThan(1e-14);
    expect(flat(storm({ beta: f64(0.25) }).update(z, now, before))).toEqual(flat(next));
  });

  it('is MSVR where every function is seen', () => {
    const [u, now, before] = [normal(1, [4, 2]), normal(2, [4, 2]), normal(3, [4, 2])];
    const all = f64([0, 1, 2, 3]).cast('int32');
    const one = msvr({ alpha: 0.3, blocks: 4, sampled: 4 }).update(u, all, now, before);
    expect(relativeError(one, storm({ beta: 0.3 }).update(u, now, before))).toBeLessThan(1e-14);
  });

  it('has a smaller error than a moving average of the same weight, for three seeds', () => {
    for (const seed of [1, 2, 3]) {
      // a function that drifts, seen with noise that its two values of a step share
      const at = (k: number): Tensor => f64([Math.sin(k / 20), Math.cos(k / 20)]);
      let [z, average] = [at(0), at(0)];
      let errors = [0, 0];
      const { update } = storm({ beta: 0.05 });
      for (let k = 1; k <= 300; k++) {
        const noise = random.normal(random.foldIn(random.key(seed), k), [2], { dtype: 'float64' }).mul(0.1);
        z = update(z, at(k).add(noise), at(k - 1).add(noise));
        average = average.mul(0.95).add(at(k).add(noise).mul(0.05));
        errors = [z, average].map((x, i) => (errors[i] ?? 0) + x.sub(at(k)).square().sum().item());
      }
      expect(errors[0]).toBeLessThan((errors[1] ?? 0) / 10);
    }
  });

  it('names what makes no sense', () => {
    expect(() => storm({ beta: 1.5 })).toThrow(/storm: beta must be a number in \[0, 1\], got 1.5/);
    expect(() => storm({ beta: -0.1 })).toThrow(/storm: beta must be .* got -0.1/);
  });
});
