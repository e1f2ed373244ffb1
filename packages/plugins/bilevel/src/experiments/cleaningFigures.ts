import type { Figure, Found, Scores } from '@core/registry';
import { bars } from './bars.js';
import { keptScores } from './keptScores.js';

const thresholds = Array.from({ length: 51 }, (_, i) => i / 50);

/** What solvers made of wrong labels: weights by example, and whose labels were right. */
export function drawCleaning(
  found: readonly (Omit<Found, 'solution'> & { readonly weights: readonly number[] })[],
  clean: readonly number[],
  references: Readonly<Record<string, Scores>>,
): Figure[] {
  const chance = keptScores(clean.map(() => 1), clean).f1; // prettier-ignore
  const accuracies = (of: readonly { name: string; scores: Scores }[], reference: boolean) =>
    of.map(({ name, scores }) => ({ name, value: scores.accuracy ?? 0, reference }));
  return [
    bars('Test accuracy', 'Grey: models trained without cleaning, and on what cleaning cannot know.', [
      ...accuracies(Object.entries(references).map(([name, scores]) => ({ name, scores })), true), // prettier-ignore
      ...accuracies(found, false),
    ]),
    {
      title: 'F1 of the kept examples',
      caption: `Examples with weights above the threshold as a guess at those with right labels. Keeping all gives ${chance.toFixed(3)}.`,
      kind: 'lines',
      x: 'threshold',
      y: 'F1',
      lines: found.map(({ name, weights }) => ({
        name,
        points: thresholds.map((at) => [at, keptScores(weights, clean, at).f1] as const),
      })),
    },
    ...found.map(({ name, weights }) => ({
      title: `Weights by ${name}`,
      caption: 'A weight for each training example; those of wrong labels should be near 0.',
      kind: 'histogram' as const,
      x: 'weight',
      groups: [
        { name: 'right labels', values: weights.filter((_, i) => clean[i] === 1) },
        { name: 'wrong labels', values: weights.filter((_, i) => clean[i] !== 1) },
      ],
    })),
  ];
}
