import { describe, expect, it } from 'vitest';
import { grad, jit, tensor, zeros, type Tensor, type Tree } from '@core/tensor';
import {
  adabelief,
  adadelta,
  adafactor,
  adagrad,
  adam,
  adamax,
  adamp,
  applyUpdates,
  clipByGlobalNorm,
  clipByValue,
  exadam,
  globalNorm,
  lamb,
  lion,
  nadam,
  radam,
  rmsprop,
  scaleByLion,
  scheduleFreeAdamw,
  skipNonFinite,
  sophia,
  trace,
  type Optimizer,
} from '../../src/index.js';
import { oneMinusPower } from '../../src/math.js';
import { distance, f64, flat, follow, seeds, someParams } from '../support.js';

describe('trace', () => {
  const params = { w: f64([0]) };
  const g = (x: number) => ({ w: f64([x]) });
  it('takes the first gradient undamped, later ones damped', () => {
    const { state } = follow(trace({ momentum: 0.5, dampening: 0.25 }), params, [g(1), g(2)]);
    expect(flat(state.buffer)).toEqual([0.5 * 1 + 0.75 * 2]);
  });
  it('with dampening momentum is a mean, whatever the momentum at each step', () => {
    const mean = trace({ momentum: (t) => f64([0.5, 0.75]).take(t), dampening: 'momentum' });
    expect(flat(follow(mean, params, [g(1), g(2)]).updates)).toEqual([0.75 * 1 + 0.25 * 2]);
  });
  it('looks ahead with nesterov', () => {
    const { updates } = follow(trace({ momentum: 0.5, nesterov: true }), params, [g(1), g(2)]);
    expect(flat(updates)).toEqual([2 + 0.5 * (0.5 + 2)]);
  });
});

describe('clipping', () => {
  it.each(seeds)(
    'by global norm, seed %i: shortens what is longer, leaves what is not, to the bit',
    (seed) => {
      const grads = someParams(seed);
      const norm = Math.hypot(...flat(grads));
      expect(globalNorm(grads).item()).toBeCloseTo(norm, 14);
      const cut = follow(clipByGlobalNorm(norm / 3), grads, [grads]).updates;
      expect(globalNorm(cut).item()).toBeCloseTo(norm / 3, 14);
      expect(distance(cut, flat(grads).map((x) => f64(x / 3)))).toBeLessThan(1e-15); // prettier-ignore
      expect(distance(follow(clipByGlobalNorm(norm * 1.01), grads, [grads]).updates, grads)).toBe(0);
    },
  );
  it('by global norm takes zero gradients, none at all, and leaves of two dtypes', () => {
    expect(flat(follow(clipByGlobalNorm(1), f64([1, 2]), [f64([0, 0])]).updates)).toEqual([0, 0]);
    expect(globalNorm({}).item()).toBe(0);
    const mixed = { a: f64([3]), b: tensor([4]) };
    const { updates } = follow(clipByGlobalNorm(1), mixed, [mixed]);
    expect([(updates as typeof mixed).a.dtype, (updates as typeof mixed).b.dtype]).toEqual([
      'float64',
      'float32',
    ]);
    expect(flat(updates)[0]).toBeCloseTo(0.6, 14);
  });
  it('by value; NaN stays NaN', () => {
    const { updates } = follow(clipByValue(1), f64([0, 0, 0, 0]), [f64([-3, 0.5, 7, NaN])]);
    expect(flat(updates)).toEqual([-1, 0.5, 1, NaN]);
  });
});

describe('bias correction', () => {
  it('is exact where 1 - βᵗ cancels, in both dtypes', () => {
    for (const beta of [0.9, 0.999, 0.999999]) {
      for (const t of [1, 2, 100, 100000]) {
        // 1 - βᵗ = (1 - β)(1 + β + … + βᵗ⁻¹), summed from the small end.
        let sum = 0;
        for (let i = t - 1; i >= 0; i--) sum += beta ** i;
        const exact = (1 - beta) * sum;
        const got = oneMinusPower(f64(beta), tensor(t, { dtype: 'int32' })).item();
        expect(Math.abs(got / exact - 1)).toBeLessThan(1e-13);
      }
    }
    expect(oneMinusPower(f64(0), tensor(1, { dtype: 'int32' })).item()).toBe(1);
    const narrow = oneMinusPower(tensor(0.9990000128746033), tensor(1, { dtype: 'int32' })).item();
    expect(Math.abs(narrow / (1 - 0.9990000128746033) - 1)).toBeLessThan(1e-6);
  });
});

describe('scaleByLion', () => {
  it('keeps NaN, and takes both zeros as zero', () => {
    const { updates } = follow(scaleByLion(), f64([1, 1, 1]), [f64([NaN, 0, -0])]);
    expect(flat(updates).map(Math.abs)).toEqual([NaN, 0, 0]);
  });
  it('stores its momentum in another dtype on demand', () => {
    const params = f64([1, 2]);
    const { state, updates } = follow(lion({ momentumDType: 'float32' }), params, [params, params]);
    expect((state.moments.m as Tensor).dtype).toBe('float32');
    expect((updates as Tensor).dtype).toBe('float64');
    expect(flat(state.moments.m)[1]).toBeCloseTo(2 * (1 - 0.99 ** 2), 7);
  });
});

describe('derivatives through an optimizer where gradients are exactly 0', () => {
  const optimizers: Readonly<Record<string, Optimizer>> = {
    adam: adam({ amsgrad: true }),
    rmsprop: rmsprop({ centered: true }),
    adamp: adamp(),
    adabelief: adabelief({ rectify: false, epsilon: 0 }),
    exadam: exadam(),
    nadam: nadam(),
    radam: radam(),
    adamax: adamax(),
    adagrad: adagrad({ epsilon: 0 }),
    adadelta: adadelta({ epsilon: 0 }),
    lamb: lamb({ epsilon: 0 }),
    adafactor: adafactor(),
    sophia: sophia({ empirical: { every: 1, batchSize: 100 } }),
    scheduleFreeAdamw: scheduleFreeAdamw(),
    skipNonFinite: skipNonFinite(adam()),
  };
  it.each(Object.entries(optimizers))('%s', (_, optimizer) => {
    for (const dtype of ['float32', 'float64'] as const) {
      // The second column never enters the loss.
      const loss = (p: Tensor): Tensor =>
        p
          .mul(tensor([1, 0], { dtype }))
          .square()
          .sum();
      const after = (p: Tensor): Tensor => {
        const first = optimizer.update(grad(loss)(p), optimizer.init(p), p);
        const second = optimizer.update(grad(loss)(p), first.state, p);
        return loss(applyUpdates(p, second.updates as Tensor)); // the tree is one tensor
      };
      const start = tensor([[0.5, 1], [0, 2]], { dtype }); // prettier-ignore
      expect(flat(grad(after)(start)).every(Number.isFinite)).toBe(true);
      expect(flat(jit(grad(after))(start)).every(Number.isFinite)).toBe(true);
    }
  });
});

describe('leaves of two dtypes in one tree', () => {
  it('keep their dtypes in updates and state', () => {
    const params = { wide: f64([1, 2]), narrow: tensor([1, 2]), none: zeros([0]) };
    const { updates, state } = follow(adam({ learningRate: 0.1 }), params, [params, params]);
    const dtypes = (of: Tree): string[] => Object.values(of as Record<string, Tensor>).map((x) => x.dtype);
    expect(dtypes(updates)).toEqual(['float32', 'float32', 'float64'].sort());
    expect(dtypes(state.moments.v)).toEqual(dtypes(updates));
  });
});
