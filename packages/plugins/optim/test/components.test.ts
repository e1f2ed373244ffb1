import { describe, expect, it } from 'vitest';
import { createRegistry, provenanceOf, type Solver, type Spec } from '@core/registry';
import { ones, random, type Tree } from '@core/tensor';
import * as optim from '../src/index.js';
import { distance, f64, follow, someParams, thrown } from './support.js';
import plugin from '../src/plugin.js';
import { separable, smallSum } from './solvers/problems.js';

const registry = createRegistry([plugin]);
const optimizer = (spec: Spec): Promise<optim.Optimizer> => registry.fromSpec(spec, { kind: 'optimizer' });

const params = someParams(1);
const grads = [2, 3, 4].map((seed) => someParams(seed));
const after = (one: optim.Optimizer): Tree => follow(one, params, grads).params;

describe('components are the plain functions', () => {
  const cases: readonly (readonly [Spec, optim.Optimizer])[] = [
    [
      { use: 'optim/sgd', momentum: 0.9, nesterov: true },
      optim.sgd({ learningRate: 0.01, momentum: 0.9, nesterov: true }),
    ],
    [{ use: 'optim/adam' }, optim.adam()],
    [{ use: 'optim/amsgrad' }, optim.amsgrad()],
    [{ use: 'optim/adamw' }, optim.adamw()],
    [{ use: 'optim/rmsprop', momentum: 0.5 }, optim.rmsprop({ momentum: 0.5 })],
    [{ use: 'optim/adamp', weightDecay: 0.1 }, optim.adamp({ weightDecay: 0.1 })],
    [{ use: 'optim/sgdp', momentum: 0.9 }, optim.sgdp({ learningRate: 0.01, momentum: 0.9 })],
    [{ use: 'optim/lion' }, optim.lion()],
    [
      { use: 'optim/lion-k', kappa: { name: 'top-k', count: 2 }, scope: 'tree', weightDecay: 0.1 },
      optim.lionK({ kappa: optim.kappas.topK(2), scope: 'tree', weightDecay: 0.1 }),
    ],
    [
      { use: 'optim/mfac', windowSize: 4, damping: 0.1, momentum: 0.5, weightDecay: 0.1 },
      optim.mfac({ windowSize: 4, damping: 0.1, momentum: 0.5, weightDecay: 0.1 }),
    ],
    [{ use: 'optim/adabelief' }, optim.adabelief()],
    [{ use: 'optim/soap', preconditionFrequency: 1 }, optim.soap({ preconditionFrequency: 1 })],
    [
      {
        use: 'optim/soap',
        shampooBeta: 0.5,
        factorised: true,
        mergeDimensions: true,
        weightDecayOn: 'matrices',
      },
      optim.soap({
        shampooBeta: 0.5,
        factorised: true,
        mergeDimensions: true,
        weightDecayMask: (_, p) => p.ndim > 1,
      }),
    ],
    [
      { use: 'optim/shampoo', exponent: -0.5, momentum: 0.9 },
      optim.shampoo({ learningRate: 0.01, exponent: -0.5, momentum: 0.9 }),
    ],
    [{ use: 'optim/muon' }, optim.muon()],
    [
      { use: 'optim/muon', nesterov: false, others: { use: 'optim/sgd', learningRate: 1 } },
      optim.muon({ nesterov: false, others: optim.sgd({ learningRate: 1 }) }),
    ],
    [{ use: 'optim/exadam' }, optim.exadam()],
    [{ use: 'optim/nadam' }, optim.nadam()],
    [{ use: 'optim/radam', weightDecay: 0.1 }, optim.radam({ weightDecay: 0.1 })],
    [{ use: 'optim/adamax' }, optim.adamax()],
    [{ use: 'optim/adagrad' }, optim.adagrad()],
    [{ use: 'optim/adadelta' }, optim.adadelta()],
    [{ use: 'optim/lamb', adaptationOn: 'matrices' }, optim.lamb({ adaptationMask: (_, p) => p.ndim > 1 })],
    [{ use: 'optim/adafactor' }, optim.adafactor()],
    [
      { use: 'optim/adafactor', learningRate: 0.1, beta1: 0.5 },
      optim.adafactor({ learningRate: 0.1, beta1: 0.5 }),
    ],
    [
      { use: 'optim/sophia', every: 2, batchSize: 64 },
      optim.sophia({ empirical: { every: 2, batchSize: 64 } }),
    ],
    [{ use: 'optim/schedule-free-sgd' }, optim.scheduleFreeSgd()],
    [
      { use: 'optim/schedule-free-adamw', warmupSteps: 2, weightDecay: 0.1 },
      optim.scheduleFreeAdamw({ warmupSteps: 2, weightDecay: 0.1 }),
    ],
    [
      { use: 'optim/program', program: optim.programText(optim.lionProgram()), learningRate: 1e-4 },
      optim.lion(),
    ],
    [{ use: 'optim/program', program: optim.lionProgram() }, optim.lion({ learningRate: 1e-3 })],
    [{ use: 'optim/skip-non-finite', inner: { use: 'optim/adam' } }, optim.skipNonFinite(optim.adam())],
    [
      { use: 'optim/lookahead', inner: { use: 'optim/adam' }, period: 2, stepSize: 0.25 },
      optim.lookahead(optim.adam(), { period: 2, stepSize: 0.25 }),
    ],
    [{ use: 'optim/accumulate', inner: { use: 'optim/adam' }, every: 3 }, optim.accumulate(optim.adam(), 3)],
    [
      { use: 'optim/clip-by-global-norm', inner: { use: 'optim/sgd' }, maxNorm: 0.5 },
      optim.chain(optim.clipByGlobalNorm(0.5), optim.sgd({ learningRate: 0.01 })),
    ],
    [
      { use: 'optim/clip-by-value', inner: { use: 'optim/sgd' }, maxValue: 0.5 },
      optim.chain(optim.clipByValue(0.5), optim.sgd({ learningRate: 0.01 })),
    ],
    [
      { use: 'optim/adamw', weightDecay: 0.5, weightDecayOn: 'matrices' },
      optim.adamw({ weightDecay: 0.5, weightDecayMask: (_, p) => p.ndim > 1 }),
    ],
    [
      {
        use: 'optim/parameter-groups',
        groups: [
          { match: '*.bias', optimizer: { use: 'optim/sgd', learningRate: 1 } },
          { match: 'layers.1.*', optimizer: { use: 'optim/lion' } },
        ],
        rest: { use: 'optim/adam' },
      },
      optim.partition(
        { bias: optim.sgd({ learningRate: 1 }), last: optim.lion(), rest: optim.adam() },
        (path) => (path.endsWith('.bias') ? 'bias' : path.startsWith('layers.1.') ? 'last' : 'rest'),
      ),
    ],
    [
      {
        use: 'optim/adam',
        learningRate: {
          use: 'optim/warmup',
          steps: 2,
          schedule: { use: 'optim/cosine', from: 0.1, steps: 9 },
        },
        beta1: { use: 'optim/linear', from: 0.5, to: 0.9, steps: 4 },
      },
      optim.adam({
        learningRate: optim.warmup(optim.cosine({ from: 0.1, steps: 9 }), { steps: 2 }),
        beta1: optim.linear({ from: 0.5, to: 0.9, steps: 4 }),
      }),
    ],
  ];
  it.each(cases)('%o', async (spec, plain) => {
    expect(distance(after(await optimizer(spec)), after(plain))).toBe(0);
  });

  it('schedules', async () => {
    const pairs: readonly (readonly [Spec, optim.Schedule])[] = [
      [{ use: 'optim/constant', value: 2 }, optim.constant(2)],
      [{ use: 'optim/exponential', from: 1, rate: 0.5 }, optim.exponential({ from: 1, rate: 0.5 })],
      [
        { use: 'optim/exponential', from: 1, rate: 0.5, bound: 0.25 },
        optim.exponential({ from: 1, rate: 0.5, bound: 0.25 }),
      ],
      [
        { use: 'optim/join', schedules: [1, { use: 'optim/linear', from: 1, steps: 4 }], boundaries: [2] },
        optim.join({ schedules: [1, optim.linear({ from: 1, to: 0, steps: 4 })], boundaries: [2] }),
      ],
      [{ use: 'optim/relative-step', warmupInit: true }, optim.relativeStep({ warmupInit: true })],
      [{ use: 'optim/one-cycle', peak: 1, steps: 9 }, optim.oneCycle({ peak: 1, steps: 9 })],
      [
        { use: 'optim/warmup-cosine', peak: 1, steps: 9, warmupSteps: 3 },
        optim.warmupCosine({ peak: 1, steps: 9, warmupSteps: 3 }),
      ],
    ];
    for (const [spec, plain] of pairs) {
      const made = await registry.fromSpec(spec, { kind: 'schedule' });
      for (const t of [0, 1, 3, 5, 20]) expect(made(t)).toBe(plain(t));
    }
  });
});

describe('recipes', () => {
  it('are told what is wrong, with its place', async () => {
    const problem = async (spec: Spec): Promise<string> => {
      try {
        await optimizer(spec);
      } catch (error) {
        return (error as Error).message;
      }
      return 'nothing';
    };
    expect(await problem({ use: 'optim/lion', learningRat: 1 })).toMatch(/learningRate/);
    expect(await problem({ use: 'optim/lion', beta2: 1 })).toMatch(/beta2/);
    expect(
      await problem({ use: 'optim/lookahead', inner: { use: 'optim/cosine', from: 1, steps: 2 } }),
    ).toMatch(/inner.*schedule/s);
  });

  it('leave their provenance', async () => {
    expect(provenanceOf(await optimizer({ use: 'optim/lion' }))).toMatchObject({
      use: 'optim/lion',
      config: { learningRate: 1e-4, beta2: 0.99, weightDecayOn: 'all' },
    });
  });

  it('patterns stand for themselves but for *', async () => {
    const groups = await optimizer({
      use: 'optim/parameter-groups',
      groups: [{ match: 'a.b', optimizer: { use: 'optim/sgd', learningRate: 0 } }],
      rest: { use: 'optim/sgd', learningRate: 1 },
    });
    const tree = { a: { b: f64([1]) }, axb: f64([1]) };
    const { params: moved } = follow(groups, tree, [tree]);
    expect([moved.a.b.item(), moved.axb.item()]).toEqual([1, 0]);
  });
});

describe('applyUpdates', () => {
  it('adds, and names what does not fit', () => {
    expect(optim.applyUpdates({ w: ones([2]) }, { w: ones([2]) }).w.toArray()).toEqual([2, 2]);
    expect(thrown(() => optim.applyUpdates({ w: ones([2]) }, { w: ones([3]) }))).toMatch(
      /^SHAPE: applyUpdates: updates at w/,
    );
  });
});

describe('solvers', () => {
  const sum = optim.affineSum(smallSum(1));
  const sides = separable(1, 40, 3);
  const cases: readonly (readonly [Spec, unknown, unknown])[] = [
    [{ use: 'optim/halpern-cocoercive', batch: 3 }, optim.halpernCocoercive({ batch: 3 }), sum],
    [{ use: 'optim/halpern-lipschitz', innerEffort: 0.1 }, optim.halpernLipschitz({ innerEffort: 0.1 }), sum],
    [{ use: 'optim/halpern-deterministic' }, optim.halpernDeterministic(), sum],
    [{ use: 'optim/vr-forb', averaging: 0.5 }, optim.vrForb({ averaging: 0.5 }), sum],
    [{ use: 'optim/extragradient' }, optim.extragradient(), sum],
    [{ use: 'optim/extra-anchored-gradient' }, optim.extraAnchoredGradient(), sum],
    [{ use: 'optim/svrg', period: 3 }, optim.svrg({ period: 3 }), sum],
    [
      { use: 'optim/saga', learningRate: { use: 'optim/linear', from: 0.01, steps: 9 } },
      optim.saga({ learningRate: optim.linear({ from: 0.01, to: 0, steps: 9 }) }),
      sum,
    ],
    [
      { use: 'optim/lbfgs', memory: 3 },
      optim.lbfgs({ memory: 3 }),
      optim.lossSum({ size: 1, start: f64([1, 2]), loss: (u) => u.square().square().sum() }),
    ],
    [
      { use: 'optim/logistic-gd', normalized: true },
      optim.logisticGD({ learningRate: 100, normalized: true }),
      sides,
    ],
    [{ use: 'optim/batch-perceptron' }, optim.batchPerceptron(), sides],
    [{ use: 'optim/perceptron', order: 'random' }, optim.perceptron({ order: 'random' }), sides],
  ];
  it.each(cases)('%o', async (spec, plain, problem) => {
    const five = (solver: Solver): Tree => {
      let state = solver.init(problem, random.key(1));
      for (let k = 0; k < 5; k++) state = solver.step(problem, state).state;
      return state;
    };
    const made = await registry.fromSpec(spec, { kind: 'solver' });
    expect(distance(five(made), five(plain as Solver))).toBe(0);
  });
});
