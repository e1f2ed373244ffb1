import type { Optimizer } from '@core/registry';
import { atLeastOne, check, checkOptions, flag, functionRule, nonNegative, oneOf, optimizerRule, positive, scalar, wholeNumber, type Rule } from '@core/registry/checks'; // prettier-ignore
import type { Tensor } from '@core/tensor';

/** How y moves in an unrolled solve: gradient descent with a rate, or any optimizer, whose numbers may come from x. */
export interface InnerSteps<X> {
  /** T, the steps of the lower level. Default 1. */
  readonly steps?: number;
  /** Rate of gradient descent. Greater than 0. Required without `optimizer`. */
  readonly learningRate?: number | Tensor;
  /** In its place: an optimizer of any package, or one made from x, whose hyperparameters then get derivatives. */
  readonly optimizer?: Optimizer | ((x: X) => Optimizer);
  /** Keeps about √T of the iterates and computes the others again on the way back. Default false. */
  readonly checkpoint?: boolean;
}

export type HypergradientOptions<X = unknown, Y = unknown> =
  | {
      /** H written down and solved by LU: [dim y, dim y], for tests and small problems. */
      readonly method: 'exact';
    }
  | {
      /** Conjugate gradients. Wants H positive definite; aux.positive says whether it was, where it looked. */
      readonly method: 'cg';
      /** At least 1. Default 1, Betty's. dim y for the exact gradient. */
      readonly iterations?: number;
      /** Ends at |Hq - v| <= tolerance |v|. Default 1e-12. */
      readonly tolerance?: number;
      /**
       * What to do where p·Hp <= 0 is met before the system is solved: 'throw' a LinalgError with the curvature and the iteration where
       * values can be looked at, or 'stop' with the q so far, which compiled code always does. Default 'throw'.
       */
      readonly indefinite?: 'throw' | 'stop';
    }
  | {
      /** q = α Σ (I - αH)ᵏ v for k <= iterations. 'fixedPoint' is q ← q - α(Hq - v): the same, and can start anywhere. */
      readonly method: 'neumann' | 'fixedPoint';
      /** At least 0. Default 1, Betty's. */
      readonly iterations?: number;
      /** α, below 2/L for convergence. Greater than 0. Default 1, Betty's, which diverges for L > 2. */
      readonly alpha?: number | Tensor;
    }
  | {
      /** q = αv: Neumann with no iteration, T1-T2. */
      readonly method: 'identity';
      /** Greater than 0. Default 1. */
      readonly alpha?: number | Tensor;
    }
  | {
      /** q = learningRate · v, and the product with J by a central difference: no second derivatives at all. */
      readonly method: 'darts';
      /** R; the difference is over ±R along v. Greater than 0. Default 0.01, Betty's. */
      readonly radius?: number | Tensor;
      /** 1 for Betty's, the inner rate for one unrolled step as in DARTS. Greater than 0. Default 1. */
      readonly learningRate?: number | Tensor;
      /** aux.y is y - (R/|v|) v in place of y: Betty's `darts_multitask`. Default false. */
      readonly nudge?: boolean;
    }
  | {
      /** As 'darts' with Pv in place of v, P the inner optimizer's preconditioner. */
      readonly method: 'sama';
      /** R. Greater than 0. Default 1, Betty's. */
      readonly radius?: number | Tensor;
      /** v ↦ Pv, such as `adamPreconditioner` makes. Default the identity, which is SGD's. */
      readonly precondition?: (v: Y) => Y;
      /** aux.y is y - (R/|Pv|) Pv in place of y: SAMA's last line, Betty's `sama_multitask`. Default false. */
      readonly nudge?: boolean;
    }
  | ({
      /** Through T steps of the lower level from the given y. */
      readonly method: 'unroll';
    } & Unrolling<X>)
  | ({
      /** As 'unroll', through the last `window` steps only. */
      readonly method: 'truncated';
      /** K, at most `steps`. Default 1, Betty's. */
      readonly window?: number;
    } & Unrolling<X>)
  | ({
      /**
       * F2SA's, first derivatives only: the difference of ∇ₓg after T steps of g + f/λ and of g, times λ. Off by O(1/λ) where both have
       * converged; from y = y* it is 'neumann' with T - 1 iterations by differences.
       */
      readonly method: 'f2sa';
      /** λ. Greater than 0. Default 100. */
      readonly lambda?: number | Tensor;
    } & Omit<InnerSteps<X>, 'checkpoint'>)
  | ({
      /**
       * BOME's, first derivatives only: ∇ₓ(f + λ(g - g(x, y_T))) with its dynamic λ. It is the x part of a direction for both
       * variables, and a hypergradient only together with the y part, which `lowerRate` takes.
       */
      readonly method: 'bome';
      /** T. Default 10, BOME's. With `optimizer` its steps, else those of gradient descent with `learningRate`, default 0.1. */
      readonly steps?: number;
      /** η. At least 0. Default 0.5, BOME's. */
      readonly eta?: number | Tensor;
      /** ξ: aux.y is y - ξ (∇ᵧf + λ∇ᵧg). At least 0. Default 0: y. */
      readonly lowerRate?: number | Tensor;
    } & Omit<InnerSteps<X>, 'checkpoint' | 'steps'>);

interface Unrolling<X> extends InnerSteps<X> {
  /**
   * 'reverse' keeps the iterates and goes back over them: a few times the cost of the steps, whatever dim x. 'forward' carries dy/dx,
   * [dim x, dim y], along by jvp: dim x times the cost, and no iterates in memory. Default 'reverse'.
   */
  readonly mode?: 'reverse' | 'forward';
}

export type HypergradientMethod = HypergradientOptions['method'];

export const hypergradientMethods: readonly HypergradientMethod[] = [
  'exact',
  'cg',
  'neumann',
  'fixedPoint',
  'identity',
  'darts',
  'sama',
  'unroll',
  'truncated',
  'f2sa',
  'bome',
];

export const innerRules = {
  steps: atLeastOne,
  learningRate: scalar(positive),
  optimizer: {
    words: `${optimizerRule.words}, or a function from x to one`,
    holds: (value) => functionRule.holds(value) || optimizerRule.holds(value),
  },
  checkpoint: flag,
} satisfies Readonly<Record<string, Rule>>;

const alpha = scalar(positive);
const { checkpoint: _reverseOnly, ...stepRules } = innerRules;
const mode = oneOf('reverse', 'forward');
const rules: Readonly<Record<HypergradientMethod, Readonly<Record<string, Rule>>>> = {
  exact: {},
  cg: { iterations: atLeastOne, tolerance: nonNegative, indefinite: oneOf('throw', 'stop') },
  neumann: { iterations: wholeNumber, alpha },
  fixedPoint: { iterations: wholeNumber, alpha },
  identity: { alpha },
  darts: { radius: alpha, learningRate: alpha, nudge: flag },
  sama: { radius: alpha, precondition: functionRule, nudge: flag },
  unroll: { ...innerRules, mode },
  truncated: { ...innerRules, mode, window: atLeastOne },
  f2sa: { ...stepRules, lambda: alpha },
  bome: { ...stepRules, eta: scalar(nonNegative), lowerRate: scalar(nonNegative) },
};

/** @throws ArgumentError for a method that there is not, and options that it does not take */
export function checkHypergradientOptions<X, Y>(owner: string, options: HypergradientOptions<X, Y>): void {
  const known = oneOf(...hypergradientMethods);
  const given: unknown = options;
  const method = typeof given === 'object' && given !== null && 'method' in given ? given.method : undefined;
  check(owner, 'method', method, known);
  checkOptions(`${owner} by ${options.method}`, options, { method: known, ...rules[options.method] });
  const named = `${owner} by ${options.method}`;
  if (options.method === 'unroll' || options.method === 'truncated') {
    const { checkpoint = false, mode: way = 'reverse' } = options;
    const words = "false with mode 'forward', which keeps no iterates";
    check(named, 'checkpoint', checkpoint, { words, holds: () => !checkpoint || way === 'reverse' });
  }
  if (options.method === 'unroll' || options.method === 'truncated' || options.method === 'f2sa')
    checkInner(named, options);
  if (options.method === 'bome') {
    const both = options.learningRate !== undefined && options.optimizer !== undefined;
    check(named, 'learningRate', options.learningRate, {
      words: 'left out with an optimizer',
      holds: () => !both,
    });
  }
}

/** @throws ArgumentError unless there is one way to step */
export function checkInner<X>(owner: string, options: InnerSteps<X> & { readonly window?: number }): void {
  if ((options.learningRate === undefined) === (options.optimizer === undefined))
    check(owner, 'learningRate or optimizer', options.optimizer === undefined ? undefined : 'both', {
      words: 'one of the two',
      holds: () => false,
    });
  const { steps = 1, window = 1 } = options;
  check(owner, 'window', window, { words: `at most the ${steps} steps`, holds: () => window <= steps });
}
