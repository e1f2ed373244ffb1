import type { Figure, Found, Scores } from '@core/registry';
import { tree, type Tree } from '@core/tensor';
import type { Point } from '../problem.js';
import { bars } from './bars.js';
import { numbersOf } from './shared.js';

export interface DecayFigureOptions {
  /** Models with one decay for all parameters. */
  readonly single: readonly { readonly decay: number; readonly scores: Scores }[];
  /** [1, height, width] where there is something to draw. */
  readonly inputShape: readonly number[];
  readonly references: Readonly<Record<string, Scores>>;
}

/** What decays solvers found: beside single ones, as histograms, and of linear models of grey pictures as pictures. */
export function drawDecays(
  found: readonly Found<Point<Tree, Tree>>[],
  { single, inputShape, references }: DecayFigureOptions,
): Figure[] {
  const [first, last] = [single[0]?.decay ?? 1, single.at(-1)?.decay ?? 1];
  const loss = (scores: Scores): number => scores.loss ?? 0;
  return [
    bars('Test accuracy', 'Of models trained to the end with the found decays; grey: one decay for all.', [
      ...Object.entries(references).map(([name, { accuracy = 0 }]) => ({
        name,
        value: accuracy,
        reference: true,
      })),
      ...found.map(({ name, scores }) => ({ name, value: scores.accuracy ?? 0 })),
    ]),
    {
      title: 'Test loss against a single decay',
      caption: 'The curve has one decay for all parameters; the level lines are what solvers found.',
      kind: 'lines',
      x: 'decay',
      y: 'test loss',
      logarithmic: ['x'],
      lines: [
        { name: 'one decay', points: single.map(({ decay, scores }) => [decay, scores.loss ?? 0] as const) },
        ...found.map(({ name, scores }) => ({
          name,
          points: [[first, loss(scores)] as const, [last, loss(scores)] as const],
        })),
      ],
    },
    {
      title: 'Decays that were found',
      caption: 'Powers of ten, a value for each parameter or tensor of parameters.',
      kind: 'histogram',
      x: 'log10 of the decay',
      groups: found.map(({ name, solution }) => ({
        name,
        values: tree.leaves(solution.x).flatMap((leaf) => numbersOf(leaf).map((x) => x / Math.LN10)),
      })),
    },
    ...found.flatMap(({ name, solution }) => picture(name, solution.x, inputShape)),
  ];
}

/** Decays of the weights of each pixel, their mean over classes, from blue (small) to red; none where x is no weight of pixels. */
function picture(name: string, x: Tree, [channels, height = 0, width = 0]: readonly number[]): Figure[] {
  const weight = tree.leaves(x).find(({ shape }) => shape.length === 2 && shape[1] === height * width);
  if (channels !== 1 || weight === undefined || tree.leaves(x).length > 2) return [];
  const values = numbersOf(weight.mean(0)).map((value) => value / Math.LN10);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const cells = values.map((value, i) => {
    const t = high > low ? (value - low) / (high - low) : 0.5;
    const color = `rgb(${Math.round(40 + 200 * t)},70,${Math.round(240 - 200 * t)})`;
    return `<rect x="${i % width}" y="${Math.floor(i / width)}" width="1.02" height="1.02" fill="${color}"/>`;
  });
  return [
    {
      title: `Decay by pixel, ${name}`,
      caption:
        `Mean over the classes of the logarithm, from 10^${low.toFixed(1)} (blue) to 10^${high.toFixed(1)} (red). ` +
        'Pixels that are never lit keep the decay of the start.',
      kind: 'svg',
      svg: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}">${cells.join('')}</svg>`,
    },
  ];
}
