import type { Dataset, Experiment, Figure, Found, LoadedExperiment, Scores } from '@core/registry';
import { ArgumentError, softmax, stack, takeAlongAxis, tree, type Tensor } from '@core/tensor';
import { crossEntropy } from '@core/nn';
import { barChart } from './barChart.js';
import type { ProbingProblem, ProbingSolution } from './probe.js';
import {
  examplesOf,
  featuresOf,
  networkOf,
  partsOf,
  pretrain,
  pretrainedAccuracy,
  trainedOn,
  type PretrainingOptions,
} from './pretraining.js';

/**
 * Probes of a frozen backbone, compared: how well do heads (and MP+, which recalibrates the blocks) tell classes apart that the backbone was not
 * trained on?
 *
 * The backbone is trained on the train split's pictures of `pretrainClasses`, with the key of `load`; probes are trained on its pictures of
 * `classes`, and scored on the test split's. Solvers are `probe(…)`; they see test pictures and not their targets.
 *
 * It is an experiment rather than a dataset and a model, since MP+ changes the backbone, which features of a dataset cannot show.
 *
 * @throws ArgumentError for classes that the dataset has not, or one without train and test
 */
export function probing(
  dataset: Dataset,
  options: PretrainingOptions = {},
): Experiment<ProbingProblem, ProbingSolution> {
  const owner = 'probing';
  const parts = partsOf(owner, dataset, options);
  for (const split of ['train', 'test'] as const)
    if (!dataset.splits.includes(split))
      throw new ArgumentError(
        `${owner}: ${dataset.name} has no split ${split}; it has ${dataset.splits.join(', ')}`,
      );
  const names = parts.probed.map((one) => dataset.classNames[one] ?? `${one}`);
  const network = networkOf(options);
  return {
    name: `Probing ${names.join(', ')} with a backbone ${trainedOn(dataset, parts)}`,
    scores: { accuracy: 'max', loss: 'min', parameters: 'min' },
    load: async (key): Promise<LoadedExperiment<ProbingProblem, ProbingSolution>> => {
      const seen = await examplesOf(dataset, 'train', parts.pretrained);
      const pretrained = pretrain(seen, parts.pretrained.length, options, key);
      const { backbone } = pretrained;
      const train = await examplesOf(dataset, 'train', parts.probed);
      const test = await examplesOf(dataset, 'test', parts.probed);
      const own = await examplesOf(dataset, 'test', parts.pretrained);
      const tokens = (inputs: Tensor): Tensor => featuresOf(network, backbone, inputs);
      const problem: ProbingProblem = {
        network,
        backbone,
        classes: names.length,
        train: { pictures: train.inputs, tokens: tokens(train.inputs), targets: train.targets },
        test: { pictures: test.inputs, tokens: tokens(test.inputs) },
      };
      const evaluate = ({ params, outputs }: ProbingSolution): Scores => ({
        accuracy: shareRight(outputs, test.targets),
        loss: crossEntropy(outputs, test.targets).item(),
        parameters: tree.leaves(params).reduce((sum, leaf) => sum + leaf.size, 0),
      });
      return {
        problem,
        references: {
          'nearest mean of class tokens': { accuracy: nearestMean(problem, test.targets), parameters: 0 },
          'the backbone on its own classes': { accuracy: pretrainedAccuracy(options, pretrained, own) },
        },
        evaluate,
        draw: (found) => figuresOf(found, names, test.targets, trainedOn(dataset, parts)),
      };
    },
  };
}

const shareRight = (outputs: Tensor, targets: Tensor): number =>
  outputs.argmax(1).equal(targets).cast('float32').mean().item();

/** Accuracy of the class whose mean class token is nearest: what the backbone gives for nothing. */
function nearestMean({ train, test, classes }: ProbingProblem, targets: Tensor): number {
  const [known, asked] = [train.tokens.at(null, 0), test.tokens.at(null, 0)];
  const nearness = Array.from({ length: classes }, (_, label) => {
    const of = train.targets.equal(label).cast(known.dtype);
    const mean = of.expandDims(0).matmul(known).div(of.sum().maximum(1));
    return asked.sub(mean).square().sum(1).neg();
  });
  return shareRight(stack(nearness, 1), targets);
}

function figuresOf(
  found: readonly Found<ProbingSolution>[],
  names: readonly string[],
  targets: Tensor,
  trained: string,
): readonly Figure[] {
  const labels = Array.from(targets.dataSync(), Number);
  const byClass = found.map(({ name, solution }) => {
    const answers = Array.from(solution.outputs.argmax(1).dataSync(), Number);
    const values = names.map((_, label) => {
      const rows = labels.flatMap((one, row) => (one === label ? [row] : []));
      return rows.filter((row) => answers[row] === label).length / Math.max(1, rows.length);
    });
    return { name, values };
  });
  return [
    {
      kind: 'svg',
      title: 'Right answers by class',
      caption: `Share of the test examples of each class that each probe gets right. The backbone was ${trained}.`,
      svg: barChart(names, byClass),
    },
    {
      kind: 'histogram',
      title: 'How sure of the right class',
      caption: 'Probability that each probe gives to the right class of a test example.',
      x: 'probability of the right class',
      groups: found.map(({ name, solution }) => ({
        name,
        values: probabilities(solution.outputs, targets),
      })),
    },
  ];
}

const probabilities = (outputs: Tensor, targets: Tensor): number[] =>
  Array.from(takeAlongAxis(softmax(outputs, -1), targets.expandDims(1), 1).dataSync(), Number);
