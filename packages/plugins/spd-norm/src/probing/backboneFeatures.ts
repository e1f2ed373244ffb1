import type { Dataset, Examples, Split } from '@core/registry';
import { check, wholeNumber } from '@core/registry/checks';
import { ArgumentError, random, tree, type Tensor } from '@core/tensor';
import { patchTransformer, type PatchTransformerParams } from './patchTransformer.js';
import {
  examplesOf,
  featuresOf,
  networkOf,
  partsOf,
  pretrain,
  rowsOf,
  trainedOn,
  type PretrainingOptions,
} from './pretraining.js';

export interface BackboneFeaturesOptions extends PretrainingOptions {
  /** Of the backbone's training. Default 0. */
  readonly seed?: number;
  /** A backbone that was trained elsewhere, as `patchTransformer` has it; nothing is trained then. */
  readonly parameters?: PatchTransformerParams;
}

/**
 * Another dataset's pictures as a frozen backbone sees them: tokens [n, 1 + patches, width], the class token first.
 *
 * The backbone is a small vision transformer that is trained, at the first `load`, on the pictures of the train split that are of
 * `pretrainClasses`; the examples here are those of `classes`, numbered from 0 in that order. By default these are the classes that the
 * backbone has not seen: `{ pretrainClasses: [0, 1, 2, 3, 4] }` of ten digits leaves 5 to 9. The dataset's name says what the backbone was
 * trained on. The same seed gives the same features.
 *
 * @throws ArgumentError for classes that are not there; ShapeError for pictures that patches do not divide
 */
export async function backboneFeatures(
  dataset: Dataset,
  options: BackboneFeaturesOptions = {},
): Promise<Dataset> {
  const owner = 'backboneFeatures';
  const { seed = 0, parameters, ...training } = options;
  check(owner, 'seed', seed, wholeNumber);
  const parts = partsOf(owner, dataset, training);
  const network = networkOf(training);
  const { params: like, outputShape } = patchTransformer(network).init(random.key(0), dataset.inputShape);
  if (parameters !== undefined) checkParameters(owner, parameters, like);
  const rows = new Map<Split, readonly number[]>();
  for (const split of dataset.splits) {
    const { inputs, targets } = await dataset.load(split);
    rows.set(split, rowsOf(targets, parts.probed));
    inputs.dispose();
    targets.dispose();
  }
  const rowsIn = (split: Split): readonly number[] => {
    const found = rows.get(split);
    if (found !== undefined) return found;
    throw new ArgumentError(
      `${owner}: there is no split ${String(split)}; it has ${dataset.splits.join(', ')}`,
    );
  };
  const train = async (): Promise<PatchTransformerParams> => {
    const seen = await examplesOf(dataset, 'train', parts.pretrained);
    return pretrain(seen, parts.pretrained.length, training, random.key(seed)).backbone;
  };
  let backbone: Promise<PatchTransformerParams> | undefined;
  const about = parameters === undefined ? trainedOn(dataset, parts) : 'trained elsewhere';
  return {
    name: `${dataset.name}: features of a backbone ${about}`,
    inputShape: outputShape,
    classNames: parts.probed.map((one) => dataset.classNames[one] ?? `${one}`),
    splits: dataset.splits,
    size: (split) => rowsIn(split).length,
    load: async (split): Promise<Examples> => {
      rowsIn(split);
      backbone ??= parameters === undefined ? train() : Promise.resolve(parameters);
      const params = await backbone;
      const { inputs, targets } = await examplesOf(dataset, split, parts.probed);
      return { inputs: featuresOf(network, params, inputs), targets };
    },
    ...(dataset.picture === undefined
      ? {}
      : { picture: async (split, index) => dataset.picture!(split, rowsIn(split)[index] ?? -1) }), // found there just now
  };
}

function checkParameters(owner: string, given: PatchTransformerParams, like: PatchTransformerParams): void {
  const shapes = (of: PatchTransformerParams): string =>
    tree
      .paths(of)
      .map((path, i) => `${path} [${(tree.leaves(of)[i] as Tensor).shape.join(',')}]`)
      .join(', ');
  if (shapes(given) !== shapes(like))
    throw new ArgumentError(
      `${owner}: parameters must be those of patchTransformer with the same options, ${shapes(like)}; got ${shapes(given)}`,
    );
}
