import type { Dataset, Experiment, Scores } from '@core/registry';
import { atLeastOne, check, checkOptions, finite, fraction, type Rule } from '@core/registry/checks';
import { concat, eye, full, fullLike, jit, onesLike, type Tensor } from '@core/tensor';
import type { BilevelProblem, Point } from '../problem.js';
import { polyhedron } from '../projections/projections.js';
import { classificationSplits } from './classification.js';
import { corruptLabels } from './corruption.js';
import { minimize } from './minimize.js';
import { datasetRule, numbersOf } from './shared.js';
import { twoClasses, type Points } from './svmData.js';
import { drawMargins } from './svmFigures.js';

export interface SvmOptions {
  /** With the splits train, validation and test. */
  readonly dataset: Dataset;
  /** Numbers of the two classes. Default the first two. */
  readonly classes?: readonly [number, number];
  /** Share of training labels that are flipped. In [0, 1]. Default 0; the authors' data cleaning has 0.4. */
  readonly corrupted?: number;
  /** Every c at the start. Default 0: from the authors' U(-6, -5) it hardly moves, as its slope has the factor e^c. */
  readonly start?: number;
  /** Iterations of the projection onto the constraints. Default 200. */
  readonly projectionIterations?: number;
  /** Single c that are tried for reference. Default -6, -5, …, 6. */
  readonly grid?: readonly number[];
  /** Steps in which references, and machines with found c, are trained. Default 500. */
  readonly trainingSteps?: number;
}

/** A separating plane, and what each training point lacks to be beyond its margin. */
export type Plane = { readonly w: Tensor; readonly b: Tensor };
export type SvmVariable = Plane & { readonly xi: Tensor };
export type SvmProblem = BilevelProblem<Tensor, SvmVariable>;

/** What c is kept between, so that e^c stays within float32. */
const range = [-12, 8] as const;
const integers = Array.from({ length: 13 }, (_, i) => i - 6);

/**
 * Hyperparameters of a support vector machine: how much each training point counts. With points a_i, labels s_i = ±1,
 *
 *     min over c of Σ over validation of h(s (w·a + b) / |w|)   where (w, b, ξ) minimises
 *     |w|²/2 + Σ_i e^(c_i) ξ_i²/2   under   1 - ξ_i - s_i (w·a_i + b) <= 0,   h(m) = leakyRelu(2σ(-5m) - 1)
 *
 * The constraints are the lower level's, and `projections.joint` is exactly onto them, so that LV-HBA takes the problem.
 *
 * Scores: `accuracy` on test, `validationAccuracy` and `validationLoss` (the mean of h) of a machine that is trained to the end with the
 * found c; `ownAccuracy` on test of the solution's plane; `infeasibility`, the largest violation of a constraint by the solution;
 * `lowerGap`, by what share its lower objective is above the least one. References: one c for all points, the best of the grid by
 * validation loss and by validation accuracy (h is small wherever margins are, so that the loss may choose badly); with flipped labels
 * also that of the right ones alone.
 *
 * Source: Yao et al. 2024 (arXiv:2401.16164), linear SVM and data cleaning. In the authors' scripts c does not move but by the
 * projection, which does not involve it, and shuffled batches meet unshuffled ξ and multipliers; neither is so here.
 *
 * @throws ArgumentError for options, and `load` for a dataset without the splits or classes
 */
export function svm(options: SvmOptions): Experiment<SvmProblem, Point<Tensor, SvmVariable>> {
  const owner = 'svm';
  checkOptions(owner, options, {
    dataset: datasetRule,
    classes: classesRule,
    corrupted: fraction,
    start: finite,
    projectionIterations: atLeastOne,
    grid: gridRule,
    trainingSteps: atLeastOne,
  });
  const { dataset, classes = [0, 1], corrupted = 0, start = 0, grid = integers } = options;
  const { projectionIterations = 200, trainingSteps = 500 } = options;
  const [low, high] = range;
  check(owner, 'start', start, {
    words: `between ${low} and ${high}`,
    holds: (value) => Number(value) >= low && Number(value) <= high,
  });
  return {
    name: 'Support vector machine',
    scores: {
      accuracy: 'max',
      validationAccuracy: 'max',
      validationLoss: 'min',
      ownAccuracy: 'max',
      infeasibility: 'min',
      lowerGap: 'min',
    },
    load: async (key) => {
      const points = twoClasses(owner, await classificationSplits(owner, dataset), classes);
      const { inputs } = points.train;
      const [n = 0, d = 0] = inputs.shape;
      const { dtype } = inputs;
      const flips = { classes: 2, share: corrupted, groups: n };
      const sides = points.train.signs.less(0).cast('int32');
      const { labels, clean } = corruptLabels(key, sides, flips);
      const signs = labels.cast(dtype).mul(-2).add(1);
      const margins = ({ w, b }: Plane): Tensor => signs.mul(inputs.matmul(w).add(b));
      const slack = (plane: Plane): Tensor => margins(plane).neg().add(1);
      const objective = (c: Tensor, { w }: Plane, xi: Tensor): Tensor =>
        w.square().sum().add(c.exp().mul(xi.square()).sum()).div(2);

      // The constraints G (w, b, ξ) <= -1.
      const g = concat([inputs.mul(signs.expandDims(1)), signs.expandDims(1), eye(n, n, { dtype })], 1).neg();
      const onto = polyhedron(g, full([n], -1, { dtype }), {
        iterations: projectionIterations,
        tolerance: 1e-3,
      });
      const project = ({ w, b, xi }: SvmVariable): SvmVariable => {
        const at = onto(concat([w, b.reshape([1]), xi], 0));
        return {
          w: at.slice([0], [d]),
          b: at.slice([d], [d + 1]).reshape([]),
          xi: at.slice([d + 1], [d + 1 + n]),
        };
      };
      const w = full([d], 1 / Math.sqrt(d), { dtype });
      const plane = { w, b: full([], 0, { dtype }) };
      const problem: SvmProblem = {
        upper: (_c, y) => leaks(points.validation, y).sum(),
        lower: (c, y) => objective(c, y, y.xi),
        constraints: { value: (_c, y) => slack(y).sub(y.xi) },
        projections: {
          joint: ({ x, y }) => ({ x: x.maximum(low).minimum(high), y: project(y) }),
        },
        start: { x: full([n], start, { dtype }), y: { ...plane, xi: slack(plane).maximum(0) } },
      };

      // For given (w, b) the best ξ is the positive part of what is lacking.
      const least = (weights: Tensor, c: Tensor): Plane =>
        minimize(
          (at: Plane) => objective(c, at, slack(at).maximum(0).mul(weights.sqrt())),
          { w: w.mul(0), b: plane.b },
          trainingSteps,
        );
      const trainedWith = jit(least);
      const every = onesLike(signs);
      const ofPlane = (at: Plane): Scores => ({
        accuracy: accuracyOf(points.test, at),
        validationAccuracy: accuracyOf(points.validation, at),
        validationLoss: leaks(points.validation, at).mean().item(),
      });
      const single = (weights: Tensor) =>
        grid.map((c) => ({ c, scores: ofPlane(trainedWith(weights, fullLike(signs, c))) }));
      const curve = single(every);
      const references = {
        ...bestOf('single c by validation loss', curve, ({ validationLoss = Infinity }) => validationLoss),
        ...bestOf('single c by validation accuracy', curve, wrongness),
        ...(corrupted === 0
          ? {}
          : bestOf('right labels only, single c', single(clean.cast(dtype)), wrongness)),
      };
      return {
        problem,
        references,
        evaluate: ({ x, y }) => {
          const best = trainedWith(every, x);
          const bound = objective(x, best, slack(best).maximum(0)).item();
          return {
            ...ofPlane(best),
            ownAccuracy: accuracyOf(points.test, y),
            infeasibility: slack(y).sub(y.xi).maximum(0).max().item(),
            lowerGap: objective(x, y, y.xi).item() / bound - 1,
          };
        },
        draw: (found) => {
          const hyperparameters = found.map(({ name, scores, solution }) => ({
            name,
            scores,
            c: numbersOf(solution.x),
          }));
          return drawMargins(hyperparameters, { clean: numbersOf(clean), curve, references });
        },
      };
    },
  };
}

/** h(s (w·a + b) / |w|) of each point: close to 0 where it is on its side, up to 1 where it is not. */
function leaks({ inputs, signs }: Points, { w, b }: Plane): Tensor {
  const length = w.square().sum().add(1e-12).sqrt();
  const loss = signs.mul(inputs.matmul(w).add(b)).div(length).mul(-5).sigmoid().mul(2).sub(1);
  return loss.maximum(0).add(loss.minimum(0).mul(0.01));
}

function accuracyOf({ inputs, signs }: Points, { w, b }: Plane): number {
  const right = signs.mul(inputs.matmul(w).add(b)).greater(0);
  return right.cast('int32').sum().item() / signs.size;
}

/** The entry of the grid with the least badness. */
function bestOf(
  name: string,
  tried: readonly { readonly c: number; readonly scores: Scores }[],
  badness: (scores: Scores) => number,
): Record<string, Scores> {
  const best = tried.reduce((a, b) => (badness(b.scores) < badness(a.scores) ? b : a));
  return { [`${name}, ${best.c}`]: best.scores };
}

const wrongness = ({ validationAccuracy = 0 }: Scores): number => 1 - validationAccuracy;

const classesRule: Rule = {
  words: 'the numbers of two classes, such as [4, 9]',
  holds: (value) =>
    Array.isArray(value) && value.length === 2 && value.every(Number.isInteger) && value[0] !== value[1],
};
const gridRule: Rule = {
  words: `at least one c, finite numbers between ${range[0]} and ${range[1]}`,
  holds: (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((c: unknown) => Number(c) >= range[0] && Number(c) <= range[1]),
};
