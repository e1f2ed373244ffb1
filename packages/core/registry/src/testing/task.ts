import type { Task } from '../kinds/task.js';
import { datasetLaws } from './dataset.js';
import { law, must, mustBeFinite, randomTensor, type Law, type Make } from './law.js';

export interface TaskLawOptions {
  /** Shape of a model's output for one example. Default: one number a class. */
  readonly outputShape?: readonly number[];
}

export function taskLaws(make: Make<Task>, options: TaskLawOptions = {}): readonly Law[] {
  return [
    law('metrics have names of their own, the deciding one first', async () => {
      const { metrics, name } = await make();
      must(name.length > 0, () => 'the name is empty');
      must(metrics.length > 0, () => 'the task reports nothing');
      must(
        new Set(metrics.map((metric) => metric.name)).size === metrics.length,
        () => 'two metrics have one name',
      );
    }),
    law('loss and metrics take the dataset’s targets', async () => {
      const { dataset, loss, metrics } = await make();
      const [split] = dataset.splits;
      must(split !== undefined, () => 'the dataset has no splits');
      const { targets } = await dataset.load(split);
      const shape = options.outputShape ?? [Math.max(1, dataset.classNames.length)];
      const outputs = randomTensor(1, [dataset.size(split), ...shape], 'float32');
      mustBeFinite(loss(outputs, targets), 'the loss of random outputs');
      for (const metric of metrics) {
        const value = metric.result(metric.update(metric.init(), outputs, targets));
        must(Number.isFinite(value), () => `${metric.name} of random outputs is ${String(value)}`);
      }
    }),
    ...datasetLaws(async (config) => (await make(config)).dataset),
  ];
}
