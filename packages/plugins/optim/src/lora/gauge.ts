import { checkOptions, positive } from '@core/registry/checks';
import { ArgumentError, where, type Tensor } from '@core/tensor';
import { adaptedWeights, checkLoraAttention, type LoraAttention } from './problem.js';

export interface NormGauge {
  /** Largest absolute entries. The last two only where keys are adapted. */
  readonly norms: {
    /** ‖XQ W̃Q‖, the paper's ‖C1 W̄‖. */
    readonly queries: Tensor;
    /** ‖XK W̃K‖, the paper's ‖C2‖ where W̃K = WK. */
    readonly keys: Tensor;
    /** ‖XK‖ */
    readonly keyInputs?: Tensor;
    /** ‖XK WK‖, without the adapter. */
    readonly trainedKeys?: Tensor;
  };
  /** The largest of them over √(ln L), L the length: small where `loraGradApprox` can be good at low cost. */
  readonly gauge: Tensor;
}

/**
 * The norms that decide whether gradients of adapters can be approximated in almost linear time.
 *
 * With entries of o(√log L) they can, to an error of 1 / poly(L) in time L^(1 + o(1)); above, by any factor that grows
 * without bound, no method is sub-quadratic under the strong exponential time hypothesis. These are statements on growing
 * L; for one L the gauge is a number to compare, and `polynomialError` says what a degree gives.
 *
 * Source: Hu et al. 2024 (arXiv:2406.03136), theorems on almost linear approximation and on the threshold.
 *
 * @throws as `loraAttentionLoss`; ArgumentError for sequences of one element, whose ln L is 0
 */
export function normGauge(problem: LoraAttention): NormGauge {
  const owner = 'normGauge';
  checkLoraAttention(owner, problem);
  const { inputs, weights, adapters } = problem;
  const adapted = adaptedWeights(problem);
  const norms = {
    queries: largest(inputs.query.matmul(adapted.query)),
    keys: largest(inputs.key.matmul(adapted.key)),
    ...(adapters.key === undefined
      ? {}
      : { keyInputs: largest(inputs.key), trainedKeys: largest(inputs.key.matmul(weights.key)) }),
  };
  const top = Object.values(norms).reduce((most, norm) => most.maximum(norm));
  return { norms, gauge: top.div(unit(owner, problem)) };
}

export interface NormalizeForLoraOptions {
  /** What the norms shall be. Give this or `gauge`. */
  readonly gamma?: number;
  /** What the norms over √(ln L) shall be. */
  readonly gauge?: number;
}

/**
 * The problem with weights and B rescaled, so that both factors of the scores have the given norm: W̃Q and W̃K times a
 * number each. Where keys are adapted, XK gets the norm as well, and the larger of ‖XK W̃K‖ and ‖XK WK‖.
 *
 * @throws as `normGauge`; ArgumentError unless there is one of `gamma` and `gauge`, greater than 0
 */
export function normalizeForLora(problem: LoraAttention, options: NormalizeForLoraOptions): LoraAttention {
  const owner = 'normalizeForLora';
  checkOptions(owner, options, { gamma: positive, gauge: positive });
  const { gamma, gauge } = options;
  if ((gamma === undefined) === (gauge === undefined))
    throw new ArgumentError(`${owner}: give one of gamma (the norms) and gauge (the norms over √(ln L))`);
  checkLoraAttention(owner, problem);
  const target = gamma ?? (gauge ?? 1) * unit(owner, problem);
  const { inputs } = problem;
  const key =
    problem.adapters.key === undefined ? inputs.key : inputs.key.mul(factor(largest(inputs.key), target));
  const scaled = { ...problem, inputs: { ...inputs, key } };
  const { norms } = normGauge(scaled);
  const keys = norms.trainedKeys === undefined ? norms.keys : norms.keys.maximum(norms.trainedKeys);
  return times(times(scaled, 'query', factor(norms.queries, target)), 'key', factor(keys, target));
}

/** √(ln L) */
function unit(owner: string, { inputs }: LoraAttention): number {
  const length = Math.max(inputs.query.shape[0] ?? 0, inputs.key.shape[0] ?? 0);
  if (length > 1) return Math.sqrt(Math.log(length));
  throw new ArgumentError(`${owner}: needs sequences of at least 2 elements, as ln 1 = 0`);
}

function largest(x: Tensor): Tensor {
  return x.abs().max();
}

/** target / norm; 1 where there is nothing to scale. */
function factor(norm: Tensor, target: number): Tensor {
  return where(norm.equal(0), 1, where(norm.equal(0), 1, norm).reciprocal().mul(target));
}

/** The adapted weight of one projection times a number: W and B are. */
function times(problem: LoraAttention, name: 'query' | 'key', by: Tensor): LoraAttention {
  const { weights, adapters } = problem;
  const adapter = adapters[name];
  return {
    ...problem,
    weights: { ...weights, [name]: weights[name].mul(by) },
    adapters:
      adapter === undefined ? adapters : { ...adapters, [name]: { A: adapter.A, B: adapter.B.mul(by) } },
  };
}
