import { fromTensorAsync, takeRows, type ArrayData } from '@core/data';
import type { Dataset, Split } from '@core/registry';
import { LabError } from '../errors.js';

/** Examples in the host's memory, from which batches are taken. */
export interface HostExamples {
  readonly inputs: ArrayData;
  readonly targets: ArrayData;
  readonly size: number;
}

/**
 * Loads a split, or its first `limit` examples.
 *
 * @throws LabError `RUN` for a split that the dataset has not, or data that contradicts what it says of itself
 */
export async function loadExamples(dataset: Dataset, split: Split, limit?: number): Promise<HostExamples> {
  if (!dataset.splits.includes(split)) {
    throw new LabError('RUN', `${dataset.name} has no split ${split}; it has ${dataset.splits.join(', ')}`);
  }
  const loaded = await dataset.load(split);
  const [inputs, targets] = await Promise.all([
    fromTensorAsync(loaded.inputs),
    fromTensorAsync(loaded.targets),
  ]);
  loaded.inputs.dispose();
  loaded.targets.dispose();
  checkExamples(dataset, split, inputs, targets);
  const available = inputs.shape[0] ?? 0;
  const size = Math.min(limit ?? available, available);
  if (size === available) return { inputs, targets, size };
  const rows = Int32Array.from({ length: size }, (_, index) => index);
  return { inputs: takeRows(inputs, rows), targets: takeRows(targets, rows), size };
}

/** Answers that an example asks for: one, or one for each position of a sequence. */
export function answersOf({ targets, size }: HostExamples): number {
  return targets.data.length / size;
}

function checkExamples(dataset: Dataset, split: Split, inputs: ArrayData, targets: ArrayData): void {
  const refuse = (message: string): never => {
    throw new LabError('RUN', `${dataset.name}, split ${split}: ${message}`);
  };
  const [count = 0, ...shape] = inputs.shape;
  if (count === 0) refuse('has no examples');
  if (targets.shape[0] !== count) refuse(`${count} inputs and ${targets.shape[0] ?? 0} targets`);
  if (shape.join() !== dataset.inputShape.join()) {
    refuse(`inputs of shape [${shape.join(', ')}], and the dataset says [${dataset.inputShape.join(', ')}]`);
  }
  const classes = dataset.classNames.length;
  if (classes === 0) return;
  if (targets.dtype !== 'int32') {
    refuse(
      `targets ${targets.dtype}[${targets.shape.join(', ')}]; class numbers are int32[n], or int32[n, ...] with several to an example`,
    );
  }
  const outside = targets.data.findIndex((value) => value < 0 || value >= classes);
  if (outside >= 0)
    refuse(`target ${outside} is class ${targets.data[outside]}, and there are ${classes} classes`);
}
