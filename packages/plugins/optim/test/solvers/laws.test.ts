import { describe, expect, it } from 'vitest';
import { cosine, withHyperparameters } from '../../src/index.js';
import { grad, jit, random, stack, tensor, tree, vmap, type Tensor } from '@core/tensor';
import {
  affineSum,
  batchPerceptron,
  extraAnchoredGradient,
  extragradient,
  halpernCocoercive,
  halpernDeterministic,
  halpernLipschitz,
  lbfgs,
  logisticGD,
  lossSum,
  perceptron,
  saga,
  solve,
  svrg,
  vrForb,
  type FiniteSum,
  type IterativeSolver,
  type Separation,
} from '../../src/index.js';
import { distance, f64, flat, normals, randomTensor, seeds } from '../support.js';
import { separable, smallSum } from './problems.js';

type Any = IterativeSolver<FiniteSum, unknown, Tensor, string>;

const sums: Readonly<Record<string, Any>> = {
  halpernCocoercive: halpernCocoercive(),
  halpernDeterministic: halpernDeterministic(),
  halpernLipschitz: halpernLipschitz({ innerEffort: 0.1 }),
  vrForb: vrForb(),
  extragradient: extragradient(),
  extraAnchoredGradient: extraAnchoredGradient(),
  svrg: svrg({ period: 3 }),
  saga: saga(),
};
const sides: Readonly<Record<string, IterativeSolver<Separation, unknown, Tensor, string>>> = {
  logisticGD: logisticGD({ learningRate: 2 }),
  'normalized logisticGD': logisticGD({ learningRate: 2, normalized: true }),
  batchPerceptron: batchPerceptron(),
  perceptron: perceptron({ order: 'random' }),
};

function after<P, S>(
  solver: IterativeSolver<P, S, Tensor, string>,
  problem: P,
  steps: number,
  key: Tensor,
): S {
  let state = solver.init(problem, key);
  for (let k = 0; k < steps; k++) state = solver.step(problem, state).state;
  return state;
}

const affine = affineSum(smallSum(1));
const quadratic: FiniteSum = {
  ...lossSum({
    size: 4,
    start: f64([1, 2]),
    loss: (u: Tensor, i: Tensor) => u.sub(i.cast('float64').expandDims(1)).square().sum().div(i.size),
  }),
};
const everything: readonly (readonly [string, IterativeSolver<never, unknown, Tensor, string>, unknown])[] = [
  ...Object.entries(sums).map(([name, solver]) => [name, solver as never, affine] as const),
  ['lbfgs', lbfgs(), quadratic] as const,
  ...Object.entries(sides).map(
    ([name, solver]) => [name, solver as never, separable(1, 30, 4, 0.1)] as const,
  ),
];

describe.each(everything)('%s', (_, solver, problem) => {
  it('is the same inside jit and under vmap over keys', () => {
    const run = (key: Tensor): Tensor =>
      solver.solution(problem as never, after(solver, problem as never, 6, key));
    const plain = seeds.map((seed) => run(random.key(seed)));
    expect(distance(jit(run)(random.key(1)), plain[0])).toBeLessThan(1e-13);
    expect(distance(vmap(run)(stack(seeds.map((seed) => random.key(seed)))), stack(plain))).toBeLessThan(
      1e-12,
    );
  });

  it('goes on from a state to the same bits', () => {
    const whole = solve(solver, problem as never, { steps: 20, every: 4, key: random.key(2) });
    const half = solve(solver, problem as never, { steps: 9, key: random.key(2) });
    const rest = solve(solver, problem as never, { steps: 11, from: half.state });
    expect(distance(rest.state, whole.state)).toBe(0);
    expect(whole.history.map(({ step }) => step)).toEqual([0, 4, 8, 12, 16, 20]);
  });
});

describe.each(Object.entries(sums))('%s', (name, solver) => {
  it('solves in float32, for a tree of parameters, and within a constraint', () => {
    type Pair = { a: Tensor; b: readonly [Tensor] };
    const start: Pair = { a: tensor([2, -1]), b: [tensor([[3]])] };
    const targets = randomTensor(1, [8, 3], 'float32');
    const problem = {
      ...lossSum<Pair>({
        size: 8,
        start,
        loss: (p, i) => {
          const rows = targets.take(i);
          const [a, b] = [rows.slice([0, 0], [i.size, 2]), rows.slice([0, 2], [i.size, 3])];
          return p.a
            .sub(a)
            .square()
            .sum()
            .add(p.b[0].sub(b).square().sum())
            .div(2 * i.size);
        },
        resolvent: (p) => tree.map((x: Tensor) => x.clip(-0.05, 0.05), p),
      }),
      constants: { cocoercivity: 1, lipschitz: 1 },
    };
    const { solution, history } = solve(solver as never, problem as never, { steps: 300, every: 100 });
    expect(tree.leaves(solution).map((x) => x.dtype)).toEqual(['float32', 'float32']);
    expect(Math.max(...flat(solution).map(Math.abs))).toBeLessThanOrEqual(Math.fround(0.05));
    const wanted = {
      a: targets.mean(0).slice([0], [2]),
      b: [targets.mean(0).slice([2], [3]).reshape([1, 1])],
    };
    const clipped = tree.map((x: Tensor) => x.clip(-0.05, 0.05), wanted);
    expect(distance(solution, clipped)).toBeLessThan(
      name.includes('alpern') || name.includes('Anchored') ? 0.05 : 1e-6,
    );
    expect((history.at(-1) as { residual: number }).residual).toBeLessThan(0.5);
  });
});

describe('numbers', () => {
  it('may be schedules, tensors that are differentiated, and changed in the state', () => {
    const key = random.key(4);
    const moved = (learningRate: Tensor): Tensor =>
      after(halpernCocoercive({ learningRate }), affine, 5, key).point.square().sum();
    const [rate, h] = [0.02, 1e-6];
    const numeric = (moved(f64(rate + h)).item() - moved(f64(rate - h)).item()) / (2 * h);
    expect(grad(moved)(f64(rate)).item() / numeric).toBeCloseTo(1, 6);

    const decaying = after(svrg({ learningRate: cosine({ from: 0.02, steps: 3 }) }), affine, 3, key);
    const further = svrg({ learningRate: cosine({ from: 0.02, steps: 3 }) }).step(affine, decaying).state;
    expect(distance(further.point, decaying.point)).toBe(0);

    const still = withHyperparameters(after(saga(), affine, 2, key), { learningRate: 0 });
    expect(distance(saga().step(affine, still).state.point, still.point)).toBe(0);
  });

  it('of the inner solver stay when a resolvent begins', () => {
    const solver = halpernLipschitz({ innerEffort: 0.1, refreshProbability: 0.5, averaging: 0.75 });
    const state = withHyperparameters(solver.init(affine, random.key(1)), { averaging: 0.625 });
    let next = state;
    for (let k = 0; k < 12; k++) next = solver.step(affine, next).state;
    expect(next.count.item()).toBeGreaterThan(1);
    expect(next.inner.hyperparameters.averaging?.item()).toBe(0.625);
  });
});

describe('lossSum', () => {
  it('is the mean of the gradients', () => {
    const indices = tensor([1, 3, 3], { dtype: 'int32' });
    expect(flat(quadratic.batch(f64([1, 2]), indices))).toEqual(
      flat(
        f64([1, 2])
          .sub(7 / 3)
          .mul(2),
      ).map((x) => expect.closeTo(x, 12) as number),
    );
    expect(flat(quadratic.full(f64([1, 2])))).toEqual(flat(f64([1, 2]).sub(1.5).mul(2)));
  });
});

describe('affineSum', () => {
  it('has the constants of its definition', () => {
    const options = smallSum(3);
    const { full, batch, constants } = affineSum(options);
    const all = tensor(
      Array.from({ length: 16 }, (_, i) => i),
      { dtype: 'int32' },
    );
    let [average, lipschitz] = [0, 0];
    for (let seed = 1; seed <= 200; seed++) {
      const [u, v] = [f64(normals(seed, 4)), f64(normals(seed + 500, 4))];
      const parts = Array.from({ length: 16 }, (_, i) => {
        const one = all.slice([i], [i + 1]);
        return batch(u, one).sub(batch(v, one)).square().sum().item();
      });
      const squares = parts.reduce((a, b) => a + b, 0) / 16;
      average = Math.max(average, squares / full(u).sub(full(v)).mul(u.sub(v)).sum().item());
      lipschitz = Math.max(lipschitz, Math.sqrt(squares / u.sub(v).square().sum().item()));
    }
    const {
      cocoercivity,
      lipschitz: known,
      meanCocoercivity,
      meanLipschitz,
    } = constants as Record<string, number>;
    expect(average).toBeLessThanOrEqual(cocoercivity ?? NaN);
    expect(average).toBeGreaterThan(0.8 * (cocoercivity ?? NaN));
    expect(lipschitz).toBeLessThanOrEqual(known ?? NaN);
    expect(lipschitz).toBeGreaterThan(0.8 * (known ?? NaN));
    expect(meanCocoercivity).toBeLessThanOrEqual(cocoercivity ?? NaN);
    expect(meanLipschitz).toBeLessThanOrEqual(known ?? NaN);
  });
});
