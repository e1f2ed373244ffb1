import type { Examples } from '@core/registry';
import { ArgumentError, take, tensor, type Tensor } from '@core/tensor';
import type { Splits } from './classification.js';
import { numbersOf } from './shared.js';

/** Points of two classes. */
export interface Points {
  /** [n, d] */
  readonly inputs: Tensor;
  /** [n], 1 for the first class and -1 for the second. */
  readonly signs: Tensor;
}

/**
 * The examples of two classes as points, moved and scaled alike in all splits so that those of training have mean 0 and mean square
 * length 1.
 *
 * @throws ArgumentError where a split has none of a class
 */
export function twoClasses(
  owner: string,
  { train, validation, test }: Splits,
  classes: readonly [number, number],
): Readonly<Record<keyof Splits, Points>> {
  const chosen = (split: string, { inputs, targets }: Examples): Points => {
    const labels = numbersOf(targets);
    const rows = labels.flatMap((label, i) => (classes.includes(label) ? [i] : []));
    for (const one of classes)
      if (!labels.includes(one))
        throw new ArgumentError(
          `${owner}: classes must be in the dataset, ${split} has no example of ${one}`,
        );
    const at = tensor(rows).cast('int32');
    const signs = tensor(
      rows.map((i) => (labels[i] === classes[0] ? 1 : -1)),
      { dtype: inputs.dtype },
    );
    return { inputs: take(inputs, at).reshape([rows.length, -1]), signs };
  };
  const points = {
    train: chosen('train', train),
    validation: chosen('validation', validation),
    test: chosen('test', test),
  };
  const mean = points.train.inputs.mean(0);
  const length = points.train.inputs.sub(mean).square().sum(1).mean().sqrt();
  const placed = ({ inputs, signs }: Points): Points => ({ inputs: inputs.sub(mean).div(length), signs });
  return { train: placed(points.train), validation: placed(points.validation), test: placed(points.test) };
}
