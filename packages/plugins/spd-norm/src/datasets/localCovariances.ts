import { atLeastOne, checkOptions, flag, fraction, nonNegative, type Rule } from '@core/registry/checks'; // prettier-ignore
import { ArgumentError, ShapeError, concat, linspace, stack, tensor, type Tensor } from '@core/tensor';
import type { Dataset } from '@core/registry';
import { covariancePool } from '../layers/covPool.js';

/** What is measured at every pixel. */
export const pixelFeatures = ['position', 'intensity', 'gradients', 'secondDerivatives'] as const;
export type PixelFeature = (typeof pixelFeatures)[number];

export interface LocalCovariancesOptions {
  /**
   * Positions x and y in [0, 1]; intensities of all colours; and, of the mean colour, the first and second derivatives along x and y.
   * Default all: 7 features of grey pictures, 9 of coloured ones.
   */
  readonly features?: readonly PixelFeature[];
  /** Derivatives by their sizes. Default true. */
  readonly absolute?: boolean;
  /** Windows along each side. With one, examples are [d, d], else [windows², d, d]. Default 1. */
  readonly windows?: number;
  /** Side of a window in pixels. Default: windows share the picture without overlap. */
  readonly windowSize?: number;
  /** Added to the diagonal. Default 1e-5: pictures have even grounds. */
  readonly epsilon?: number;
  /** Share of tr(C)/d I. Default 0. */
  readonly shrinkage?: number;
}

const owner = 'localCovariances';
const rules: Readonly<Record<keyof LocalCovariancesOptions, Rule>> = {
  features: {
    words: `some of ${pixelFeatures.join(', ')}`,
    holds: (value) =>
      Array.isArray(value) &&
      value.length > 0 &&
      value.every((one) => pixelFeatures.includes(one as PixelFeature)),
  },
  absolute: flag,
  windows: atLeastOne,
  windowSize: atLeastOne,
  epsilon: nonNegative,
  shrinkage: fraction,
};

/** Pictures that are turned at a time: what is computed of them takes some hundred times their memory. */
const chunk = 500;

/**
 * Another dataset's pictures as region covariances: the covariance, over the pixels of a window, of what is measured at each pixel.
 * Targets and splits are the dataset's own. float64 [n, d, d], or [n, windows², d, d] row by row.
 *
 * Derivatives are (-1, 0, 1)/2 and (1, -2, 1), with the edge repeated. A covariance knows nothing of the mean intensity, and of
 * places only what they have to do with the rest: texture more than shape.
 *
 * @throws ArgumentError for options that make no sense; ShapeError for a dataset whose examples are no pictures [channels, height, width]
 * Source: Tuzel, Porikli and Meer 2006, Region Covariance: features (x, y, colours, |I_x|, |I_y|, |I_xx|, |I_yy|), absolute by default.
 */
export function localCovariances(dataset: Dataset, options: LocalCovariancesOptions = {}): Dataset {
  checkOptions(owner, options, rules);
  const { windows = 1, epsilon = 1e-5, shrinkage = 0 } = options;
  const [channels = 0, height = 0, width = 0] = dataset.inputShape;
  if (dataset.inputShape.length !== 3)
    throw new ShapeError(
      `${owner}: examples of the dataset must be pictures [channels, height, width], those of ${dataset.name} are [${dataset.inputShape.join(',')}]`,
    );
  const { windowSize = Math.floor(Math.min(height, width) / windows) } = options;
  if (windowSize < 2 || windowSize > Math.min(height, width))
    throw new ArgumentError(
      `${owner}: windowSize must be from 2 to the picture's ${Math.min(height, width)}, got ${windowSize} (windows ${windows})`,
    );
  const features = featureMaker(options);
  const corners = (side: number): number[] =>
    Array.from({ length: windows }, (_, i) =>
      // In the middle if there is one.
      Math.round((side - windowSize) * (windows === 1 ? 0.5 : i / (windows - 1))),
    );
  const size = countFeatures(options, channels);
  const describe = (pictures: Tensor): Tensor => {
    const measured = features(pictures.cast('float64'));
    const whole = windows === 1 && options.windowSize === undefined;
    if (whole) return covariancePool(measured.flatten(2), { epsilon, shrinkage });
    const parts = corners(height).flatMap((top) =>
      corners(width).map((left) =>
        measured.at(null, null, [top, top + windowSize], [left, left + windowSize]),
      ),
    );
    const all = stack(parts, 1);
    const covariances = covariancePool(all.flatten(3), { epsilon, shrinkage });
    return windows === 1 ? covariances.squeeze(1) : covariances;
  };
  return {
    name: `${dataset.name}, region covariances`,
    inputShape: windows === 1 ? [size, size] : [windows ** 2, size, size],
    classNames: dataset.classNames,
    splits: dataset.splits,
    size: (split) => dataset.size(split),
    load: async (split) => {
      const { inputs, targets } = await dataset.load(split);
      const count = inputs.shape[0]!;
      const parts = Array.from({ length: Math.ceil(count / chunk) }, (_, i) =>
        describe(inputs.at([i * chunk, Math.min((i + 1) * chunk, count)])),
      );
      inputs.dispose();
      return { inputs: concat(parts, 0), targets };
    },
    ...(dataset.picture === undefined
      ? {}
      : { picture: async (split, index) => dataset.picture!(split, index) }), // found there just now
  };
}

function countFeatures({ features = pixelFeatures }: LocalCovariancesOptions, channels: number): number {
  const counts: Readonly<Record<PixelFeature, number>> = {
    position: 2,
    intensity: channels,
    gradients: 2,
    secondDerivatives: 2,
  };
  return features.reduce((sum, feature) => sum + counts[feature], 0);
}

/** Pictures [n, channels, height, width] to features [n, d, height, width]. */
function featureMaker({ features = pixelFeatures, absolute = true }: LocalCovariancesOptions) {
  const size = absolute ? (x: Tensor): Tensor => x.abs() : (x: Tensor): Tensor => x;
  return (pictures: Tensor): Tensor => {
    const [count = 0, , height = 0, width = 0] = pictures.shape;
    const grey = pictures.mean(1, { keepDims: true });
    const place = (length: number): Tensor => linspace(0, 1, length, { dtype: 'float64' });
    const spread = (x: Tensor): Tensor => x.broadcastTo([count, 1, height, width]);
    const makers: Readonly<Record<PixelFeature, () => readonly Tensor[]>> = {
      position: () => [spread(place(width)), spread(place(height).expandDims(-1))],
      intensity: () => [pictures],
      gradients: () =>
        [-1, -2].map((axis) =>
          size(
            shifted(grey, axis, 1)
              .sub(shifted(grey, axis, -1))
              .mul(0.5),
          ),
        ),
      secondDerivatives: () =>
        [-1, -2].map((axis) =>
          size(
            shifted(grey, axis, 1)
              .add(shifted(grey, axis, -1))
              .sub(grey.mul(2)),
          ),
        ),
    };
    return concat(
      features.flatMap((feature) => makers[feature]()),
      1,
    );
  };
}

/** The neighbour's values along an axis, with the edge repeated. */
function shifted(x: Tensor, axis: number, by: number): Tensor {
  const length = x.shape.at(axis)!;
  const places = Array.from({ length }, (_, i) => Math.min(Math.max(i + by, 0), length - 1));
  return x.take(tensor(places, { dtype: 'int32' }), axis);
}
