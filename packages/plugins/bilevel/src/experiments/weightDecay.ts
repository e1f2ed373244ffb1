import type { Dataset, Experiment, Model, Scores } from '@core/registry';
import { atLeastOne, check, checkOptions, finite, oneOf, type Rule } from '@core/registry/checks';
import { fullLike, jit, tree, type Tensor, type Tree } from '@core/tensor';
import type { BilevelProblem, Point } from '../problem.js';
import {
  accuracyOf,
  classificationSplits,
  classifier,
  linearModel,
  losses,
  modelScores,
} from './classification.js';
import { drawDecays } from './decayFigures.js';
import { minimize } from './minimize.js';
import { datasetRule, indexSampler, modelRule } from './shared.js';

export interface WeightDecayOptions {
  /** With the splits train, validation and test; decay matters where there are few training examples. */
  readonly dataset: Dataset;
  /** Default softmax regression. */
  readonly model?: Model;
  /** Whether each parameter has a decay of its own, or each tensor of parameters: a layer's weight, its bias. Default 'parameter'. */
  readonly per?: 'parameter' | 'tensor';
  /** log of every decay at the start. Default -7. */
  readonly start?: number;
  /** What logarithms of decays are kept between. Default [-14, 2]; gradient descent of rate r needs r e^high < 2. */
  readonly range?: readonly [number, number];
  /** Single decays that are tried for reference. Default ten to a power from -4 to 0, in halves. */
  readonly grid?: readonly number[];
  /** Examples in a batch of either level. Default all. */
  readonly batchSize?: number;
  /** Steps in which references, and models with found decays, are trained. Default 300. */
  readonly trainingSteps?: number;
}

export type WeightDecayProblem = BilevelProblem<Tree, Tree, Tensor>;

const powers = [-4, -3.5, -3, -2.5, -2, -1.5, -1, -0.5, 0].map((power) => 10 ** power);

/**
 * A weight decay for each parameter, or each tensor of them, found on validation data. With x the logarithms,
 *
 *     min over x of the mean loss on validation of y(x),   y(x) = argmin of the mean loss on training + Σ_j e^(x_j) y_j² / 2
 *
 * Parameters that meet nothing, such as those of a picture's margin, keep the decay that they start with.
 *
 * Scores: `accuracy` and `loss` on test, `validationAccuracy` and `validationLoss`, of a model that is trained to the end with the found
 * decays: they judge x alone, where the y of first-order solvers has learned from validation as well. `ownAccuracy` on test of the
 * solution's y. References: no decay, and the decay of the grid that is best on validation.
 *
 * Source: hyperparameters by the million, Lorraine et al. 2020 (arXiv:1911.02590), section 5.1; by implicit derivatives, Pedregosa 2016.
 *
 * @throws ArgumentError for options, and `load` for a dataset without the splits or classes
 */
export function weightDecay(options: WeightDecayOptions): Experiment<WeightDecayProblem, Point<Tree, Tree>> {
  const owner = 'weightDecay';
  checkOptions(owner, options, {
    dataset: datasetRule,
    model: modelRule,
    per: oneOf('parameter', 'tensor'),
    start: finite,
    range: rangeRule,
    grid: gridRule,
    batchSize: atLeastOne,
    trainingSteps: atLeastOne,
  });
  const { dataset, per = 'parameter', start = -7, range = [-14, 2], grid = powers, batchSize } = options;
  const { trainingSteps = 300 } = options;
  const [low, high] = range;
  check(owner, 'start', start, {
    words: `within the range ${low} to ${high}`,
    holds: (value) => Number(value) >= low && Number(value) <= high,
  });
  return {
    name: 'Weight decay search',
    scores: {
      accuracy: 'max',
      loss: 'min',
      validationAccuracy: 'max',
      validationLoss: 'min',
      ownAccuracy: 'max',
    },
    load: async (key) => {
      const splits = await classificationSplits(owner, dataset);
      const { train, validation } = splits;
      const model = classifier(options.model ?? linearModel(dataset.classNames.length), key, dataset);
      const alike = (value: number | Tensor): Tree =>
        tree.map((leaf: Tensor) => {
          const one = per === 'parameter' ? leaf : leaf.sum();
          return typeof value === 'number' ? fullLike(one, value) : fullLike(one, 0).add(value);
        }, model.start);
      const penalty = (decays: Tree, y: Tree): Tensor => {
        const of = tree.leaves(decays);
        return tree
          .leaves(y)
          .map((leaf, i) =>
            leaf
              .square()
              .mul(of[i] ?? 0)
              .sum()
              .div(2),
          )
          .reduce((sum, part) => sum.add(part));
      };
      const exponential = (x: Tree): Tree => tree.map((leaf: Tensor) => leaf.exp(), x);
      const penalised = (decays: Tree, y: Tree, batch?: Tensor): Tensor =>
        losses(model, y, train, batch).mean().add(penalty(decays, y));
      const problem: WeightDecayProblem = {
        upper: (_x, y, batch) => losses(model, y, validation, batch).mean(),
        lower: (x, y, batch) => penalised(exponential(x), y, batch),
        start: { x: alike(start), y: model.start },
        projections: { x: (x) => tree.map((leaf: Tensor) => leaf.maximum(low).minimum(high), x) },
        ...(batchSize === undefined
          ? {}
          : {
              samplers: { upper: indexSampler(validation, batchSize), lower: indexSampler(train, batchSize) },
            }),
      };

      const trainedWith = jit((decays: Tree) =>
        minimize((y) => penalised(decays, y), model.start, trainingSteps),
      );
      const ofDecays = (decays: Tree): Scores => modelScores(model, trainedWith(decays), splits);
      const single = grid.map((decay) => ({ decay, scores: ofDecays(alike(decay)) }));
      const best = single.reduce((a, b) => (validationLoss(b) < validationLoss(a) ? b : a));
      const references = {
        'no decay': ofDecays(alike(0)),
        [`best single decay, ${best.decay.toPrecision(2)}`]: best.scores,
      };
      return {
        problem,
        references,
        evaluate: ({ x, y }) => ({
          ...ofDecays(exponential(x)),
          ownAccuracy: accuracyOf(model, y, splits.test),
        }),
        draw: (found) => drawDecays(found, { single, inputShape: dataset.inputShape, references }),
      };
    },
  };
}

const validationLoss = ({ scores }: { scores: Scores }): number => scores.validationLoss ?? Infinity;

const numbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every(Number.isFinite);

const rangeRule: Rule = {
  words: 'two finite numbers, the lower one first',
  holds: (value) => numbers(value) && value.length === 2 && (value[0] ?? 0) < (value[1] ?? 0),
};
const gridRule: Rule = {
  words: 'at least one decay, finite numbers greater than 0',
  holds: (value) => numbers(value) && value.length > 0 && value.every((decay) => decay > 0),
};
