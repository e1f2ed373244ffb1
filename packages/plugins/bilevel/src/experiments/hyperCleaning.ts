import type { Dataset, Experiment, Model, Scores } from '@core/registry';
import { atLeastOne, checkOptions, fraction, nonNegative } from '@core/registry/checks';
import { ArgumentError, jit, onesLike, random, take, zeros, type Tensor, type Tree } from '@core/tensor';
import type { BilevelProblem, Point } from '../problem.js';
import { accuracyOf, classificationSplits, classifier, linearModel, losses, modelScores, squares } from './classification.js'; // prettier-ignore
import { drawCleaning } from './cleaningFigures.js';
import { corruptLabels } from './corruption.js';
import { keptScores } from './keptScores.js';
import { minimize } from './minimize.js';
import { datasetRule, indexSampler, modelRule, numbersOf } from './shared.js';

export interface HyperCleaningOptions {
  /** With the splits train, whose labels are corrupted, validation, whose labels are right, and test. */
  readonly dataset: Dataset;
  /** Default softmax regression. */
  readonly model?: Model;
  /** Share of training labels that are wrong. In [0, 1]. Default 0.5, Franceschi et al.'s. */
  readonly corrupted?: number;
  /** Sources of training labels, each with one weight, of which whole ones are wrong. Default one for each example. */
  readonly groups?: number;
  /** Factor of |y|² at the lower level. At least 0. Default 0.001, that of BOME's code. */
  readonly ridge?: number;
  /** Examples in a batch of either level. Default all. */
  readonly batchSize?: number;
  /** Steps in which references, and models on found weights, are trained. Default 300. */
  readonly trainingSteps?: number;
}

export type CleaningProblem = BilevelProblem<Tensor, Tree, Tensor>;

/**
 * Data hyper-cleaning: labels of the training set are wrong, nobody knows which, and a small set with right ones tells. With a weight
 * σ(x) for each example, or each group of them,
 *
 *     min over x of the mean loss on validation of y(x),   y(x) = argmin of mean_i σ(x_i) loss_i(y) + ridge |y|²
 *
 * Weights of wrong labels should fall towards 0: an example counts as kept where σ(x) > 1/2, which is where x starts.
 *
 * Scores: `accuracy` and `loss` on test, and `validationLoss`, of a model that is trained to the end on the found weights: they judge x
 * alone, where the y of first-order solvers has learned from validation as well. `f1`, `precision` and `recall` of the kept examples as
 * a guess at the clean ones. `ownAccuracy` on test of the solution's y. References: trained on all labels as they are, on the clean
 * ones alone, which is what cleaning can reach, and on the validation set.
 *
 * Source: Franceschi et al. 2017 (arXiv:1703.01785), section 5.1; the ridge from the code of Liu et al. 2022 (arXiv:2209.08709). Their wrong
 * labels are drawn from all classes, so that a tenth of them is right; ours are wrong.
 *
 * @throws ArgumentError for options, and `load` for a dataset without the splits or classes
 */
export function hyperCleaning(
  options: HyperCleaningOptions,
): Experiment<CleaningProblem, Point<Tensor, Tree>> {
  const owner = 'hyperCleaning';
  checkOptions(owner, options, {
    dataset: datasetRule,
    model: modelRule,
    corrupted: fraction,
    groups: atLeastOne,
    ridge: nonNegative,
    batchSize: atLeastOne,
    trainingSteps: atLeastOne,
  });
  const { dataset, corrupted = 0.5, ridge = 0.001, batchSize, trainingSteps = 300 } = options;
  const classes = dataset.classNames.length;
  return {
    name: 'Data hyper-cleaning',
    scores: {
      accuracy: 'max',
      f1: 'max',
      precision: 'max',
      recall: 'max',
      loss: 'min',
      validationLoss: 'min',
      ownAccuracy: 'max',
    },
    load: async (key) => {
      const splits = await classificationSplits(owner, dataset);
      const { inputs, targets } = splits.train;
      const groups = options.groups ?? targets.size;
      if (groups > targets.size)
        throw new ArgumentError(
          `${owner}: groups must be at most the ${targets.size} training examples, got ${groups}`,
        );
      const wrong = { classes, share: corrupted, groups };
      const { labels, clean, group } = corruptLabels(random.foldIn(key, 0), targets, wrong);
      const train = { inputs, targets: labels };
      const model = classifier(options.model ?? linearModel(classes), random.foldIn(key, 1), dataset);

      const weighted = (weights: Tensor, params: Tree, batch?: Tensor): Tensor =>
        losses(model, params, train, batch).mul(weights).mean().add(squares(params).mul(ridge));
      const problem: CleaningProblem = {
        upper: (_x, y, batch) => losses(model, y, splits.validation, batch).mean(),
        lower: (x, y, batch) =>
          weighted(take(x.sigmoid(), batch === undefined ? group : take(group, batch)), y, batch),
        start: { x: zeros([groups], { dtype: inputs.dtype }), y: model.start },
        ...(batchSize === undefined
          ? {}
          : {
              samplers: {
                upper: indexSampler(splits.validation, batchSize),
                lower: indexSampler(train, batchSize),
              },
            }),
      };

      const trainedOn = jit((weights: Tensor) =>
        minimize((y) => weighted(weights, y), model.start, trainingSteps),
      );
      const trainedOnValidation = jit(() =>
        minimize(
          (y) => losses(model, y, splits.validation).mean().add(squares(y).mul(ridge)),
          model.start,
          trainingSteps,
        ),
      );
      const known = numbersOf(clean);
      const weightsOf = (x: Tensor): Tensor => take(x.sigmoid(), group);
      const cleanWeights = clean.cast(inputs.dtype);
      const ofModel = (params: Tree): Scores => {
        const { accuracy, loss, validationLoss } = modelScores(model, params, splits);
        return { accuracy, loss, validationLoss };
      };
      const ofWeights = (weights: Tensor): Scores => ({
        ...ofModel(trainedOn(weights)),
        ...keptScores(numbersOf(weights), known),
      });
      const references = {
        'all labels as they are': ofWeights(onesLike(cleanWeights)),
        'clean labels only': ofWeights(cleanWeights),
        'validation only': ofModel(trainedOnValidation()),
      };
      return {
        problem,
        references,
        evaluate: ({ x, y }) => ({
          ...ofWeights(weightsOf(x)),
          ownAccuracy: accuracyOf(model, y, splits.test),
        }),
        draw: (found) =>
          drawCleaning(
            found.map(({ name, scores, solution }) => ({
              name,
              scores,
              weights: numbersOf(weightsOf(solution.x)),
            })),
            known,
            references,
          ),
      };
    },
  };
}
