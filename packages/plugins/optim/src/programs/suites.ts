import type { Suite } from './fitness.js';
import type { ClassifierSpec } from './classifierTask.js';
import type { SlopeSpec } from './slopeTask.js';

/*
 * What programs are tried on. The search's own tasks are small and reward what large, noisy, unfinished training rewards;
 * those of the funnel are larger, of other seeds and partly of other kinds, so that what only fits the search's is found out.
 */

const rates = [0.03, 0.1, 0.3];
const smallRates = [0.003, 0.01, 0.03, 0.1];

const slope = (seed: number, others: Partial<SlopeSpec> = {}) => ({
  task: {
    kind: 'slope',
    seed,
    dimension: 48,
    steps: 400,
    distance: 20,
    noise: [1, 30],
    drift: 1,
    ...others,
  } as const,
  learningRates: rates,
  longestStep: 0.35,
});
const classifier = (seed: number, others: Partial<ClassifierSpec> = {}) => ({
  task: {
    kind: 'classifier',
    seed,
    side: 5,
    classes: 4,
    hidden: [6],
    examples: 100,
    batch: 25,
    steps: 150,
    noise: 0.5,
    wrongLabels: 0.3,
    ...others,
  } as const,
  learningRates: smallRates,
});

export interface Stage {
  readonly suite: Suite;
  /** At most so many programs go on from here. */
  readonly keep: number;
}

const far = { distance: 40 };
const drifting = { distance: 10, noise: [0.3, 10], drift: 100 } as const;
const uneven = { distance: 10, noise: [0.1, 30], drift: 10 } as const;

/** The tasks of the search: three fields of slopes (far, drifting, of uneven noise) and a tiny network. */
export const searchSuite: Suite = [slope(1, far), slope(2, drifting), slope(3, uneven), classifier(1)];

/** The funnel: held-out seeds; then larger ones, a deeper network, and two kinds that the search never saw. */
export const funnelStages: readonly Stage[] = [
  {
    suite: [
      slope(101, far),
      slope(102, drifting),
      slope(103, uneven),
      slope(104, drifting),
      classifier(101),
      classifier(102),
    ],
    keep: 5,
  },
  {
    suite: [
      slope(201, { ...far, dimension: 64, steps: 1200 }),
      slope(202, { ...drifting, dimension: 64, steps: 1200 }),
      slope(203, { ...uneven, dimension: 64, steps: 1200 }),
      classifier(201, { side: 7, classes: 6, hidden: [12], examples: 300, batch: 60, steps: 300 }),
      classifier(202, { side: 6, classes: 5, hidden: [8, 8], examples: 200, batch: 50, steps: 300 }),
      {
        task: {
          kind: 'quadratic',
          seed: 204,
          dimension: 24,
          steps: 1000,
          condition: 100,
          turns: 2,
          noise: 10,
          bursts: 1,
        },
        learningRates: smallRates,
      },
      {
        task: { kind: 'factorisation', seed: 205, rows: 8, rank: 2, batch: 16, steps: 600, noise: 2 },
        learningRates: smallRates,
      },
    ],
    keep: 1,
  },
];
