import { checkOptions, functionRule, type Rule } from '@core/registry/checks';
import type { Tensor } from '@core/tensor';
import { hyper, perLeaf } from '../checks.js';
import { namedChain, requireTransform } from '../compose/chain.js';
import { partition, type PartitionState } from '../compose/partition.js';
import { ranges } from '../hyperparameters.js';
import { addDecayedWeights, type AddDecayedWeightsState } from '../transforms/addDecayedWeights.js';
import { scaleByLearningRate, type ScaleByLearningRateState } from '../transforms/scale.js';
import {
  muonRules,
  scaleByMuon,
  type ScaleByMuonOptions,
  type ScaleByMuonState,
} from '../transforms/scaleByMuon.js';
import type { Hyperparameter, Mask, Optimizer } from '../types.js';
import { adamw } from './adamw.js';

/** `scaleByMuon`'s options (momentum, nesterov, newtonSchulzSteps, scaleByShape), and: */
export interface MuonOptions extends ScaleByMuonOptions {
  /** α, in units of the update's spectral norm. At least 0. Default 0.02. */
  readonly learningRate?: Hyperparameter;
  /** λ, decoupled. At least 0. Default 0. */
  readonly weightDecay?: Hyperparameter;
  /** Those of its leaves that decay. Default all. */
  readonly weightDecayMask?: Mask;
  /**
   * Leaves that Muon moves. Embeddings and the last layer should not be among them. Default those with two axes or
   * more, and elements. */
  readonly matrices?: (path: string, param: Tensor) => boolean;
  /** Moves all others. Default AdamW with rate 3e-4, β₁ 0.9, β₂ 0.95, ε 1e-10, without decay. */
  readonly others?: Optimizer;
}

export type MuonState = PartitionState<{
  readonly matrices: Optimizer<{
    readonly momentum: ScaleByMuonState;
    readonly decay?: AddDecayedWeightsState;
    readonly rate: ScaleByLearningRateState;
  }>;
  readonly others: Optimizer;
}>;

const transformRule: Rule = {
  words: 'an optimizer or transform ({ init, update })',
  holds: (value) => typeof value === 'object' && value !== null,
};

/**
 * Muon: momentum whose singular values are made equal, for the matrices inside a network; another optimizer, usually
 * AdamW, for all that is no such matrix.
 *
 *     b ← μ b + (1 - μ) g,   u = √max(1, rows / columns) · orthogonalize((1 - μ) g + μ b)
 *     w ← w (1 - α λ) - α u
 *
 * `withHyperparameters` changes a name in both groups; for one, change `state.matrices` or `state.others` alone.
 *
 * State: one array per parameter of the matrices, two of the others.
 * Source: Jordan et al. 2024, https://kellerjordan.github.io/posts/muon; defaults of KellerJordan/Muon, muon.py
 * (SingleDeviceMuonWithAuxAdam).
 *
 * @throws ArgumentError; ShapeError where `matrices` chooses a leaf that is none
 */
export function muon(options: MuonOptions = {}): Optimizer<MuonState> {
  const owner = 'muon';
  checkOptions(owner, options, {
    learningRate: hyper(ranges.learningRate),
    ...muonRules,
    weightDecay: hyper(ranges.weightDecay),
    weightDecayMask: perLeaf,
    matrices: functionRule,
    others: transformRule,
  });
  const { learningRate = 0.02, weightDecay = 0, weightDecayMask = true, ...others } = options;
  const {
    matrices = (_path, param) => param.ndim >= 2 && param.size > 0,
    others: rest = auxiliary(),
    ...direction
  } = others;
  const stages = {
    momentum: scaleByMuon(direction),
    ...(weightDecay === 0 ? {} : { decay: addDecayedWeights(weightDecay, weightDecayMask) }),
    rate: scaleByLearningRate(learningRate),
  };
  return partition(
    { matrices: namedChain(owner, stages), others: requireTransform(owner, 'others', rest) as Optimizer }, // of its type
    (path, param) => (matrices(path, param) ? 'matrices' : 'others'),
  );
}

function auxiliary(): Optimizer {
  return adamw({ learningRate: 3e-4, beta1: 0.9, beta2: 0.95, epsilon: 1e-10, weightDecay: 0 });
}
