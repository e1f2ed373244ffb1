import type { Dataset, Examples } from '@core/registry';
import { show } from '@core/registry/checks';
import { ArgumentError, concat, onesLike, random, where, type Tensor } from '@core/tensor';

/** Rows of features and their class numbers, [n]. */
export interface Rows {
  readonly features: Tensor;
  readonly labels: Tensor;
}

export interface PooledClasses {
  /** With some labels replaced by the next class. */
  readonly train: Rows;
  /** Whether each training label is what it was, [n]. */
  readonly right: readonly boolean[];
  readonly validation: Rows;
  readonly test: Rows;
}

/** Mean of |features|² over training examples: step sizes of order 1 suit logistic losses then. */
const meanSquare = 16;

/**
 * Pictures of a dataset's three splits as short rows: mean grey of squares of `pool` pixels, less the training mean, and a 1 at the end;
 * float64. A share of the training labels is replaced by the next class, which misleads more than any class would.
 *
 * @throws ArgumentError for a dataset that lacks a split, has no classes or no pictures of such a size
 */
export async function pooledClasses(
  owner: string,
  dataset: Dataset,
  { pool, corrupted }: { readonly pool: number; readonly corrupted: number },
  key: Tensor,
): Promise<PooledClasses> {
  const { name, splits, classNames, inputShape } = dataset;
  const missing = ['train', 'validation', 'test'].filter((split) => !(splits as readonly string[]).includes(split)); // prettier-ignore
  if (missing.length > 0)
    throw new ArgumentError(
      `${owner}: dataset must have the splits train, validation and test, ${name} has no ${missing.join(' and ')}; an option such as ` +
        'validation: 300 may make one',
    );
  const classes = classNames.length;
  if (classes < 2)
    throw new ArgumentError(`${owner}: dataset must have classes, the targets of ${name} are values`);
  const [channels = 0, height = 0, width = 0] = inputShape;
  if (inputShape.length !== 3 || height % pool !== 0 || width % pool !== 0)
    throw new ArgumentError(
      `${owner}: dataset must have pictures [channels, height, width] that squares of ${pool} pixels fill, ${name} has [${inputShape.join()}]`,
    );
  const [train, validation, test] = await Promise.all([dataset.load('train'), dataset.load('validation'), dataset.load('test')]); // prettier-ignore
  const pooled = ({ inputs }: Examples): Tensor =>
    inputs
      .cast('float64')
      .reshape([-1, channels, height / pool, pool, width / pool, pool])
      .mean([3, 5])
      .reshape([inputs.shape[0] ?? 0, (channels * height * width) / pool ** 2]);
  const raw = pooled(train);
  const mean = raw.mean(0);
  const scale = raw.sub(mean).square().sum(1).mean().div(meanSquare).sqrt();
  const rows = (of: Examples): Rows => {
    if (of.targets.ndim !== 1)
      throw new ArgumentError(
        `${owner}: dataset must have one class for each example, got ${show(of.targets)}`,
      );
    const centred = pooled(of).sub(mean).div(scale);
    const one = onesLike(centred.slice([0, 0], [centred.shape[0] ?? 0, 1]));
    return { features: concat([centred, one], 1), labels: of.targets.cast('int32') };
  };
  const clean = rows(train);
  const held = { validation: rows(validation), test: rows(test) };
  for (const [split, { labels }] of Object.entries(held)) {
    const seen = new Set(Array.from(labels.dataSync(), Number));
    const absent = classNames.filter((_, i) => !seen.has(i));
    if (absent.length > 0)
      throw new ArgumentError(
        `${owner}: every class must have a ${split} example, ${name} has none of ${absent.join(', ')}; take more`,
      );
  }
  const n = clean.labels.size;
  const wrong = random.permutation(key, n).less(Math.round(corrupted * n));
  const other = clean.labels.add(1).remainder(classes);
  return {
    train: { features: clean.features, labels: where(wrong, other, clean.labels).cast('int32') },
    right: Array.from(wrong.dataSync(), (value) => Number(value) === 0),
    ...held,
  };
}
