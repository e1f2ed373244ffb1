import type { Figure } from '@core/registry';

/** What a solver's weights led to: the AUC by class, and the weights of the training examples. */
export interface Areas {
  readonly name: string;
  readonly areas: readonly number[];
  readonly weights: readonly number[];
}

/** AUC by class for solvers and references, and each solver's weights of examples with right and with wrong labels. */
export function drawAreas(
  found: readonly Areas[],
  references: Readonly<Record<string, readonly number[]>>,
  right: readonly boolean[],
  classNames: readonly string[],
): readonly Figure[] {
  const all = [...found, ...Object.entries(references).map(([name, areas]) => ({ name, areas }))];
  return [
    {
      kind: 'lines',
      title: 'AUC by class',
      caption:
        `On test, of classifiers trained to the end with the weights found. Classes in order: ${classNames.join(', ')}. ` +
        'Right labels alone is what weights could reach at best.',
      x: 'class',
      y: 'AUC',
      lines: all.map(({ name, areas }) => ({ name, points: areas.map((area, i) => [i, area] as const) })),
    },
    ...found.map(({ name, weights }): Figure => {
      const group = (kept: boolean): readonly number[] => weights.filter((_, j) => right[j] === kept);
      return {
        kind: 'histogram',
        title: `Weights of training examples, ${name}`,
        caption: 'The solver was not told which labels are wrong; all weights begin at one half.',
        x: 'weight',
        groups: [
          { name: 'right labels', values: group(true) },
          { name: 'wrong labels', values: group(false) },
        ].filter(({ values }) => values.length > 0),
      };
    }),
  ];
}
