import type { Dataset, Experiment, LoadedExperiment, Scores } from '@core/registry';
import { atLeastOne, check, checkOptions, nonNegative, number, positive } from '@core/registry/checks';
import { ones, random, sigmoid, softplus, take, tensor, zeros, type Tensor } from '@core/tensor';
import type { BlockProblem } from '../blocks/problem.js';
import type { Point } from '../problem.js';
import { areaUnderCurve } from './areaUnderCurve.js';
import { signs, softmaxHeads, weightedHeads } from './heads.js';
import { drawAreas } from './drawAreas.js';
import { pairs } from './pairs.js';
import { pooledClasses } from './pooledClasses.js';

export interface MultiBlockAucOptions {
  /** Pictures in classes, with the splits train, validation and test; validation labels are trusted. */
  readonly dataset: Dataset;
  /** Share of the training labels that are replaced by the next class. In [0, 1). Default 0.4. */
  readonly corrupted?: number;
  /** Side of the squares of pixels that become one feature. Default 4. */
  readonly pool?: number;
  /** Of every class's classifier. Greater than 0. Default 0.01. */
  readonly ridge?: number;
  /** B, training examples of a class and step; as many positive and negative validation examples. Default 64. */
  readonly batchSize?: number;
}

/** The examples that a step sees of a class: rows of train, and of validation the class's own and others. */
type Batch = { readonly train: Tensor; readonly positive: Tensor; readonly negative: Tensor };

/**
 * Multi-block AUC maximisation: one lower level for each class, a logistic classifier of the class against the others on training
 * examples of which many have a wrong label; above them the examples' weights σ(x_j), which all classes share and which are chosen for
 * the classes' AUC on a small validation set:
 *
 *     min over x of  mean over classes of E log(1 + exp(a⁻·y_i - a⁺·y_i))   over positive and negative validation examples,
 *     y_i = argmin  Σ σ(x_j) log(1 + exp(-t_ij a_j·y)) / n + ridge |y|²/2
 *
 * Scores: mean AUC on test of classifiers trained to the end with the weights found (`auc`), the worst class's (`worstAuc`), that of
 * the classifiers that the solver has (`aucAsFound`), and how well the weights tell right labels from wrong ones (`detection`, an AUC).
 *
 * The lower level is that of the experiments of Hu et al. 2023 (arXiv:2305.18730), where blocks differ by the losses' temperature. The
 * pairs' loss is the logistic one: the square loss, usual for AUC, wants margins of 1, and draws larger ones back by distrusting the
 * very examples that make them.
 *
 * @throws ArgumentError for options, and when loading, for a dataset that does not fit
 */
export function multiBlockAuc(
  options: MultiBlockAucOptions,
): Experiment<BlockProblem<Tensor, Tensor, Batch>, Point<Tensor, Tensor>> {
  const owner = 'multiBlockAuc';
  const { dataset, ...numbers } = options;
  checkOptions(owner, numbers, {
    corrupted: number('a number in [0, 1)', (x) => nonNegative.holds(x) && x < 1),
    pool: atLeastOne,
    ridge: positive,
    batchSize: atLeastOne,
  });
  check(owner, 'dataset', dataset, { words: 'a dataset', holds: (v) => typeof v === 'object' && v !== null });
  const { corrupted = 0.4, pool = 4, ridge = 0.01, batchSize = 64 } = numbers;
  const classes = dataset.classNames.length;

  const load = async (
    key: Tensor,
  ): Promise<LoadedExperiment<BlockProblem<Tensor, Tensor, Batch>, Point<Tensor, Tensor>>> => {
    const data = await pooledClasses(owner, dataset, { pool, corrupted }, key);
    const { train, right, validation, test } = data;
    const n = train.labels.size;
    const equal = ones([n], { dtype: 'float64' });
    const targets = signs(train.labels, classes);
    const groups = pairs(validation.labels, classes);

    const problem: BlockProblem<Tensor, Tensor, Batch> = {
      blocks: classes,
      upper: (i, _x, y, batch) => {
        const scores = validation.features.matmul(y);
        if (batch !== undefined) {
          const [own, others] = [take(scores, batch.positive), take(scores, batch.negative)];
          return softplus(others.sub(own.expandDims(1))).mean();
        }
        return groups.loss(i, scores);
      },
      lower: (i, x, y, batch) => {
        const [a, t, w] =
          batch === undefined
            ? [train.features, take(targets, i), x]
            : [take(train.features, batch.train), take(take(targets, i), batch.train), take(x, batch.train)];
        const loss = softplus(a.matmul(y).mul(t).neg()).mul(sigmoid(w)).mean();
        return loss.add(
          y
            .square()
            .sum()
            .mul(ridge / 2),
        );
      },
      start: { x: zeros([n], { dtype: 'float64' }), y: weightedHeads(train, equal.div(2), classes, ridge) },
      sampler: (i, own) => ({
        train: random.randint(random.foldIn(own, 0), [batchSize], 0, n),
        ...groups.draw(i, random.foldIn(own, 1), batchSize),
      }),
    };

    const byClass = (heads: Tensor): number[] => {
      const scores = test.features.matmul(heads.T).T;
      const labels = numbersOf(test.labels);
      return Array.from({ length: classes }, (_, i) => {
        const own = labels.map((label) => label === i);
        return areaUnderCurve(numbersOf(scores.at(i)), own);
      });
    };
    const trained = (weights: Tensor): number[] => byClass(weightedHeads(train, weights, classes, ridge));
    const summary = (areas: readonly number[]): Scores => ({
      auc: mean(areas),
      worstAuc: Math.min(...areas),
    });

    const alone = ones([validation.labels.size], { dtype: 'float64' });
    const references = {
      'equal weights': trained(equal),
      'cross-entropy': byClass(softmaxHeads(train, classes, ridge)),
      'validation alone': byClass(weightedHeads(validation, alone, classes, ridge)),
      'right labels alone': trained(tensor(right.map(Number), { dtype: 'float64' })),
    };
    return {
      problem,
      references: Object.fromEntries(
        Object.entries(references).map(([name, areas]) => [name, summary(areas)]),
      ),
      evaluate: (solution) => ({
        ...summary(trained(sigmoid(solution.x))),
        aucAsFound: mean(byClass(solution.y)),
        detection: areaUnderCurve(numbersOf(solution.x), right),
      }),
      draw: (found) =>
        drawAreas(
          found.map(({ name, solution }) => {
            const weights = sigmoid(solution.x);
            return { name, areas: trained(weights), weights: numbersOf(weights) };
          }),
          references,
          right,
          dataset.classNames,
        ),
    };
  };
  return {
    name: 'Multi-block AUC maximisation',
    scores: { auc: 'max', worstAuc: 'max', aucAsFound: 'max', detection: 'max' },
    load,
  };
}

const numbersOf = (x: Tensor): number[] => Array.from(x.dataSync(), Number);
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
