import { encode } from 'fast-png';
import type { Curve, Mistake, ReportData, TrialReport } from '../../src/report/data.js';

/** A small repeatable stream of numbers in [0, 1). */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function trial(name: string, use: string, reached: number, seed: number): TrialReport {
  const next = numbers(seed);
  const epochs = 3;
  const train: Curve = Array.from({ length: 38 }, (_, i) => {
    const x = ((i + 1) / 38) * epochs;
    return [x, 2.3 * Math.exp(-2.2 * x * reached) + 0.05 + 0.06 * next()] as const;
  });
  const accuracy = (x: number): number => reached - 0.35 * Math.exp(-1.9 * x);
  return {
    name,
    use,
    status: 'finished',
    config: { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
    train: { loss: train, accuracy: train.map(([x]) => [x, accuracy(x) - 0.04 * next()] as const) },
    test: {
      loss: [1, 2, 3].map((x) => [x, 2 * Math.exp(-1.9 * x * reached) + 0.06] as const),
      accuracy: [1, 2, 3].map((x) => [x, accuracy(x)] as const),
    },
    trainSeconds: 46.2 + seed,
    evaluationSeconds: 2.1,
    examplesPerSecond: 512 + seed,
    steps: 375,
  };
}

function digit(seed: number): Mistake['picture'] {
  const next = numbers(seed);
  const data = new Uint8Array(28 * 28);
  for (let y = 4; y < 24; y++) for (let x = 8; x < 20; x++) data[y * 28 + x] = next() > 0.5 ? 230 : 20;
  return { width: 28, height: 28, png: encode({ width: 28, height: 28, channels: 1, depth: 8, data }) };
}

/** A report as a digits run would give it. */
export function sampleReport(): ReportData {
  const classes = Array.from({ length: 10 }, (_, i) => String(i));
  const counts = classes.map((_, a) =>
    classes.map((_, p) => (a === p ? 195 : (a * 7 + p * 3) % 11 === 0 ? 1 + ((a + p) % 4) : 0)),
  );
  return {
    id: '2026-11-23-digits-k3f9',
    title: 'Handwritten digits',
    description: 'A small convolutional network on real digits, with three optimizers.',
    status: 'finished',
    startedAt: '2026-11-23T14:05:00.000Z',
    seconds: 151.2,
    lead: { name: 'accuracy', goal: 'max' },
    split: 'test',
    dataset: {
      use: 'basics/digits',
      name: 'MNIST digits',
      inputShape: [1, 28, 28],
      trainExamples: 8000,
      testExamples: 2000,
    },
    model: { use: 'basics/cnn', parameters: 9098 },
    trials: [
      trial('sgd', 'optim/sgd', 0.968, 1),
      trial('adamw', 'optim/adamw', 0.982, 2),
      trial('lion', 'optim/lion', 0.976, 3),
    ],
    confusion: { trial: 'adamw', classes, counts },
    mistakes: {
      trial: 'adamw',
      total: 36,
      shown: Array.from({ length: 24 }, (_, i) => ({
        index: i * 7,
        actual: String(i % 10),
        predicted: String((i + 3) % 10),
        confidence: 0.99 - i * 0.02,
        picture: digit(i),
      })),
    },
    filters: {
      trial: 'adamw',
      path: 'conv1.weight',
      shape: [8, 1, 5, 5],
      pictures: Array.from({ length: 8 }, (_, i) => digit(i + 90)),
    },
    recipe:
      '# resolved\ntitle: Handwritten digits\nepochs: 3\ndataset:\n  use: basics/digits\noptimizers:\n  - name: adamw\n    use: optim/adamw\n    learningRate: 0.001\n',
    provenance: {
      dataset: { use: 'basics/digits', plugin: 'basics@0.1.0', contract: 1, config: {} },
      'optimizers[0]': { use: 'optim/sgd', plugin: 'optim@0.1.0', contract: 1, config: {} },
    },
    environment: [
      ['Node', 'v20.20.0'],
      ['Processor', 'Test CPU, 2 cores'],
      ['Backend', 'cpu'],
    ],
    files: [
      ['run.json', 'everything about the run'],
      ['metrics.csv', 'all measurements'],
    ],
  };
}
