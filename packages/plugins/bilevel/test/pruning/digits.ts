import type { Dataset } from '@core/registry';
import { avgPool2d, type Tensor } from '@core/tensor';
import { digits } from '@plugins/basics';

/** Real digits (MNIST) of 8 x 8 pixels: the inner 24 x 24, each 3 x 3 averaged. */
export function smallDigits(train: number, test: number, seed = 0): Dataset {
  const whole = digits({ train, test, seed });
  const small = (inputs: Tensor): Tensor =>
    avgPool2d(inputs.slice([0, 0, 2, 2], [inputs.shape[0] ?? 0, 1, 26, 26]), 3, { stride: 3 });
  return {
    name: 'Digits of 8 x 8 pixels',
    inputShape: [1, 8, 8],
    classNames: whole.classNames,
    splits: whole.splits,
    size: (split) => whole.size(split),
    load: async (split) => {
      const { inputs, targets } = await whole.load(split);
      return { inputs: small(inputs), targets };
    },
  };
}
