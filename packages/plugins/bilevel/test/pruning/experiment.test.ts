import { describe, expect, it } from 'vitest';
import { random, type Tree } from '@core/tensor';
import { crossEntropy } from '@core/nn';
import { cnn, mlp } from '@plugins/basics';
import { bip, magnitudePruning, pruningExperiment, solve, type LabelledBatch } from '../../src/index.js';
import { flat } from '../support.js';
import { smallDigits } from './digits.js';

const dataset = smallDigits(300, 200);
const quick = { dataset, loss: crossEntropy, denseEpochs: 6, finetuneEpochs: 3, batchSize: 32 };

describe('pruningExperiment', () => {
  it('compares solvers with the dense network and with chance, and draws what is left', async () => {
    const experiment = pruningExperiment({ ...quick, model: mlp({ widths: [32] }), randomKeep: 0.1 });
    expect(Object.keys(experiment.scores)[0]).toBe('accuracy');
    const { problem, references, evaluate, draw } = await experiment.load(random.key(1));
    expect(Object.keys(references)).toEqual(['dense', 'random mask, 10 % kept']);
    expect(references['dense']).toMatchObject({ kept: 1 });
    const chance = references['random mask, 10 % kept'] ?? {};
    expect(chance['accuracy before fine-tuning']).toBeLessThan(references['dense']?.['accuracy'] ?? 0);
    const total = 64 * 32 + 32 * 10;
    expect(chance['kept']).toBeCloseTo(Math.ceil(total / 10) / total, 6);
    const found = [];
    for (const [name, keep] of [
      ['BiP 20 %', 0.2],
      ['BiP 5 %', 0.05],
      ['other', 0.2],
    ] as const) {
      const options = { keep, steps: 20, learningRate: 0.05 };
      const solver =
        name === 'other'
          ? magnitudePruning<Tree, LabelledBatch>({ ...options, rounds: 2 })
          : bip<Tree, LabelledBatch>(options);
      const { solution } = solve(solver, problem, { steps: 20, every: 20 });
      found.push({ name, solution, scores: await evaluate(solution) });
    }
    const [first] = found;
    expect(first?.scores['kept']).toBeCloseTo(0.2, 3);
    expect(first?.scores['accuracy']).toBeGreaterThan(chance['accuracy'] ?? 1);
    const [accuracy, layers, pixels] = draw?.(found) ?? [];
    expect(accuracy).toMatchObject({
      kind: 'lines',
      lines: [
        { name: 'BiP', points: [[expect.closeTo(80, 1), first?.scores['accuracy']], [expect.closeTo(95, 1), found[1]?.scores['accuracy']]] }, // prettier-ignore
        { name: 'other' },
      ],
    });
    expect(layers).toMatchObject({ lines: [{ points: [[1, expect.any(Number)], [2, expect.any(Number)]] }, {}, {}] }); // prettier-ignore
    expect(pixels).toMatchObject({ kind: 'svg', title: 'Pixels that are still read' });
  });

  it('gathers batch statistics anew under the mask, and counts dense layers as kept by filters', async () => {
    const model = cnn({ channels: [4, 4], kernel: 3, norm: 'batch', padding: 'same', dropout: 0.1 });
    const { problem, evaluate, draw } = await pruningExperiment({ ...quick, model }).load(random.key(2));
    const solver = magnitudePruning<Tree, LabelledBatch>({
      keep: 0.5,
      steps: 10,
      learningRate: 0.05,
      structure: 'filter',
    });
    const { solution } = solve(solver, problem, { steps: 10, every: 10 });
    expect(Object.keys(solution.mask)).toEqual(['conv1.weight', 'conv2.weight']);
    const { kept, accuracy } = await evaluate(solution);
    const [pruned, head] = [4 * 9 + 4 * 4 * 9, 4 * 2 * 2 * 10];
    expect(kept).toBeCloseTo((pruned / 2 + head) / (pruned + head), 6);
    expect(accuracy).toBeGreaterThan(0.3);
    // The first layer does not read whole pictures, so there is nothing to draw of pixels.
    expect(
      draw?.([{ name: 'a', solution, scores: { kept: kept ?? 0, accuracy: accuracy ?? 0 } }]),
    ).toHaveLength(2);
  });

  it('is told apart by seeds: the same key, the same network', async () => {
    const experiment = pruningExperiment({ ...quick, model: mlp({ widths: [8] }) });
    const starts = await Promise.all([1, 1, 2].map(async (seed) => flat((await experiment.load(random.key(seed))).problem.start))); // prettier-ignore
    expect(starts[0]).toEqual(starts[1]);
    expect(starts[0]).not.toEqual(starts[2]);
  });

  it('says what is wrong', async () => {
    const model = mlp();
    expect(() => pruningExperiment({ ...quick, model, batchSize: 0 })).toThrow('pruningExperiment: batchSize must be a whole number of at least 1'); // prettier-ignore
    const numbers = { ...dataset, classNames: [] };
    await expect(pruningExperiment({ ...quick, model, dataset: numbers }).load(random.key(0))).rejects.toThrow('has no classes'); // prettier-ignore
    const halves = { ...dataset, splits: ['train'] as const };
    await expect(pruningExperiment({ ...quick, model, dataset: halves }).load(random.key(0))).rejects.toThrow('has no split test; it has train'); // prettier-ignore
  });
});
