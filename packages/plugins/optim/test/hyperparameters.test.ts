import { describe, expect, it } from 'vitest';
import { grad, tensor, vmap, type Tensor, type Tree } from '@core/tensor';
import {
  adafactor,
  adam,
  adamp,
  adamw,
  applyUpdates,
  chain,
  clipByGlobalNorm,
  hyperparametersOf,
  lion,
  mfac,
  partition,
  scale,
  scaleByAdam,
  scaleByLearningRate,
  scaleBySchedule,
  sgd,
  sgdp,
  shampoo,
  withHyperparameters,
  type Optimizer,
} from '../src/index.js';
import { distance, f64, flat, follow, randomTensor, seeds, someParams, thrown } from './support.js';

// Every number of every optimizer, by schedules, tensors and hand: everyNumber.test.ts.

describe('several numbers may change at once', () => {
  it.each(seeds)('seed %i: betas, epsilon and decay by schedule and by hand', (seed) => {
    const params = someParams(seed);
    const grads = [7, 8, 9].map((s) => someParams(s));
    const at = (t: number) => ({ beta1: 0.9 - 0.1 * t, beta2: 0.99 + 0.001 * t, epsilon: 1e-3 * (t + 1), weightDecay: 0.1 / (t + 1) }); // prettier-ignore
    const linearly = (from: number, by: number) => (t: Tensor | number) =>
      typeof t === 'number' ? from + by * t : t.cast('float64').mul(by).add(from);
    const scheduled = adamw({
      learningRate: 0.1,
      beta1: linearly(0.9, -0.1),
      beta2: linearly(0.99, 0.001),
      epsilon: linearly(1e-3, 1e-3),
      weightDecay: (t) => f64(0.1).div(f64(1).add(t)),
    });
    const byHand = adamw({ learningRate: 0.1, ...at(0) });
    let state = byHand.init(params);
    let p = params;
    grads.forEach((g, t) => {
      state = withHyperparameters(state, at(t));
      const next = byHand.update(g, state, p);
      p = applyUpdates(p, next.updates);
      state = next.state;
    });
    expect(distance(p, follow(scheduled, params, grads).params)).toBeLessThan(1e-13);
  });

  it('scale and scaleBySchedule', () => {
    const params = { w: f64([1, 2]) };
    expect(flat(follow(scale(-0.5), params, [params]).params)).toEqual([0.5, 1]);
    const halving = scaleBySchedule((t) => f64(0.5).pow(t));
    expect(flat(follow(halving, params, [params, params, params]).updates)).toEqual([0.25, 0.5]);
  });
});

describe('tensors as hyperparameters', () => {
  it('are differentiated: d loss / d learning rate', () => {
    const start = { w: f64([1, -2]) };
    const after = (rate: Tensor): Tensor => {
      const optimizer = sgd({ learningRate: rate });
      const loss = (p: typeof start): Tensor => p.w.square().sum();
      let at = { params: start, state: optimizer.init(start) };
      for (let i = 0; i < 3; i++) {
        const { updates, state } = optimizer.update(grad(loss)(at.params), at.state, at.params);
        at = { params: applyUpdates(at.params, updates), state };
      }
      return loss(at.params);
    };
    // w after k steps is w (1 - 2η)^k, so the loss is 5 (1 - 2η)^6.
    expect(grad(after)(f64(0.1)).item()).toBeCloseTo(-60 * 0.8 ** 5, 12);
  });

  it('in the state too: a hypergradient through withHyperparameters', () => {
    const optimizer = adam({ learningRate: 0.1 });
    const params = { w: f64([1, -2]) };
    const g = { w: f64([0.5, 0.5]) };
    const moved = (rate: Tensor): Tensor => {
      const state = withHyperparameters(optimizer.init(params), { learningRate: rate });
      return (optimizer.update(g, state, params).updates as typeof params).w.sum();
    };
    expect(grad(moved)(f64(0.1)).item()).toBeCloseTo(-2, 6);
  });

  it('are batched: one optimizer, a population of learning rates', () => {
    const params = { w: f64([1, -2]) };
    const run = (rate: Tensor): Tensor => follow(lion({ learningRate: rate }), params, [params]).params.w;
    const all = vmap(run)(f64([0.1, 0.2, 0.3]));
    expect(distance(all, f64([[0.9, -1.9], [0.8, -1.8], [0.7, -1.7]]))).toBeLessThan(1e-15); // prettier-ignore
  });

  it('are batched in a state that vmap made', () => {
    const optimizer = sgd({ learningRate: 0.1 });
    const params = { w: f64([[1, 2], [3, 4]]) }; // prettier-ignore
    const states = vmap((p: typeof params) => optimizer.init(p))(params);
    const changed = withHyperparameters(states, { learningRate: f64([0.1, 1]) });
    const next = vmap((g: Tree, s: typeof states, p: Tree) => optimizer.update(g, s, p).updates)(
      params,
      changed,
      params,
    );
    expect(distance(next, f64([[-0.1, -0.2], [-3, -4]]))).toBeLessThan(1e-15); // prettier-ignore
  });
});

describe('withHyperparameters', () => {
  const params = { a: randomTensor(1, [2]), b: randomTensor(2, [2]) };
  const optimizer = chain(
    clipByGlobalNorm(1),
    partition(
      { fast: sgd({ learningRate: 1 }), slow: adam({ learningRate: 0.1 }) },
      { a: 'fast', b: 'slow' },
    ),
  );
  const state = optimizer.init(params);

  it('reaches every place, and one place through a part of the state', () => {
    const all = hyperparametersOf(withHyperparameters(state, { learningRate: 0.5 })).get('learningRate');
    expect(all?.map((x) => x.item())).toEqual([0.5, 0.5]);
    const [clip, groups] = state;
    const one = [clip, { ...groups, slow: withHyperparameters(groups.slow, { learningRate: 0.5 }) }];
    expect(
      hyperparametersOf(one)
        .get('learningRate')
        ?.map((x) => x.item()),
    ).toEqual([1, 0.5]);
    expect([...hyperparametersOf(state).keys()]).toEqual([
      'maxNorm',
      'learningRate',
      'beta1',
      'beta2',
      'epsilon',
    ]);
  });

  it('leaves parameters that are called so alone', () => {
    const odd = { hyperparameters: { learningRate: f64([1, 2]) }, count: f64([3]) };
    const before = adam().init(odd);
    const after = withHyperparameters(before, { learningRate: 0.5 });
    expect(distance(after.moments, before.moments)).toBe(0);
    expect(hyperparametersOf(before).get('learningRate')).toHaveLength(1);
  });

  it.each([
    [
      { learnignRate: 1 },
      'ARGUMENT: withHyperparameters: this state holds no learnignRate; it holds maxNorm, learningRate, beta1, beta2, epsilon. Schedules, tensors and what was left out by a 0 are not kept in the state',
    ],
    [{ beta1: 1 }, 'ARGUMENT: withHyperparameters: beta1 must be a number in [0, 1), got 1'],
    [
      { learningRate: NaN },
      'ARGUMENT: withHyperparameters: learningRate must be a finite number of at least 0, got NaN',
    ],
    [
      { learningRate: tensor([1, 2]) },
      'SHAPE: withHyperparameters: learningRate is a float64[] tensor in the state, got a float32[2] tensor',
    ],
    [undefined as never, 'ARGUMENT: withHyperparameters: values must be numbers by name, got undefined'],
    [
      { learningRate: '1' as unknown as number },
      'ARGUMENT: withHyperparameters: learningRate must be a number or a tensor, got "1"',
    ],
  ])('refuses %o', (values, message) => {
    expect(thrown(() => withHyperparameters(state, values))).toBe(message);
  });
});

describe('a number that the options leave without effect', () => {
  it.each([
    ['adamp', 'weightDecay', adamp()],
    ['sgdp', 'weightDecay', sgdp({ learningRate: 0.1 })],
    ['adafactor', 'beta1', adafactor({ learningRate: 0.1 })],
    ['adafactor without scaleParameter', 'minimumScale', adafactor({ scaleParameter: false })],
    ['mfac', 'momentum', mfac({ windowSize: 2 })],
    ['sums of shampoo', 'beta2', shampoo({ learningRate: 0.1, accumulate: 'sum' })],
  ])('%s: %s is no part of the state, so that nobody changes it in vain', (_, name, optimizer: Optimizer) => {
    const state = optimizer.init({ w: randomTensor(1, [2, 3]) });
    expect(thrown(() => withHyperparameters(state, { [name]: 0.5 }))).toMatch(
      new RegExp(`^ARGUMENT: withHyperparameters: this state holds no ${name}; `),
    );
  });
});

describe('a schedule that does not keep its contract', () => {
  it('is named', () => {
    const params = { w: f64([1]) };
    const broken = chain(
      scaleByAdam(),
      scaleByLearningRate(() => f64([1, 2])),
    );
    expect(thrown(() => follow(broken, params, [params]))).toBe(
      'SHAPE: scaleByLearningRate: the schedule of learningRate must give a number or a scalar, gave a float64[2] tensor',
    );
  });
});
