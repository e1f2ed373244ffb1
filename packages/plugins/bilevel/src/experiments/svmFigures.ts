import type { Figure, Scores } from '@core/registry';
import { bars } from './bars.js';

export interface MarginFigureOptions {
  /** 1 where a training label is right, else 0. */
  readonly clean: readonly number[];
  /** Machines with one c for all points. */
  readonly curve: readonly { readonly c: number; readonly scores: Scores }[];
  readonly references: Readonly<Record<string, Scores>>;
}

/** What solvers found for c: beside a single one, and as histograms. */
export function drawMargins(
  found: readonly { readonly name: string; readonly scores: Scores; readonly c: readonly number[] }[],
  { clean, curve, references }: MarginFigureOptions,
): Figure[] {
  const loss = (scores: Scores): number => scores.validationLoss ?? 0;
  const [first, last] = [curve[0]?.c ?? 0, curve.at(-1)?.c ?? 1];
  const flipped = clean.includes(0);
  return [
    bars('Test accuracy', 'Of machines trained to the end with the found c; grey: one c for all points.', [
      ...Object.entries(references).map(([name, { accuracy = 0 }]) => ({
        name,
        value: accuracy,
        reference: true,
      })),
      ...found.map(({ name, scores }) => ({ name, value: scores.accuracy ?? 0 })),
    ]),
    {
      title: 'Validation loss against a single c',
      caption: 'The curve has one c for all points; the level lines are what solvers found.',
      kind: 'lines',
      x: 'c',
      y: 'validation loss',
      lines: [
        { name: 'one c', points: curve.map(({ c, scores }) => [c, loss(scores)] as const) },
        ...found.map(({ name, scores }) => ({
          name,
          points: [[first, loss(scores)] as const, [last, loss(scores)] as const],
        })),
      ],
    },
    ...found.map(({ name, c }) => ({
      title: `Hyperparameters by ${name}`,
      caption: 'c of each training point; points with a small one hardly count.',
      kind: 'histogram' as const,
      x: 'c',
      groups: [
        { name: flipped ? 'right labels' : 'training points', values: c.filter((_, i) => clean[i] === 1) },
        ...(flipped ? [{ name: 'flipped labels', values: c.filter((_, i) => clean[i] === 0) }] : []),
      ],
    })),
  ];
}
