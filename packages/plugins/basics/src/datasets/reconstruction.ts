import { DTypeError } from '@core/tensor';
import type { Dataset } from '@core/registry';

/**
 * Another dataset's inputs, to be given back: what autoencoders learn. Splits, inputs and pictures are the dataset's own;
 * its targets are left out.
 *
 * Shapes: inputs [n, ...inputShape] as they were, targets [n, size] the same flattened, as `basics/mlp` gives them.
 * @throws `load` throws DTypeError for inputs that are numbers of things (tokens) rather than values
 */
export function reconstruction(dataset: Dataset): Dataset {
  return {
    name: `${dataset.name}, to be reconstructed`,
    inputShape: dataset.inputShape,
    classNames: [],
    splits: dataset.splits,
    size: (split) => dataset.size(split),
    load: async (split) => {
      const { inputs, targets } = await dataset.load(split);
      targets.dispose();
      if (inputs.dtype === 'int32')
        throw new DTypeError(
          `reconstruction: the inputs of ${dataset.name} are int32 numbers of things; an autoencoder needs float values`,
        );
      return { inputs, targets: inputs.flatten(1) };
    },
    ...(dataset.picture === undefined
      ? {}
      : { picture: async (split, index) => dataset.picture!(split, index) }), // found there just now
  };
}
