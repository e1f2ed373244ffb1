import {
  atLeastOne,
  belowOne,
  checkOptions,
  checkRequired,
  nonNegative,
  positive,
  type Rule,
} from '@core/registry/checks';
import { jit, random, scan, Tensor, tree, type Tree } from '@core/tensor';
import { draw, nextKey } from '../solvers/shared.js';
import { zerosOf } from '../vectors.js';
import { maskedStep } from './descent.js';
import { applyMask, prunablePaths, type Mask, type PruningProblem, type PruningSolution } from './problem.js';
import { rateAt, scheduleRule, weightMilestones, type PruningSchedule } from './rates.js';
import { noSteps } from './solver.js';

export interface FinetuneOptions {
  /** No default; the official runs have 100 epochs. */
  readonly steps: number;
  /** Greater than 0. Default 0.1. */
  readonly learningRate?: number;
  /** In [0, 1). Default 0.9. */
  readonly momentum?: number;
  /** At least 0. Default 5e-4. */
  readonly weightDecay?: number;
  /** How the rate falls over the steps. Default 'cosine'. */
  readonly schedule?: PruningSchedule;
  /** Of the batches. Default `random.key(0)`. */
  readonly key?: Tensor;
}

export const finetuneRules: Readonly<Record<keyof FinetuneOptions, Rule>> = {
  steps: atLeastOne,
  learningRate: positive,
  momentum: belowOne,
  weightDecay: nonNegative,
  schedule: scheduleRule,
  key: { words: 'a random key', holds: (value) => value instanceof Tensor },
};

/**
 * Trains a pruned network under its mask, which stays: SGD with momentum on the problem's lower batches.
 *
 * @throws ArgumentError for options or a problem without its parts
 *
 * Source: the official code's mode `finetune`; defaults of its CIFAR config.
 */
export function finetune<P extends Tree, B>(
  problem: PruningProblem<P, B>,
  solution: PruningSolution<P>,
  options: FinetuneOptions,
): PruningSolution<P> {
  const owner = 'finetune';
  checkOptions(owner, options, finetuneRules);
  checkRequired(owner, options, ['steps']);
  prunablePaths(owner, problem, 'unstructured');
  const train = jit((params: P, mask: Mask, key: Tensor) =>
    trainMasked(problem, params, mask, { ...options, key }),
  );
  const params = train(solution.params, solution.mask, options.key ?? random.key(0));
  train.dispose();
  return { params, mask: solution.mask };
}

/** The same as a traced function: the parameters in the end, masked. */
export function trainMasked<P extends Tree, B>(
  problem: PruningProblem<P, B>,
  params: P,
  mask: Mask,
  options: FinetuneOptions & { readonly key: Tensor },
): P {
  const { steps, learningRate = 0.1, momentum = 0.9, weightDecay = 5e-4, schedule = 'cosine' } = options;
  const falling = { rate: learningRate, schedule, milestones: weightMilestones, steps };
  type Carry = { readonly params: P; readonly velocity: P; readonly key: Tensor; readonly count: Tensor };
  const step = (at: Carry): readonly [Carry, null] => {
    const [key, now] = nextKey(problem, at.key);
    const { lower } = draw(problem, now);
    const rate = rateAt(falling, at.count, tree.leaves(params)[0]?.dtype ?? 'float32');
    const moved = maskedStep('finetune', problem, { ...at, mask }, lower, rate, { momentum, weightDecay });
    return [{ ...moved, key, count: at.count.add(1) }, null];
  };
  const from = { params, velocity: zerosOf(params), key: options.key, count: noSteps() };
  const [{ params: trained }] = scan(step, from, null, { length: steps });
  return applyMask(trained, mask);
}
