import { describe, expect, it } from 'vitest';
import { random, tensor, zeros, type Tensor } from '@core/tensor';
import * as optim from '../../src/index.js';
import { f64, thrown } from '../support.js';
import { separable, smallSum } from './problems.js';

const {
  affineSum,
  batchPerceptron,
  halpernCocoercive,
  halpernDeterministic,
  halpernLipschitz,
  lbfgs,
  logisticGD,
  lossSum,
  margin,
  perceptron,
  saga,
  solve,
  svrg,
  vrForb,
} = optim;

const makers = optim as unknown as Readonly<Record<string, (options: object) => unknown>>;
const rate = 'a finite number of at least 0, a schedule or a scalar tensor';
const share = 'a number in [0, 1], a schedule or a scalar tensor';
const decay = 'a number in [0, 1), a schedule or a scalar tensor';
const whole = 'a whole number of at least 1';
const options: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  halpernCocoercive: { learningRate: rate, batch: whole, refreshProbability: share, anchoring: share },
  halpernDeterministic: { learningRate: rate, anchoring: share },
  halpernLipschitz: {
    learningRate: rate,
    anchoring: share,
    innerEffort: 'a finite number greater than 0, a schedule or a scalar tensor',
    innerLearningRate: rate,
    refreshProbability: share,
    averaging: share,
  },
  vrForb: { learningRate: rate, refreshProbability: share, averaging: share },
  extragradient: { learningRate: rate },
  extraAnchoredGradient: { learningRate: rate, anchoring: share },
  svrg: { learningRate: rate, batch: whole, period: whole },
  saga: { learningRate: rate },
  lbfgs: {
    memory: whole,
    lineSearch: "'wolfe' or 'armijo'",
    sufficientDecrease: decay,
    curvature: decay,
    maxEvaluations: whole,
  },
  logisticGD: { learningRate: rate, normalized: 'true or false' },
  batchPerceptron: { normalized: 'true or false' },
  perceptron: { order: "'cyclic' or 'random'" },
  normalizedLrGd: { learningRate: rate },
};

describe.each(Object.entries(options))('%s', (name, rules) => {
  it.each(Object.entries(rules))('checks %s', (option, words) => {
    const needed = name === 'logisticGD' ? { learningRate: 1 } : {};
    for (const [value, shown] of [
      [NaN, 'NaN'],
      [-1, '-1'],
      ['x', '"x"'],
      [tensor([1]), 'a float32[1] tensor'],
    ] as const)
      // prettier-ignore
      expect(thrown(() => makers[name]?.({ ...needed, [option]: value }))).toBe(
        `ARGUMENT: ${name}: ${option} must be ${words}, got ${shown}`,
      );
  });
  it('names the options there are', () => {
    expect(thrown(() => makers[name]?.({ lr: 0.1 }))).toBe(
      `ARGUMENT: ${name}: there is no option lr; there are ${Object.keys(rules).join(', ')}`,
    );
  });
});

describe('problems', () => {
  const key = random.key(0);
  const sum = affineSum(smallSum(1));
  const begin = (problem: unknown): unknown => halpernCocoercive().init(problem as typeof sum, key);
  const sides = separable(1, 10, 3);
  const { constants: _, ...bare } = sum;

  const cases: readonly (readonly [string, () => unknown, string])[] = [
    ['none', () => begin(3), 'ARGUMENT: halpernCocoercive: the problem must be { size, start, full, batch, … }, got 3'],
    ['no components', () => begin({ ...sum, size: 0 }), 'ARGUMENT: halpernCocoercive: size must be a whole number of at least 1, got 0'],
    ['no batch', () => begin({ ...sum, batch: undefined }), 'ARGUMENT: halpernCocoercive: batch must be a function, got undefined'],
    ['an empty start', () => begin({ ...sum, start: zeros([0]) }), 'ARGUMENT: halpernCocoercive: start has no elements; there is nothing to solve for'],
    ['a start of numbers', () => begin({ ...sum, start: [1] }), 'TREE: halpernCocoercive: parameters are tensors in arrays and plain objects; at 0 there is 1'],
    ['a resolvent that is none', () => begin({ ...sum, resolvent: 1 }), 'ARGUMENT: halpernCocoercive: resolvent must be a function, got 1'],
    ['a constant that is none', () => begin({ ...sum, constants: { cocoercivity: NaN } }), 'ARGUMENT: halpernCocoercive: cocoercivity must be a finite number greater than 0, or a scalar tensor, got NaN'],
    ['an operator of another shape', () => begin({ ...sum, full: () => f64([1]) }), 'SHAPE: halpernCocoercive: full(point) at the root is a float64[1] tensor, the parameter a float64[4] tensor; they must have one shape'],
    ['a batch of another structure', () => saga().init({ ...sum, batch: () => [f64([1])] as never }, key), 'TREE: saga: params and batch(point, indices) must have one structure: trees differ at the root: a tensor [4] and an array of 1'],
    ['neither rate nor constant', () => begin(bare), "ARGUMENT: halpernCocoercive: learningRate is missing, and the problem's constants have no cocoercivity to take it from"],
    ['neither rate nor constant', () => halpernDeterministic().init(bare, key), "ARGUMENT: halpernDeterministic: learningRate is missing, and the problem's constants have no meanCocoercivity or cocoercivity to take it from"],
    ['neither rate nor constant', () => halpernLipschitz({ learningRate: 1 }).init(bare, key), "ARGUMENT: halpernLipschitz: innerLearningRate is missing, and the problem's constants have no lipschitz to take it from"],
    ['neither rate nor constant', () => vrForb().init(bare, key), "ARGUMENT: vrForb: learningRate is missing, and the problem's constants have no lipschitz to take it from"],
    ['neither rate nor constant', () => svrg().init(bare, key), "ARGUMENT: svrg: learningRate is missing, and the problem's constants have no cocoercivity or lipschitz to take it from"],
    ['no value', () => lbfgs().init(sum, key), 'ARGUMENT: lbfgs: the problem has no value; a line search needs f itself, not only its gradient'],
    ['a value that is none', () => lbfgs().init({ ...sum, value: (u: Tensor) => u }, key), 'SHAPE: lbfgs: value(point) must be a scalar, got a float64[4] tensor'],
    ['a constraint', () => lbfgs().init({ ...sum, resolvent: (u: Tensor) => u }, key), 'ARGUMENT: lbfgs: takes no resolvent; use svrg, saga or halpernCocoercive for composite problems'],
    ['matrices that do not fit', () => affineSum({ matrices: zeros([2, 3, 4]), offsets: zeros([2, 3]), start: zeros([3]) }), 'SHAPE: affineSum: wanted matrices [n, d, d], offsets [n, d] and start [d], got a float32[2,3,4] tensor, a float32[2,3] tensor, a float32[3] tensor'],
    ['no matrices', () => affineSum({ offsets: zeros([2, 3]), start: zeros([3]) } as never), 'ARGUMENT: affineSum: matrices is missing; it has no default'],
    ['no loss', () => lossSum({ size: 1, start: zeros([1]) } as never), 'ARGUMENT: lossSum: loss is missing; it has no default'],
    ['no rate', () => logisticGD({} as never), 'ARGUMENT: logisticGD: learningRate is missing; it has no default'],
    ['no labels', () => perceptron().init({ features: sides.features } as never, key), 'ARGUMENT: perceptron: labels must be a tensor, got undefined'],
    ['too few labels', () => batchPerceptron().init({ ...sides, labels: f64([1]) }, key), 'SHAPE: batchPerceptron: labels must be [10], one for each row of features, got a float64[1] tensor'],
    ['labels of another dtype', () => perceptron().init({ ...sides, labels: tensor([1]) }, key), 'DTYPE: perceptron: features, labels and start must be of one float dtype; labels is a float32[1] tensor'],
    ['no examples', () => margin({ features: zeros([0, 3]), labels: zeros([0]) }), 'SHAPE: margin: features must be [n, d] with at least one of each, got a float32[0,3] tensor'],
    ['a start of another length', () => perceptron().init({ ...sides, start: f64([1]) }, key), 'SHAPE: perceptron: start must be [3], one for each feature, got a float64[1] tensor'],
    ['no steps', () => solve(saga(), sum, {} as never), 'ARGUMENT: solve: steps is missing; it has no default'],
    ['half a step', () => solve(saga(), sum, { steps: 0.5 }), 'ARGUMENT: solve: steps must be a whole number of at least 1, got 0.5'],
    ['entries every 0 steps', () => solve(saga(), sum, { steps: 1, every: 0 }), 'ARGUMENT: solve: every must be a whole number of at least 1, got 0'],
    ['an end that is no scalar', () => solve(saga(), sum, { steps: 1, until: () => 3 as never }), 'SHAPE: solve: until must give a scalar tensor, gave 3'],
    ['no solver', () => solve({ init: () => 1 } as never, sum, { steps: 1 }), 'ARGUMENT: solve: solver must be a solver such as halpernCocoercive() makes ({ init, step, measure, solution }), got an object'],
  ]; // prettier-ignore
  it.each(cases)('%s', (_name, call, message) => expect(thrown(call)).toBe(message));
});
