import { batches } from '@core/data';
import type { Metric } from '@core/registry';
import type { Jitted, Tensor, Tree } from '@core/tensor';
import { answersOf, type HostExamples } from './data.js';
import type { Measured } from './step.js';

/** Answers to all examples of a split, in the order of the targets. */
export interface Predictions {
  readonly classes: Int32Array;
  /** Probability of the answer that was given. */
  readonly confidence: Float32Array;
}

export interface Evaluation {
  /** `loss`, `accuracy` where targets are classes, and the recipe's metrics. */
  readonly values: Readonly<Record<string, number>>;
  readonly predictions?: Predictions;
}

export interface EvaluateOptions {
  readonly measure: Jitted<[params: Tree, state: Tree, inputs: Tensor, targets: Tensor], Measured>;
  readonly params: Tree;
  readonly state: Tree;
  readonly examples: HostExamples;
  readonly metrics: readonly Metric[];
  readonly classes: number;
  readonly batchSize: number;
  /** Called between batches, so that the process can do other things. */
  readonly pause: () => Promise<void>;
}

/** Measures a model on examples, in their own order. */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { measure, params, state, examples, metrics, classes } = options;
  const fields = { inputs: examples.inputs, targets: examples.targets };
  const loader = batches(fields, { batchSize: options.batchSize, shuffle: false });
  let loss = 0;
  let states = metrics.map((metric) => metric.init());
  const answers = answersOf(examples);
  const predictions: Predictions = {
    classes: new Int32Array(examples.size * answers),
    confidence: new Float32Array(examples.size * answers),
  };
  for await (const { data, indices } of loader.epoch(0)) {
    const { inputs, targets } = data;
    const measured = measure(params, state, inputs, targets);
    const [value = NaN] = await measured.loss.data();
    loss += (value * indices.length) / examples.size;
    // Metrics read what they are given at once, which a device that answers later cannot.
    const [outputs, labels] =
      metrics.length === 0
        ? [measured.output, targets]
        : await Promise.all([measured.output.to('cpu'), targets.to('cpu')]);
    states = metrics.map((metric, i) => metric.update(states[i], outputs, labels));
    if (classes > 0) {
      // Examples come in their own order, so the answers of a batch are one stretch.
      note(predictions, (indices[0] ?? 0) * answers, await measured.probabilities.data(), classes);
    }
    const { loss: mean, output, probabilities } = measured;
    for (const one of new Set([inputs, targets, mean, output, probabilities, outputs, labels])) one.dispose();
    await options.pause();
  }
  const named = metrics.map((metric, i) => [metric.name, metric.result(states[i])] as const);
  if (classes === 0) return { values: { loss, ...Object.fromEntries(named) } };
  const accuracy = shareRight(predictions.classes, examples.targets.data);
  return { values: { loss, accuracy, ...Object.fromEntries(named) }, predictions };
}

function note(
  predictions: Predictions,
  start: number,
  probabilities: ArrayLike<number>,
  classes: number,
): void {
  for (let position = 0; position < probabilities.length / classes; position++) {
    let best = 0;
    for (let c = 1; c < classes; c++) {
      if ((probabilities[position * classes + c] ?? 0) > (probabilities[position * classes + best] ?? 0))
        best = c;
    }
    predictions.classes[start + position] = best;
    predictions.confidence[start + position] = probabilities[position * classes + best] ?? 0;
  }
}

function shareRight(answers: Int32Array, targets: ArrayLike<number>): number {
  return (
    answers.reduce((sum, answer, index) => sum + (answer === targets[index] ? 1 : 0), 0) / answers.length
  );
}
