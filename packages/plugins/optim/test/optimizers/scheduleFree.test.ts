import { describe, expect, it } from 'vitest';
import { jit, tree, vmap, type Tensor } from '@core/tensor';
import {
  accumulate,
  adamw,
  applyUpdates,
  chain,
  clipByGlobalNorm,
  evaluationParams,
  masked,
  partition,
  scheduleFree,
  scheduleFreeAdamw,
  scheduleFreeSgd,
  sgd,
  skipNonFinite,
  type Hyperparameter,
  type Optimizer,
  type StateOf,
} from '../../src/index.js';
import { distance, f64, follow, normals, randomTensor, seeds, someParams, thrown } from '../support.js';

describe.each(seeds)('what makes them schedule-free, seed %i', (seed) => {
  const params = someParams(seed);
  const grads = [1, 2, 3, 4, 5].map((k) => someParams(seed + 100 * k));

  it('at a constant rate x is the mean of all z, and y lies between', () => {
    const optimizer = scheduleFreeSgd({ learningRate: 0.1, momentum: 0.8 });
    let at = { params, state: optimizer.init(params) };
    const iterates: Tensor[][] = [];
    for (const g of grads) {
      at = follow(optimizer, at.params, [g], at.state);
      iterates.push(tree.leaves(at.state.average.z));
    }
    const mean = iterates[0]?.map(
      (_, i) =>
      iterates.map((leaves) => leaves[i] as Tensor).reduce((a, b) => a.add(b)).div(iterates.length), // prettier-ignore
    );
    const x = tree.leaves(evaluationParams(at.state, at.params));
    expect(distance(x, mean)).toBeLessThan(1e-13);
    const between = x.map((xi, i) => xi.mul(0.8).add((iterates.at(-1)?.[i] as Tensor).mul(0.2)));
    expect(distance(tree.leaves(at.params), between)).toBeLessThan(1e-13);
  });

  it('the optimizer says so itself, whatever it stands in', () => {
    const free = scheduleFreeAdamw({ learningRate: 0.1 });
    const alone = follow(free, params, grads);
    const x = evaluationParams(alone.state, alone.params);
    for (const optimizer of [
      free,
      chain({ free }),
      chain(free),
      accumulate(free, 1),
      skipNonFinite(free),
    ] as Optimizer[]) {
      const at = follow(optimizer, params, grads);
      expect(distance(optimizer.evaluationParams?.(at.state, at.params), x)).toBe(0);
    }
    // A group without averages has its parameters, and so has an optimizer.
    const groups = partition({ free, plain: sgd({ learningRate: 0.1 }) }, (path) =>
      path === 'scale' ? 'plain' : 'free',
    );
    const at = follow(groups, params, grads);
    expect(distance(groups.evaluationParams?.(at.state, at.params), { ...x, scale: at.params.scale })).toBe(
      0,
    );
    const some = masked(free, (path) => path !== 'scale');
    const then = follow(some, params, grads);
    expect(
      distance(some.evaluationParams?.(then.state, then.params), { ...x, scale: then.params.scale }),
    ).toBe(0);
    expect(Object.keys(chain(free, free))).toEqual(['init', 'update']);
    expect(Object.keys(adamw())).toEqual(['init', 'update']);
  });

  it('z steps as plain SGD would with these gradients', () => {
    const { state } = follow(scheduleFreeSgd({ learningRate: 0.1 }), params, grads);
    const plain = follow(sgd({ learningRate: 0.1 }), params, grads).params;
    expect(distance(state.average.z, plain)).toBeLessThan(1e-14);
  });

  it('before the first step, and at a rate of 0, the average is where it began', () => {
    for (const optimizer of [scheduleFreeSgd({ learningRate: 0 }), scheduleFreeAdamw({ learningRate: 0 })]) {
      const { params: after, state } = follow<typeof params, unknown>(optimizer, params, grads);
      expect(distance(evaluationParams(optimizer.init(params), params), params)).toBe(0);
      expect(distance(after, params)).toBe(0);
      expect(distance(evaluationParams(state, after), params)).toBeLessThan(1e-14);
    }
  });

  it('a momentum that changes does not move the average', () => {
    // x and z obey equations in which β is only the place where gradients are taken; here they are given.
    const at = (momentum: Hyperparameter): unknown => {
      const { params: y, state } = follow(scheduleFreeSgd({ learningRate: 0.1, momentum }), params, grads);
      return evaluationParams(state, y);
    };
    const rising: Hyperparameter = (t) => f64(0.5).add(f64(0.08).mul(f64(0).add(t)));
    expect(distance(at(rising), at(0.9))).toBeLessThan(1e-13);
  });

  it('works behind a clip, and in a batch', () => {
    const optimizer = chain(clipByGlobalNorm(0.1), scheduleFree({ learningRate: 0.5 }));
    const run = (w: Tensor): Tensor => {
      const { params: y, state } = follow(optimizer, w, [w, w]);
      return evaluationParams(state, y);
    };
    const batch = randomTensor(seed, [3, 2]);
    const rows = [0, 1, 2].map((i) => run(batch.slice([i], [i + 1]).squeeze(0)));
    expect(distance(vmap(run)(batch), rows)).toBeLessThan(1e-14);
  });

  it('on a noisy quadratic it stands a rate at which SGD diverges, and the average is far better than z', () => {
    const curvature = f64([1, 0.3, 0.1, 0.03]);
    const loss = (w: Tensor): number => w.square().mul(curvature).sum().item();
    const steps = 800;
    const noise = f64(normals(seed, 4 * steps)).reshape([steps, 4]);
    const start = f64([3, -3, 3, -3]);
    const run = (optimizer: Optimizer): { y: Tensor; s: unknown } => {
      const step = jit((y: Tensor, s: never, e: Tensor) => {
        const next = optimizer.update(y.mul(curvature).add(e), s, y);
        return { y: applyUpdates(y, next.updates as Tensor), s: next.state }; // the tree is one tensor
      });
      let at: { y: Tensor; s: unknown } = { y: start, s: optimizer.init(start) };
      for (let t = 0; t < steps; t++) at = step(at.y, at.s as never, noise.slice([t], [t + 1]).squeeze(0));
      step.dispose();
      return at;
    };
    const options = { learningRate: 5 };
    const { y, s } = run(scheduleFreeSgd(options));
    const averaged = loss(evaluationParams(s, y));
    expect(averaged).toBeLessThan(loss(start) / 20);
    const { z } = (s as StateOf<ReturnType<typeof scheduleFreeSgd>>).average; // made by it
    expect(averaged).toBeLessThan(loss(z as Tensor) / 10);
    expect(loss(run(sgd(options)).y)).toBeNaN();
  });
});

describe('memory', () => {
  it('no more arrays than the optimizers with schedule', () => {
    const params = { w: randomTensor(1, [16, 16]) };
    const arrays = (state: unknown): number => tree.leaves(state).filter((leaf) => leaf.size === 256).length;
    expect(arrays(scheduleFreeSgd().init(params))).toBe(1);
    expect(arrays(scheduleFreeAdamw().init(params))).toBe(arrays(adamw().init(params)));
  });
});

describe('bad input', () => {
  const w = f64([1, 2]);
  const free = scheduleFreeSgd();
  const two = partition({ a: free, b: scheduleFreeAdamw() }, { p: 'a', q: 'b' });
  it.each<readonly [string, () => unknown, string]>([
    [
      'no momentum',
      () => scheduleFreeSgd({ momentum: 0 }),
      'ARGUMENT: scheduleFreeSgd: momentum must be a number greater than 0 and below 1, a schedule or a scalar tensor, got 0',
    ],
    [
      'no rate',
      () => scheduleFree({} as never),
      'ARGUMENT: scheduleFree: learningRate is missing; it has no default',
    ],
    [
      'another optimizer’s state',
      () => evaluationParams(adamw().init(w), w),
      'ARGUMENT: evaluationParams: the state must hold one schedule-free part, found 0; give the state of one group and its parameters',
    ],
    [
      'two groups',
      () => evaluationParams(two.init({ p: w, q: w }), { p: w, q: w }),
      'ARGUMENT: evaluationParams: the state must hold one schedule-free part, found 2; give the state of one group and its parameters',
    ],
    [
      'other parameters',
      () => evaluationParams(free.init(w), f64([1])),
      'SHAPE: evaluationParams: z at the root is a float64[2] tensor, the parameter a float64[1] tensor; they must have one shape',
    ],
  ])('%s', (_, call, message) => expect(thrown(call)).toBe(message));
});
