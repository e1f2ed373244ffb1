import { describe, expect, it } from 'vitest';
import { jit, type Tensor } from '@core/tensor';
import { adabelief, adam, applyUpdates, type Optimizer } from '../../src/index.js';
import { f64, flat, follow, randomTensor, seeds } from '../support.js';

/** The way of one parameter under a gradient that depends on the step only; last step and total. */
function walk(optimizer: Optimizer, steps: number, gradient: (t: number) => number) {
  const step = jit((w: Tensor, g: Tensor, s: never) => {
    const next = optimizer.update(g, s, w);
    return { w: applyUpdates(w, next.updates as Tensor), u: next.updates as Tensor, s: next.state };
  });
  const start = f64(0);
  let at: { w: Tensor; u: Tensor; s: unknown } = { w: start, u: start, s: optimizer.init(start) };
  for (let t = 0; t < steps; t++) at = step(at.w, f64(gradient(t)), at.s as never);
  return { total: Math.abs(at.w.item()), last: Math.abs(at.u.item()), state: at.s };
}

describe('what makes it AdaBelief', () => {
  it('ε accumulates inside s, up to ε / (1 - β₂)', () => {
    const params = f64([0]);
    const optimizer = adabelief({ beta2: 0.9, epsilon: 1e-4 });
    const { state } = follow(optimizer, params, new Array<Tensor>(500).fill(f64([1])));
    expect(flat(state.moments.s)[0]).toBeCloseTo(1e-3, 6);
  });

  it('a gradient that keeps agreeing gives long steps', () => {
    const options = { learningRate: 0.01 };
    const constant = (): number => 0.01;
    expect(walk(adam(options), 2000, constant).total).toBeCloseTo(20, 1);
    const belief = walk(adabelief({ ...options, rectify: false }), 2000, constant).total;
    expect(Math.abs(belief / 407.8 - 1)).toBeLessThan(0.01);
  });

  it('one that alternates does not: the steps are Adam’s times 1.0556', () => {
    const sign = (t: number): number => (t % 2 === 0 ? 1 : -1);
    const belief = walk(adabelief({ learningRate: 0.01, rectify: false }), 4000, sign).last;
    const plain = walk(adam({ learningRate: 0.01 }), 4000, sign).last;
    expect(Math.abs(belief / plain - 1 / (1 - 0.1 / 1.9))).toBeLessThan(1e-3);
  });

  it.each(seeds)('never-seen coordinates stay, seed %i', (seed) => {
    const w = randomTensor(seed, [3]);
    const { params } = follow(adabelief({ rectify: false }), w, [f64([0, 1, 0]), f64([0, 2, 0])]);
    expect([flat(params)[0], flat(params)[2]]).toEqual([flat(w)[0], flat(w)[2]]);
  });
});

describe('rectification', () => {
  it.each(seeds)(
    'without the plain steps nothing moves for five, and the sixth has the known size, seed %i',
    (seed) => {
      const w = randomTensor(seed, [3]);
      const g = randomTensor(seed + 1, [3]);
      const optimizer = adabelief({ learningRate: 0.1, degeneratedToSgd: false });
      const five = follow(optimizer, w, [g, g, g, g, g]);
      expect(flat(five.params)).toEqual(flat(w));
      const six = follow(optimizer, w, [g, g, g, g, g, g]);
      const [b1, b2, t] = [0.9, 0.999, 6];
      const longest = 2 / (1 - b2) - 1;
      const n = longest - (2 * t * b2 ** t) / (1 - b2 ** t);
      const root = Math.sqrt(
        ((((1 - b2 ** t) * (n - 4)) / (longest - 4)) * (n - 2) * longest) / n / (longest - 2),
      );
      const { m, s } = six.state.moments;
      flat(six.updates).forEach((u, i) => {
        const [mi = 0, si = 0] = [flat(m)[i], flat(s)[i]];
        expect(u).toBeCloseTo((-0.1 * (root / (1 - b1 ** t)) * mi) / (Math.sqrt(si) + 1e-16), 12);
      });
    },
  );

  it('with them the first steps are plain gradient steps', () => {
    const { params } = follow(adabelief({ learningRate: 0.1 }), f64([1]), [f64([2])]);
    expect(params.toArray()).toEqual([expect.closeTo(0.8, 14)]);
  });

  it('never begins where β₂ <= 0.6', () => {
    const g = f64([1]);
    const { params } = follow(
      adabelief({ learningRate: 0.1, beta2: 0.5, degeneratedToSgd: false }),
      f64([1]),
      new Array<Tensor>(30).fill(g),
    );
    expect(params.toArray()).toEqual([1]);
  });
});
