import type { Dataset, Picture, Split } from '@core/registry';
import { tree, type Tree } from '@core/tensor';
import { encode } from 'fast-png';
import type { Confusion, Mistake, PngPicture, ReportData } from '../report/data.js';
import { answersOf, type HostExamples } from './data.js';
import type { Predictions } from './evaluate.js';

/** Counts how often each class was taken for each. */
export function confusionOf(
  trial: string,
  classes: readonly string[],
  targets: ArrayLike<number>,
  predictions: Predictions,
): Confusion {
  const counts = classes.map(() => classes.map(() => 0));
  predictions.classes.forEach((predicted, index) => {
    const row = counts[targets[index] ?? -1];
    if (row?.[predicted] !== undefined) row[predicted] += 1;
  });
  return { trial, classes, counts };
}

/** At most so many pictures of mistakes are shown. */
const shownMistakes = 36;

/** The mistakes that the model was surest of, as pictures; nothing for data that has none. */
export async function mistakesOf(
  trial: string,
  dataset: Dataset,
  split: Split,
  examples: HostExamples,
  predictions: Predictions,
): Promise<NonNullable<ReportData['mistakes']> | undefined> {
  if (answersOf(examples) !== 1) return undefined;
  const wrong = Array.from(predictions.classes.keys())
    .filter((index) => predictions.classes[index] !== examples.targets.data[index])
    .sort((a, b) => (predictions.confidence[b] ?? 0) - (predictions.confidence[a] ?? 0));
  const shown: Mistake[] = [];
  for (const index of wrong.slice(0, shownMistakes)) {
    const picture = await pictureOf(dataset, split, examples, index);
    if (picture === undefined) return undefined;
    const name = (c: number | undefined): string => dataset.classNames[c ?? -1] ?? String(c);
    shown.push({
      index,
      actual: name(examples.targets.data[index]),
      predicted: name(predictions.classes[index]),
      confidence: predictions.confidence[index] ?? 0,
      picture: toPng(picture),
    });
  }
  return { trial, total: wrong.length, shown };
}

/** The dataset's own picture, or one drawn from inputs that look like a picture: `[1 or 3, height, width]`. */
async function pictureOf(
  dataset: Dataset,
  split: Split,
  { inputs }: HostExamples,
  index: number,
): Promise<Picture | undefined> {
  if (dataset.picture !== undefined) return dataset.picture(split, index);
  const [channels, height, width] = inputs.shape.slice(1);
  if (height === undefined || width === undefined || (channels !== 1 && channels !== 3)) return undefined;
  const area = height * width;
  const values = Float64Array.from(
    inputs.data.subarray(index * channels * area, (index + 1) * channels * area),
  );
  const low = values.reduce((least, value) => Math.min(least, value), Infinity);
  const high = values.reduce((most, value) => Math.max(most, value), -Infinity);
  const pixels = Uint8Array.from({ length: channels * area }, (_, i) => {
    const value = values[(i % channels) * area + Math.floor(i / channels)] ?? low;
    return Math.round((255 * (value - low)) / (high - low || 1));
  });
  return { width, height, channels, pixels };
}

function toPng({ width, height, channels, pixels }: Picture): PngPicture {
  return { width, height, png: encode({ width, height, channels, depth: 8, data: pixels }) };
}

/** Weights of the first layer as pictures, where they have the shape of small pictures. */
export async function filtersOf(
  trial: string,
  params: Tree,
  inputShape: readonly number[],
): Promise<ReportData['filters']> {
  const [channels = 0, height = 0, width = 0] = inputShape;
  if (inputShape.length !== 3) return undefined;
  const leaves = tree.leaves(params);
  const paths = tree.paths(params);
  const inputs = channels * height * width;
  const at = leaves.findIndex(
    ({ shape }) =>
      (shape.length === 4 && shape[1] === channels) || (shape.length === 2 && shape[0] === inputs),
  );
  const weight = leaves[at];
  if (weight === undefined) return undefined;
  const data = await weight.data();
  const convolution = weight.shape.length === 4;
  const [count = 0, , rows = 0, columns = 0] = convolution
    ? weight.shape
    : [weight.shape[1] ?? 0, channels, height, width];
  const area = rows * columns;
  const pictures = Array.from({ length: Math.min(count, 32) }, (_, filter) => {
    // Channels are averaged: colour filters are shown as one picture of signs.
    const values = Float64Array.from({ length: area }, (_, pixel) => {
      let sum = 0;
      for (let c = 0; c < channels; c++) {
        const position = convolution
          ? (filter * channels + c) * area + pixel
          : (c * area + pixel) * count + filter;
        sum += data[position] ?? 0;
      }
      return sum / channels;
    });
    return signedPicture(values, columns, rows);
  });
  return { trial, path: paths[at] ?? '', shape: weight.shape, pictures };
}

/** Positive values towards blue, negative towards red, zero white; scaled by the largest size. */
function signedPicture(values: Float64Array, width: number, height: number): PngPicture {
  const most = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) || 1;
  const pixels = new Uint8Array(values.length * 3);
  const [blue, red] = [
    [28, 79, 214],
    [209, 60, 84],
  ] as const;
  values.forEach((value, i) => {
    const target = value > 0 ? blue : red;
    const share = Math.abs(value) / most;
    target.forEach((end, channel) => (pixels[i * 3 + channel] = Math.round(250 + (end - 250) * share)));
  });
  return toPng({ width, height, channels: 3, pixels });
}
