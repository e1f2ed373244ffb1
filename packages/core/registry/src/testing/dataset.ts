import type { Dataset, Split } from '../kinds/dataset.js';
import { bitsOf, law, must, mustBeFinite, mustRefuse, numbersOf, type Law, type Make } from './law.js';

export interface DatasetLawOptions {
  /** Pictures looked at in each split. Default 3. */
  readonly pictures?: number;
}

export function datasetLaws(make: Make<Dataset>, { pictures = 3 }: DatasetLawOptions = {}): readonly Law[] {
  const everySplit = async (check: (dataset: Dataset, split: Split) => Promise<void>): Promise<void> => {
    const dataset = await make();
    must(dataset.splits.length > 0, () => 'the dataset has no splits');
    for (const split of dataset.splits) await check(dataset, split);
  };
  return [
    law('each split has the size and shape that were announced', () =>
      everySplit(async (dataset, split) => {
        const { inputs, targets } = await dataset.load(split);
        const wanted = [dataset.size(split), ...dataset.inputShape].join(',');
        must(
          inputs.shape.join(',') === wanted,
          () => `${split}: inputs are [${inputs.shape.join(',')}], announced was [${wanted}]`,
        );
        must(
          targets.shape[0] === dataset.size(split),
          () => `${split}: ${String(targets.shape[0])} targets for ${String(dataset.size(split))} inputs`,
        );
        mustBeFinite(inputs, `${split} inputs`);
      }),
    ),
    law('targets are numbers of the named classes', () =>
      everySplit(async (dataset, split) => {
        const { targets } = await dataset.load(split);
        const classes = dataset.classNames.length;
        if (classes === 0) return;
        must(
          targets.dtype === 'int32' && targets.ndim >= 1,
          () =>
            `${split}: targets are ${targets.dtype} of rank ${String(targets.ndim)}, wanted int32 [n, ...]`,
        );
        const wrong = (numbersOf(targets)[0] ?? []).find((target) => target < 0 || target >= classes);
        must(wrong === undefined, () => `${split}: target ${String(wrong)} with ${String(classes)} classes`);
      }),
    ),
    law('loading twice gives the same examples', () =>
      everySplit(async (dataset, split) => {
        const first = bitsOf({ ...(await dataset.load(split)) });
        must(bitsOf({ ...(await dataset.load(split)) }) === first, () => `${split}: a second load differs`);
      }),
    ),
    law('splits differ', async () => {
      const dataset = await make();
      const seen = new Map<string, Split>();
      for (const split of dataset.splits) {
        const bits = bitsOf((await dataset.load(split)).inputs);
        const same = seen.get(bits);
        must(same === undefined, () => `${split} and ${String(same)} hold the same examples`);
        seen.set(bits, split);
      }
    }),
    law('pictures have the bytes that their size says', () =>
      everySplit(async (dataset, split) => {
        if (dataset.picture === undefined) return;
        for (let index = 0; index < Math.min(pictures, dataset.size(split)); index++) {
          const { width, height, channels, pixels } = await dataset.picture(split, index);
          const wanted = width * height * channels;
          must(
            pixels.length === wanted,
            () => `${split} ${String(index)}: ${String(pixels.length)} bytes, wanted ${String(wanted)}`,
          );
        }
      }),
    ),
    law('an unknown split is refused', async () => {
      const dataset = await make();
      // The cast is what a recipe's typo amounts to.
      await mustRefuse('split "trian"', () => dataset.size('trian' as Split));
      await mustRefuse('split "trian"', () => dataset.load('trian' as Split));
    }),
  ];
}
