import { describe, expect, it } from 'vitest';
import { ones, tensor, zeros, type Tree } from '@core/tensor';
import * as optim from '../src/index.js';
import { f64, follow, thrown } from './support.js';

const { adam, adamw, applyUpdates, chain, masked, partition, scale, sgd, sgdp, trace } = optim;

type Maker = (options: Readonly<Record<string, unknown>>) => unknown;
const makers = optim as unknown as Readonly<Record<string, Maker>>;

const rate = 'a finite number of at least 0, a schedule or a scalar tensor';
const decay = 'a number in [0, 1), a schedule or a scalar tensor';
const share = 'a number in [0, 1], a schedule or a scalar tensor';
const shareOrMomentum = `${share}, or 'momentum'`;
const bool = 'true or false';
const above0 = 'a finite number greater than 0, a schedule or a scalar tensor';
const whole = 'a whole number of at least 1';
const kappa = 'a Kappa ({ value, gradient, conjugate }), such as kappas.huber(0.5)';
const perLeaf = 'a value, a tree of values, or a function of a path and a parameter';

const root = 'a finite number of at least 0';
const moments = { learningRate: rate, beta1: decay, beta2: decay, epsilon: rate };
const decays = { weightDecay: rate, weightDecayMask: perLeaf };
const adamOptions = { ...moments, ...decays };
const rootedOptions = { ...moments, epsilonRoot: root, ...decays };
const frequency = 'a whole number of at least 1, a schedule or a scalar tensor';
const axes = {
  maxPreconditionDimension: whole,
  mergeDimensions: bool,
  precondition1d: bool,
  dataFormat: "'channelsFirst' or 'channelsLast'",
};
const natural = 'a whole number of at least 0';
const inside = 'a number greater than 0 and below 1, a schedule or a scalar tensor';
const basis = { learningRate: rate, weightDecay: rate, weightDecayMask: perLeaf };
const betas = { beta1: decay, beta2: decay };
const averaging = { warmupSteps: natural, averagePower: rate, ratePower: rate };
const projection = { delta: rate, weightDecayRatio: rate };

/** Every option of every optimizer, and what it may be. */
const options: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  sgd: {
    learningRate: rate,
    momentum: decay,
    dampening: share,
    nesterov: bool,
    weightDecay: rate,
    weightDecayMask: perLeaf,
  },
  adam: { ...rootedOptions, amsgrad: bool },
  amsgrad: rootedOptions,
  adamw: { ...rootedOptions, amsgrad: bool },
  rmsprop: {
    learningRate: rate,
    alpha: decay,
    epsilon: rate,
    centered: bool,
    momentum: decay,
    weightDecay: rate,
    weightDecayMask: perLeaf,
  },
  adamp: { ...adamOptions, ...projection, nesterov: bool },
  sgdp: {
    learningRate: rate,
    momentum: decay,
    dampening: share,
    weightDecay: rate,
    weightDecayMask: perLeaf,
    nesterov: bool,
    epsilon: rate,
    ...projection,
    projectMomentum: bool,
  },
  lion: {
    learningRate: rate,
    beta1: decay,
    beta2: decay,
    weightDecay: rate,
    weightDecayMask: perLeaf,
    momentumDType: "'float32' or 'float64'",
  },
  lionK: {
    learningRate: rate,
    beta1: decay,
    beta2: decay,
    weightDecay: rate,
    weightDecayMask: perLeaf,
    momentumDType: "'float32' or 'float64'",
    kappa,
    scope: "'leaf' or 'tree'",
  },
  mfac: {
    learningRate: rate,
    windowSize: whole,
    damping: above0,
    momentum: decay,
    weightDecay: rate,
    weightDecayMask: perLeaf,
    sparse: bool,
  },
  scaleByMfac: { windowSize: whole, damping: above0, momentum: decay, sparse: bool },
  adabelief: {
    ...adamOptions,
    amsgrad: bool,
    weightDecouple: bool,
    fixedDecay: bool,
    rectify: bool,
    degeneratedToSgd: bool,
  },
  soap: {
    learningRate: rate,
    beta1: decay,
    beta2: decay,
    shampooBeta: decay,
    epsilon: rate,
    preconditionFrequency: frequency,
    normalizeGrads: bool,
    correctBias: bool,
    factorised: bool,
    ...axes,
    weightDecay: rate,
    weightDecayMask: perLeaf,
  },
  shampoo: {
    learningRate: rate,
    beta2: decay,
    epsilon: above0,
    exponent: '-1/4 or -1/2',
    accumulate: "'mean' or 'sum'",
    preconditionFrequency: frequency,
    ...axes,
    momentum: decay,
    weightDecay: rate,
    weightDecayMask: perLeaf,
  },
  muon: {
    learningRate: rate,
    momentum: decay,
    nesterov: bool,
    newtonSchulzSteps: whole,
    scaleByShape: bool,
    weightDecay: rate,
    weightDecayMask: perLeaf,
    matrices: 'a function',
    others: 'an optimizer or transform ({ init, update })',
  },

  exadam: { ...basis, ...betas, epsilon: above0, dynamicStep: bool },
  nadam: { ...basis, ...betas, epsilon: rate, momentumDecay: rate, weightDecouple: bool },
  radam: { ...basis, ...betas, epsilon: rate, degeneratedToSgd: bool, weightDecouple: bool },
  adamax: { ...basis, ...betas, epsilon: rate },
  adagrad: { ...basis, epsilon: rate, initialAccumulator: 'a finite number of at least 0', rateDecay: rate },
  adadelta: { ...basis, rho: decay, epsilon: rate },
  lamb: { ...basis, ...betas, epsilon: rate, adaptationMask: perLeaf, biasCorrection: bool },
  adafactor: {
    ...basis,
    decayRate: rate,
    epsilon: above0,
    minimumFactoredSize: 'a whole number of at least 1',
    warmupInit: bool,
    scaleParameter: bool,
    minimumScale: rate,
    clipThreshold: above0,
    beta1: decay,
  },
  sophia: {
    ...basis,
    ...betas,
    gamma: rate,
    epsilon: above0,
    biasCorrection: bool,
    empirical: '{ every, batchSize }, a whole number of at least 1 and a number greater than 0',
  },
  scheduleFreeSgd: { ...basis, momentum: inside, ...averaging },
  scheduleFreeAdamw: { ...basis, beta1: inside, beta2: decay, epsilon: rate, ...averaging },
  scheduleFree: { learningRate: rate, momentum: inside, ...averaging },
  scaleByAdam: {
    beta1: decay,
    beta2: decay,
    epsilon: rate,
    epsilonRoot: root,
    amsgrad: bool,
    biasCorrection: bool,
  },
  trace: { momentum: decay, dampening: shareOrMomentum, nesterov: bool },
};

/** Values that are wrong for each kind of option, and how messages show them. */
const wrong: Readonly<Record<string, readonly (readonly [unknown, string])[]>> = {
  [rate]: [
    [NaN, 'NaN'],
    [-1, '-1'],
    [Infinity, 'Infinity'],
    ['0.1', '"0.1"'],
    [null, 'null'],
    [tensor([1]), 'a float32[1] tensor'],
    [tensor(1, { dtype: 'int32' }), 'an int32[] tensor'],
  ],
  [decay]: [
    [NaN, 'NaN'],
    [-0.1, '-0.1'],
    [1, '1'],
  ],
  [share]: [
    [NaN, 'NaN'],
    [1.1, '1.1'],
  ],
  [shareOrMomentum]: [
    [NaN, 'NaN'],
    ['mean', '"mean"'],
  ],
  [bool]: [
    ['yes', '"yes"'],
    [1, '1'],
  ],
  [perLeaf]: [[7, '7']],
  [above0]: [
    [NaN, 'NaN'],
    [0, '0'],
    [Infinity, 'Infinity'],
  ],
  [whole]: [
    [NaN, 'NaN'],
    [0, '0'],
    [1.5, '1.5'],
  ],
  [kappa]: [[{ value: 1 }, 'an object']],
  "'leaf' or 'tree'": [['all', '"all"']],
  [frequency]: [
    [0, '0'],
    [NaN, 'NaN'],
    [2.5, '2.5'],
  ],
  '-1/4 or -1/2': [
    [-1, '-1'],
    [NaN, 'NaN'],
  ],
  "'mean' or 'sum'": [['average', '"average"']],
  "'channelsFirst' or 'channelsLast'": [['NCHW', '"NCHW"']],
  'a function': [[true, 'true']],
  'an optimizer or transform ({ init, update })': [[7, '7']],
  [inside]: [
    [0, '0'],
    [1, '1'],
    [NaN, 'NaN'],
  ],
  'a finite number of at least 0': [
    [-1, '-1'],
    [NaN, 'NaN'],
    [tensor(1), 'a float32[] tensor'],
  ],
  '{ every, batchSize }, a whole number of at least 1 and a number greater than 0': [
    [7, '7'],
    [{ every: 0, batchSize: 1 }, 'an object'],
    [{ every: 1, batchSize: NaN }, 'an object'],
    [{ every: 1 }, 'an object'],
  ],
  [natural]: [
    [-1, '-1'],
    [0.5, '0.5'],
  ],
  "'float32' or 'float64'": [['int32', '"int32"']],
};

describe.each(Object.entries(options))('%s', (name, rules) => {
  it.each(Object.entries(rules))('checks %s', (option, words) => {
    const needed = Object.hasOwn(rules, 'learningRate') ? { learningRate: 0.1 } : {};
    const values = wrong[words] ?? [];
    expect(values.length, `wrong values for ${words}`).toBeGreaterThan(0);
    for (const [value, shown] of values) {
      expect(thrown(() => makers[name]?.({ ...needed, [option]: value }))).toBe(
        `ARGUMENT: ${name}: ${option} must be ${words}, got ${shown}`,
      );
    }
  });
  it('names the options there are', () => {
    expect(thrown(() => makers[name]?.({ lr: 0.1 }))).toBe(
      `ARGUMENT: ${name}: there is no option lr; there are ${Object.keys(rules).join(', ')}`,
    );
  });
});

describe('arguments', () => {
  const cases: readonly (readonly [string, () => unknown, string])[] = [
    ['no rate', () => sgd({} as never), 'ARGUMENT: sgd: learningRate is missing; it has no default'],
    ['no rate', () => sgdp({} as never), 'ARGUMENT: sgdp: learningRate is missing; it has no default'],
    [
      'nesterov without momentum',
      () => sgd({ learningRate: 1, nesterov: true }),
      'ARGUMENT: sgd: nesterov needs a momentum greater than 0, and a dampening of 0',
    ],
    [
      'nesterov with dampening',
      () => trace({ nesterov: true, dampening: 0.1 }),
      'ARGUMENT: trace: nesterov momentum has no dampening; leave dampening at 0',
    ],
    [
      'a number for options',
      () => adam(0.1 as never),
      'ARGUMENT: adam: options must be an object such as { learningRate: … }, got 0.1',
    ],
    [
      'a norm of 0',
      () => optim.clipByGlobalNorm(0),
      'ARGUMENT: clipByGlobalNorm: maxNorm must be a finite number greater than 0, a schedule or a scalar tensor, got 0',
    ],
    [
      'a negative bound',
      () => optim.clipByValue(-1),
      'ARGUMENT: clipByValue: maxValue must be a finite number greater than 0, a schedule or a scalar tensor, got -1',
    ],
    [
      'no schedule',
      () => optim.scaleBySchedule(1 as never),
      'ARGUMENT: scaleBySchedule: schedule must be a function, got 1',
    ],
    [
      'half a gradient',
      () => optim.accumulate(adam(), 0.5),
      'ARGUMENT: accumulate: every must be a whole number of at least 1, got 0.5',
    ],
    [
      'a lookahead of 0 steps',
      () => optim.lookahead(adam(), { period: 0 }),
      'ARGUMENT: lookahead: period must be a whole number of at least 1, got 0',
    ],
    [
      'an optimizer that was not made',
      () => optim.lookahead(adam as never),
      'ARGUMENT: lookahead: inner must be an optimizer or transform ({ init, update }), got a function',
    ],
    [
      'a chain of numbers',
      () => chain(adam(), 3 as never),
      'ARGUMENT: chain: stage 1 must be an optimizer or transform ({ init, update }), got 3',
    ],
    [
      'a group that is none',
      () => partition({ a: 3 as never }, 'a'),
      'ARGUMENT: partition: group a must be an optimizer or transform ({ init, update }), got 3',
    ],
  ];
  it.each(cases)('%s', (_, call, message) => expect(thrown(call)).toBe(message));
});

describe('trees', () => {
  const params = { conv: { weight: ones([2, 3]), bias: ones([2]) } };
  const optimizer = adamw();
  const state = optimizer.init(params);
  const update = (grads: unknown, p: unknown = params, s: unknown = state): unknown =>
    optimizer.update(grads as Tree, s as typeof state, p as Tree);

  const cases: readonly (readonly [string, () => unknown, string])[] = [
    [
      'a gradient is missing',
      () => update({ conv: { weight: ones([2, 3]) } }),
      "TREE: adamw: params and grads must have one structure: trees differ at conv: key 'bias' is only in the first",
    ],
    [
      'a gradient has another shape',
      () => update({ conv: { weight: ones([3, 2]), bias: ones([2]) } }),
      'SHAPE: adamw: grads at conv.weight is a float32[3,2] tensor, the parameter a float32[2,3] tensor; they must have one shape',
    ],
    [
      'a gradient has another dtype',
      () => update({ conv: { weight: ones([2, 3]), bias: f64([1, 1]) } }),
      'DTYPE: adamw: grads at conv.bias is a float64[2] tensor, wanted float32 for a float32[2] tensor',
    ],
    [
      'the parameters are forgotten',
      () => optimizer.update(params, state, undefined as never),
      'ARGUMENT: adamw: update needs the parameters as its third argument: update(grads, state, params)',
    ],
    [
      'the state is another model’s',
      () => {
        const other = { conv: { weight: ones([4, 3]), bias: ones([4]) } };
        return optimizer.update(other, state, other);
      },
      'SHAPE: scaleByAdam: m at conv.bias is a float32[2] tensor, the parameter a float32[4] tensor; they must have one shape',
    ],
    [
      'the state is another optimizer’s',
      () => update(params, params, sgd({ learningRate: 1 }).init(params)),
      'TREE: adamw: the state is not one of these 3 stages; make it with init',
    ],
    [
      'the state lacks a number',
      () => update(params, params, adamw({ beta1: () => 0.9 }).init(params)),
      'TREE: scaleByAdam: the state has no hyperparameters.beta1; it was made by another optimizer',
    ],
    [
      'integers among the parameters',
      () => optimizer.init({ steps: tensor(1, { dtype: 'int32' }) }),
      'DTYPE: adamw: the parameter at steps is an int32[] tensor; optimizers move float32 and float64, keep other state out of the tree',
    ],
    [
      'numbers among the parameters',
      () => optimizer.init({ a: [ones([1]), 3] } as never),
      'TREE: adamw: parameters are tensors in arrays and plain objects; at a.1 there is 3',
    ],
    [
      'updates of other parameters',
      () => applyUpdates(params, { conv: { weight: ones([2, 3]) } }),
      "TREE: applyUpdates: params and updates must have one structure: trees differ at conv: key 'bias' is only in the first",
    ],
    [
      'updates of another dtype',
      () => applyUpdates(tensor([1]), f64([1])),
      'DTYPE: applyUpdates: updates at the root is a float64[1] tensor, wanted float32 for a float32[1] tensor',
    ],
    [
      'no parameters for a mask',
      () => masked(adam(), true).init(undefined as never),
      'TREE: masked: parameters are tensors in arrays and plain objects; at the root there is undefined',
    ],
    [
      'no parameters for groups',
      () => partition({ a: adam() }, 'a').init(null as never),
      'TREE: partition: parameters are tensors in arrays and plain objects; at the root there is null',
    ],
    [
      'the norm of a number',
      () => optim.globalNorm(3 as never),
      'TREE: globalNorm: parameters are tensors in arrays and plain objects; at the root there is 3',
    ],
    [
      'a step of another shape',
      () => optim.projectRadial(ones([2, 3]), ones([2, 3]), ones([3])),
      'SHAPE: projectRadial: step is a float32[3] tensor, param a float32[2,3] tensor; they must have one shape',
    ],
    [
      'a negative threshold',
      () => optim.projectRadial(ones([2]), ones([2]), ones([2]), { delta: -1 }),
      'ARGUMENT: projectRadial: delta must be a finite number of at least 0 or a scalar tensor, got -1',
    ],
    [
      'a label without a group',
      () => partition({ a: adam(), b: adam() }, () => 'c' as 'a').init(params),
      'ARGUMENT: partition: conv.bias has the label "c", and there is no such group; there are a, b',
    ],
    [
      'a label that is no string',
      () => partition({ a: adam() }, () => 1 as never).init(params),
      'ARGUMENT: partition: the label of conv.bias must be a string, got 1',
    ],
    [
      'a mask without a branch',
      () => masked(scale(1), { conv: { weight: true } }).init(params),
      'TREE: masked: the mask has nothing for conv.bias; it has weight',
    ],
    [
      'a mask of numbers',
      () => masked(scale(1), { conv: 1 as never }).init(params),
      'ARGUMENT: masked: the mask of conv.bias must be a boolean, got 1',
    ],
  ];
  it.each(cases)('%s', (_, call, message) => expect(thrown(call)).toBe(message));

  it('a disposed gradient', () => {
    const grads = { conv: { weight: ones([2, 3]), bias: ones([2]) } };
    grads.conv.bias.dispose();
    expect(thrown(() => update(grads))).toMatch(/^DISPOSED: /);
  });

  it('NaN gradients make NaN updates, not silent zeros', () => {
    const grads = { conv: { weight: zeros([2, 3]), bias: tensor([NaN, 1]) } };
    const { params: after } = follow(optimizer, params, [grads]);
    expect(after.conv.bias.toArray()).toEqual([NaN, expect.closeTo(1 - 1e-3 - 1e-5, 6)]);
  });
});
