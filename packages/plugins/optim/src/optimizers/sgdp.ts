import { checkOptions, checkRequired, flag } from '@core/registry/checks';
import { hyper, perLeaf } from '../checks.js';
import { namedChain } from '../compose/chain.js';
import { ranges } from '../hyperparameters.js';
import { scaleByLearningRate, type ScaleByLearningRateState } from '../transforms/scale.js';
import { scaleBySgdp, type ScaleBySgdpOptions, type ScaleBySgdpState } from '../transforms/scaleBySgdp.js';
import type { Hyperparameter, Optimizer } from '../types.js';

/**
 * `scaleBySgdp`'s options (momentum, dampening, weightDecay, weightDecayMask, nesterov, epsilon, delta, weightDecayRatio,
 * projectMomentum), and:
 */
export interface SgdpOptions extends ScaleBySgdpOptions {
  /** η. At least 0. No default, as in the official code. */
  readonly learningRate: Hyperparameter;
}

export type SgdpState = {
  readonly momentum: ScaleBySgdpState;
  readonly rate: ScaleByLearningRateState;
};

/**
 * SGDP: momentum SGD without the radial part of the step on weights that look scale-invariant, see `adamp`.
 *
 *     b ← μ b + (1 - τ) g,    p = b, or with nesterov g + μ b
 *     (p, r) = projectRadial(w, g, p);    without nesterov b ← p
 *     w ← w - η (p + r λ / (1 - μ) w)
 *
 * State: one array per parameter (the buffer, also with momentum 0).
 * Source: Heo et al. 2021 (arXiv:2006.08217), algorithm 1; clovaai/AdamP (sgdp.py), with its defaults and its
 * projected buffer (`projectMomentum: false` is the paper's version).
 *
 * @throws ArgumentError
 */
export function sgdp(options: SgdpOptions): Optimizer<SgdpState> {
  checkOptions('sgdp', options, {
    learningRate: hyper(ranges.learningRate),
    momentum: hyper(ranges.momentum),
    dampening: hyper(ranges.dampening),
    weightDecay: hyper(ranges.weightDecay),
    weightDecayMask: perLeaf,
    nesterov: flag,
    epsilon: hyper(ranges.epsilon),
    delta: hyper(ranges.delta),
    weightDecayRatio: hyper(ranges.weightDecayRatio),
    projectMomentum: flag,
  });
  checkRequired('sgdp', options, ['learningRate']);
  const { learningRate, ...rest } = options;
  return namedChain('sgdp', { momentum: scaleBySgdp(rest), rate: scaleByLearningRate(learningRate) });
}
