import type { Dataset, Experiment, LoadedExperiment, Loss, Model, Scores } from '@core/registry';
import { atLeastOne, checkOptions, positive } from '@core/registry/checks';
import { jit, random, tree, type Tensor, type Tree } from '@core/tensor';
import { pruningFigures } from './figures.js';
import { trainMasked } from './finetune.js';
import { magnitudeMask, removedCount } from './masks.js';
import { networkOf, type LabelledBatch } from './network.js';
import {
  applyMask,
  layersOf,
  prunablePaths,
  type Mask,
  type PruningProblem,
  type PruningSolution,
} from './problem.js';
import { aboveZeroToOne } from './rates.js';

export interface PruningExperimentOptions {
  /** Classes to be told apart; it has the splits train and test. */
  readonly dataset: Dataset;
  readonly model: Model;
  readonly loss: Loss;
  /** Passes over the training examples that make the dense network. At least 1. Default 15. */
  readonly denseEpochs?: number;
  /** Passes that every solution is trained on for under its mask, before it is scored. At least 1. Default 20. */
  readonly finetuneEpochs?: number;
  /** Rate of both, which falls along half a cosine. Greater than 0. Default 0.05. */
  readonly learningRate?: number;
  /** Examples of a batch. At least 1. Default 128. */
  readonly batchSize?: number;
  /** The fraction that the reference with random masks keeps, in (0, 1]. Default 0.05. */
  readonly randomKeep?: number;
}

export type LoadedPruning = LoadedExperiment<PruningProblem<Tree, LabelledBatch>, PruningSolution>;

/**
 * A network for classification that is trained whole and then pruned. Solvers start from the dense network; what they find is
 * trained on under its mask, the same number of passes for each, and scored by its share of right answers on the test split.
 *
 * Prunable are the weights with two axes or more. Batches are drawn with replacement. Networks with batch statistics train on those
 * of their batches; before they are scored, running statistics are gathered anew under the mask.
 *
 * @throws ArgumentError for options; `load` for a data set without classes or one of the splits
 */
export function pruningExperiment(
  options: PruningExperimentOptions,
): Experiment<PruningProblem<Tree, LabelledBatch>, PruningSolution> {
  const owner = 'pruningExperiment';
  const anything = { words: 'a component', holds: (value: unknown) => value !== null };
  checkOptions(owner, options, {
    dataset: anything,
    model: anything,
    loss: anything,
    denseEpochs: atLeastOne,
    finetuneEpochs: atLeastOne,
    learningRate: positive,
    batchSize: atLeastOne,
    randomKeep: aboveZeroToOne,
  });
  return {
    name: `Pruning: ${options.dataset.name}`,
    scores: { accuracy: 'max', kept: 'min', 'accuracy before fine-tuning': 'max' },
    load: (key) => load(owner, options, key),
  };
}

async function load(owner: string, options: PruningExperimentOptions, key: Tensor): Promise<LoadedPruning> {
  const { denseEpochs = 15, finetuneEpochs = 20, learningRate = 0.05, randomKeep = 0.05 } = options;
  const [initKey, denseKey, tuneKey, randomKey] = [0, 1, 2, 3].map((i) => random.foldIn(key, i));
  const network = await networkOf(owner, options, initKey ?? key);
  const { loss, samplers } = network;
  const fresh = network.params;
  /** SGD over so many passes, compiled once for each form of mask. */
  const trainer = (epochs: number) =>
    jit((params: Tree, mask: Mask, own: Tensor) =>
      trainMasked({ loss, start: fresh, samplers }, params, mask, {
        steps: epochs * network.stepsPerEpoch,
        learningRate,
        key: own,
      }),
    );
  const untuned = trainer(denseEpochs);
  const start = untuned(fresh, {}, denseKey ?? key);
  untuned.dispose();
  const tuned = trainer(finetuneEpochs);
  const problem = { loss, start, rewind: fresh, samplers };
  const paths = prunablePaths(owner, problem, 'unstructured');

  const evaluate = ({ params, mask }: PruningSolution): Scores => ({
    accuracy: network.accuracy(tuned(params, mask, tuneKey ?? key)),
    kept: keptOf(params, paths, mask),
    'accuracy before fine-tuning': network.accuracy(params),
  });
  const dense = { params: start, mask: {} };
  return {
    problem,
    references: {
      dense: evaluate(dense),
      [`random mask, ${percent(randomKeep)} kept`]: evaluate(
        randomlyPruned(start, paths, randomKeep, randomKey ?? key),
      ),
    },
    evaluate,
    draw: (found) => pruningFigures(found, paths, network),
  };
}

/** The share of all prunable weights; layers without a mask are whole. */
function keptOf(params: Tree, paths: readonly string[], mask: Mask): number {
  const layers = Object.entries(layersOf(params, paths));
  const size = layers.reduce((sum, [, leaf]) => sum + leaf.size, 0);
  const kept = layers.reduce((sum, [path, leaf]) => sum + (mask[path]?.sum().item() ?? leaf.size), 0);
  return kept / size;
}

/** As many weights as a solver would keep, whichever. */
function randomlyPruned(params: Tree, paths: readonly string[], keep: number, key: Tensor): PruningSolution {
  const layers = layersOf(params, paths);
  const numbers = Object.fromEntries(
    Object.entries(layers).map(([path, leaf], i) => [
      path,
      random.uniform(random.foldIn(key, i), leaf.shape),
    ]),
  );
  const mask = magnitudeMask(numbers, { structure: 'unstructured', global: true }, (size) =>
    removedCount(keep, size),
  );
  const own = tree.map((kept: Tensor, leaf: Tensor) => kept.cast(leaf.dtype), mask, layers);
  return { params: applyMask(params, own), mask: own };
}

export const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;
