import { tensor, type Tensor } from '@core/tensor';
import * as optim from '../src/index.js';
import type { Hyperparameter, Optimizer } from '../src/index.js';

/** Values of hyperparameters, of whichever kind. */
type Numbers = Readonly<Record<string, Hyperparameter>>;

export interface Entry {
  /** With every rule that an option could leave out: decay, momentum, all arrays. */
  readonly make: (numbers: Numbers) => Optimizer;
  /** Every number of the rule, with a value for tests. */
  readonly numbers: Readonly<Record<string, number>>;
  /** What it says of a leaf without elements; absent where such leaves are no matter. */
  readonly refusesEmpty?: RegExp;
  /** Whether NaN never reaches the parameters. */
  readonly passesOver?: true;
  /** A number's name in the state, where it is another. */
  readonly inState?: Readonly<Record<string, string>>;
}

const moments = { learningRate: 0.05, beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weightDecay: 0.1 };
const { epsilon: _, ...signs } = moments;
const noMatrix = (owner: string): RegExp => new RegExp(`^SHAPE: ${owner}: .*a leaf without elements`);
const more = { averagePower: 0.5, ratePower: 1.5 };
const as = <O>(numbers: Numbers, rest: object = {}): O => ({ ...numbers, ...rest }) as O; // the entry's own options

/** A tensor is not kept in the state, so that changes there do not reach it. */
const others = optim.sgd({ learningRate: tensor(0.01) });

/** Every optimizer of the package that makes plain updates; its wrappers around one of them, too. */
export const every: Readonly<Record<string, Entry>> = {
  sgd: {
    make: (n) => optim.sgd(as(n)),
    numbers: { learningRate: 0.05, momentum: 0.9, dampening: 0.1, weightDecay: 0.1 },
  },
  adam: { make: (n) => optim.adam(as(n)), numbers: moments },
  amsgrad: { make: (n) => optim.amsgrad(as(n)), numbers: moments },
  adamw: { make: (n) => optim.adamw(as(n, { amsgrad: true })), numbers: moments },
  rmsprop: {
    make: (n) => optim.rmsprop(as(n, { centered: true })),
    numbers: { learningRate: 0.05, alpha: 0.9, epsilon: 1e-3, momentum: 0.5, weightDecay: 0.1 },
  },
  adamp: {
    make: (n) => optim.adamp(as(n)),
    numbers: { ...moments, delta: 0.5, weightDecayRatio: 0.2 },
  },
  sgdp: {
    make: (n) => optim.sgdp(as(n)),
    numbers: { learningRate: 0.05, momentum: 0.9, dampening: 0.1, weightDecay: 0.1, epsilon: 1e-3, delta: 0.5, weightDecayRatio: 0.2 }, // prettier-ignore
  },
  lion: { make: (n) => optim.lion(as(n)), numbers: signs },
  'lion, momentum of one dtype': {
    make: (n) => optim.lion(as(n, { momentumDType: 'float64' })),
    numbers: signs,
  },
  lionK: { make: (n) => optim.lionK(as(n, { kappa: optim.kappas.huber(0.1) })), numbers: signs },
  'lionK, of the tree': {
    make: (n) => optim.lionK(as(n, { kappa: optim.kappas.entropy(0.1), scope: 'tree' })),
    numbers: signs,
  },
  adabelief: {
    make: (n) => optim.adabelief(as(n, { amsgrad: true })),
    numbers: moments,
  },
  'adabelief, plain': {
    make: (n) => optim.adabelief(as(n, { rectify: false, fixedDecay: true })),
    numbers: moments,
  },
  exadam: { make: (n) => optim.exadam(as(n)), numbers: moments },
  nadam: {
    make: (n) => optim.nadam(as(n, { weightDecouple: true })),
    numbers: { ...moments, momentumDecay: 0.01 },
  },
  radam: { make: (n) => optim.radam(as(n)), numbers: moments },
  adamax: { make: (n) => optim.adamax(as(n)), numbers: moments },
  adagrad: {
    make: (n) => optim.adagrad(as(n)),
    numbers: { learningRate: 0.05, epsilon: 1e-3, rateDecay: 0.1, weightDecay: 0.1 },
  },
  adadelta: {
    make: (n) => optim.adadelta(as(n)),
    numbers: { learningRate: 0.5, rho: 0.9, epsilon: 1e-3, weightDecay: 0.1 },
  },
  lamb: { make: (n) => optim.lamb(as(n)), numbers: moments },
  adafactor: {
    make: (n) => optim.adafactor(as(n)),
    numbers: { learningRate: 0.05, decayRate: 0.7, epsilon: 1e-4, minimumScale: 0.01, clipThreshold: 0.9, beta1: 0.9, weightDecay: 0.1 }, // prettier-ignore
  },
  sophia: {
    make: (n) => optim.sophia(as(n, { empirical: { every: 2, batchSize: 10 } })),
    numbers: { ...moments, gamma: 0.1 },
  },
  scheduleFreeSgd: {
    make: (n) => optim.scheduleFreeSgd(as(n, { warmupSteps: 2 })),
    numbers: { learningRate: 0.05, momentum: 0.9, weightDecay: 0.1, ...more },
  },
  scheduleFreeAdamw: {
    make: (n) => optim.scheduleFreeAdamw(as(n)),
    numbers: { ...moments, ...more },
    inState: { beta1: 'momentum', beta2: 'alpha' },
  },
  mfac: {
    make: (n) => optim.mfac(as(n, { windowSize: 3, sparse: true })),
    numbers: { learningRate: 0.05, damping: 0.1, momentum: 0.5, weightDecay: 0.1 },
  },
  soap: {
    make: (n) => optim.soap(as(n)),
    numbers: { ...moments, shampooBeta: 0.7, preconditionFrequency: 2 },
    refusesEmpty: noMatrix('scaleBySoap'),
  },
  'soap, factorised': {
    make: (n) => optim.soap(as(n, { factorised: true, precondition1d: true })),
    numbers: { ...moments, shampooBeta: 0.7, preconditionFrequency: 2 },
    refusesEmpty: noMatrix('scaleBySoap'),
  },
  shampoo: {
    make: (n) => optim.shampoo(as(n)),
    numbers: { learningRate: 0.05, beta2: 0.9, epsilon: 1e-2, preconditionFrequency: 2, momentum: 0.5, weightDecay: 0.1 }, // prettier-ignore
    refusesEmpty: noMatrix('scaleByShampoo'),
  },
  muon: {
    make: (n) => optim.muon(as(n, { others })),
    numbers: { learningRate: 0.05, momentum: 0.9, weightDecay: 0.1 },
  },
  lookahead: {
    make: ({ stepSize = 0.5, ...n }) => optim.lookahead(optim.adamw(as(n)), { period: 2, stepSize }),
    numbers: { ...moments, stepSize: 0.7 },
  },
  accumulate: { make: (n) => optim.accumulate(optim.adamw(as(n)), 2), numbers: moments },
  skipNonFinite: {
    make: (n) => optim.skipNonFinite(optim.adamw(as(n))),
    numbers: moments,
    passesOver: true,
  },
  'wrappers in wrappers': {
    make: (n) => optim.lookahead(optim.accumulate(optim.skipNonFinite(optim.adamw(as(n))), 1), { period: 2 }),
    numbers: moments,
    passesOver: true,
  },
  'behind clips': {
    make: ({ maxNorm = 1, maxValue = 1, ...n }) =>
      optim.chain(optim.clipByGlobalNorm(maxNorm), optim.clipByValue(maxValue), optim.adamw(as(n))),
    numbers: { ...moments, maxNorm: 0.9, maxValue: 0.5 },
  },
  'in groups': {
    make: (n) =>
      optim.partition(
        { some: optim.masked(optim.adamw(as(n)), (_path, p: Tensor) => p.ndim > 0), rest: others },
        (path) => (path.startsWith('layers') ? 'some' : 'rest'),
      ),
    numbers: moments,
  },
};
