import { solve } from '@core/registry/solve';
import { random, tensor, tree } from '@core/tensor';
import type { Dataset } from '@core/registry';
import { adamw } from '@plugins/optim';
import { describe, expect, it } from 'vitest';
import {
  backboneFeatures,
  linearProbing,
  momentProbing,
  patchTransformer,
  pretrain,
  probe,
  probing,
  psrp,
  recalibratedTransformer,
  type PretrainingOptions,
} from '../../src/index.js';
import { elements, relativeError, thrown } from '../support.js';

/** Pictures 8 x 8 of one channel in four classes: stripes and checks of two widths, shifted and noisy. */
const patterns: Dataset = {
  name: 'Patterns',
  inputShape: [1, 8, 8],
  classNames: ['thin stripes', 'wide stripes', 'thin checks', 'wide checks'],
  splits: ['train', 'test'],
  size: (split) => (split === 'train' ? 240 : 120),
  load: async (split) => {
    const count = patterns.size(split);
    const [shiftKey, noiseKey] = random.split(random.key(split === 'train' ? 1 : 2));
    const shifts = elements(random.randint(shiftKey, [count, 2], 0, 4));
    const pixels = Array.from({ length: count }, (_, n) =>
      Array.from({ length: 64 }, (__, at) => {
        const width = n % 2 === 0 ? 1 : 2;
        const [row, column] = [Math.floor(at / 8) + shifts[2 * n]!, (at % 8) + shifts[2 * n + 1]!];
        const across = Math.floor(column / width) % 2;
        return n % 4 < 2 ? across : (across + Math.floor(row / width)) % 2;
      }),
    );
    return {
      inputs: tensor(pixels)
        .reshape([count, 1, 8, 8])
        .add(random.normal(noiseKey, [count, 1, 8, 8]).mul(0.2)),
      targets: tensor(Array.from({ length: count }, (_, n) => n % 4), { dtype: 'int32' }), // prettier-ignore
    };
  },
};
const network = { width: 16, heads: 2, layers: 1 };
const small = { ...network, epochs: 1, batchSize: 20 };
const half: PretrainingOptions = { ...small, pretrainClasses: [0, 3] };
const optimizer = adamw({ learningRate: 0.01 });

describe('backboneFeatures', () => {
  it('gives tokens of the classes that the backbone has not seen, numbered anew', async () => {
    const data = await backboneFeatures(patterns, half);
    expect(data.name).toBe('Patterns: features of a backbone trained on thin stripes, wide checks');
    expect(data.classNames).toEqual(['wide stripes', 'thin checks']);
    const { inputs, targets } = await data.load('test');
    expect([data.size('test'), data.inputShape, inputs.shape]).toEqual([60, [5, 16], [60, 5, 16]]);
    expect(elements(targets).slice(0, 4)).toEqual([0, 1, 0, 1]);
    // The same seed gives the same bits, another seed another backbone.
    const again = await backboneFeatures(patterns, half);
    expect(elements((await again.load('test')).inputs)).toEqual(elements(inputs));
    const other = await backboneFeatures(patterns, { ...half, seed: 1 });
    expect(relativeError((await other.load('test')).inputs, inputs)).toBeGreaterThan(0.1);
  });

  it('has all classes for a backbone of all, and takes parameters that are there', async () => {
    const { params } = patchTransformer({ width: 8, heads: 2 }).init(random.key(3), [1, 8, 8]);
    const data = await backboneFeatures(patterns, { width: 8, heads: 2, parameters: params });
    expect([data.name, data.classNames.length, data.size('train')]).toEqual(['Patterns: features of a backbone trained elsewhere', 4, 240]); // prettier-ignore
    const raw = await patterns.load('train');
    const wanted = patchTransformer({ width: 8, heads: 2 }).apply(params, {}, raw.inputs).output;
    expect(relativeError((await data.load('train')).inputs, wanted)).toBeLessThan(1e-6);
    await expect(backboneFeatures(patterns, { parameters: params })).rejects.toThrow(
      'backboneFeatures: parameters must be those of patchTransformer with the same options, blocks.0.attention.key.bias [32]',
    );
  });

  it('says what is wrong', async () => {
    await expect(backboneFeatures(patterns, { classes: [2, 4] })).rejects.toThrow('classes must be two or more of 0..3, the classes of Patterns, got [2, 4]'); // prettier-ignore
    await expect(backboneFeatures(patterns, { pretrainClasses: [1] })).rejects.toThrow('pretrainClasses must be a list of two class numbers or more'); // prettier-ignore
    await expect(backboneFeatures(patterns, { patch: 3 })).rejects.toThrow('of whole patches 3 x 3, got [1,8,8]'); // prettier-ignore
    await expect(backboneFeatures({ ...patterns, classNames: [] })).rejects.toThrow('Patterns has no classes'); // prettier-ignore
    const data = await backboneFeatures(patterns, half);
    expect(thrown(() => data.size('validation'))).toContain('there is no split validation; it has train, test'); // prettier-ignore
    expect(thrown(() => patchTransformer({ width: 30 }))).toContain('width must be a multiple of the 4 heads, got 30'); // prettier-ignore
  });
});

it('a recalibrated transformer whose scales and shifts are 0 is the plain one', () => {
  const layer = recalibratedTransformer(network, psrp({ zeroInit: true }));
  const { params } = layer.init(random.key(1), [1, 8, 8]);
  const x = random.normal(random.key(2), [3, 1, 8, 8]);
  const plain = patchTransformer(network).apply(params.backbone, {}, x).output;
  expect(relativeError(layer.apply(params, {}, x).output, plain)).toBe(0);
});

describe('probing', () => {
  const heads = {
    linear: { head: linearProbing({ outputs: 2 }) },
    moments: { head: momentProbing({ outputs: 2, hidden: 32 }) },
    recalibrated: { head: momentProbing({ outputs: 2, hidden: 32 }), psrp: { zeroInit: true } },
  };

  const experiment = probing(patterns, { ...half, epochs: 2 });
  const shared = experiment.load(random.key(0));

  it('compares probes by test accuracy, and draws them', async () => {
    expect(experiment.name).toBe('Probing wide stripes, thin checks with a backbone trained on thin stripes, wide checks'); // prettier-ignore
    const loaded = await shared;
    const found = Object.entries(heads).map(([name, options]) => {
      const { solution, history } = solve(probe({ ...options, optimizer }), loaded.problem, {
        steps: 40,
        every: 20,
      });
      expect(history.at(-1)!.loss, name).toBeLessThan(history[0]!.loss);
      return { name, solution, scores: loaded.evaluate(solution) as Record<string, number> };
    });
    const [linear, moments, recalibrated] = found.map(({ scores }) => scores);
    expect(moments!['accuracy']).toBeGreaterThan(0.9);
    expect(linear!['parameters']).toBe(2 * 17);
    expect(recalibrated!['parameters']! - moments!['parameters']!).toBe(3 * 16 * 16);
    expect(Object.keys(loaded.references)).toHaveLength(2);
    const figures = loaded.draw!(found);
    expect(figures.map(({ kind }) => kind)).toEqual(['svg', 'histogram']);
  });

  it('a solve resumes to the same bits, and MP+ leaves the backbone alone', async () => {
    const { problem } = await shared;
    const solver = probe({ ...heads.recalibrated, optimizer });
    const whole = solve(solver, problem, { steps: 6, every: 3 });
    const first = solve(solver, problem, { steps: 3, every: 3 });
    const rest = solve(solver, problem, { steps: 3, every: 3, from: first.state });
    expect(tree.leaves(rest.state).map(elements)).toEqual(tree.leaves(whole.state).map(elements));
    expect(tree.paths(whole.state.params).some((path) => path.startsWith('psrp'))).toBe(true);
  });

  it('says what is wrong', async () => {
    expect(thrown(() => probing({ ...patterns, splits: ['train'] }))).toContain('Patterns has no split test; it has train'); // prettier-ignore
    expect(thrown(() => probe({ head: linearProbing() } as never))).toContain('probe: optimizer is missing'); // prettier-ignore
    const { problem } = await shared;
    const wrong = probe({ head: linearProbing({ outputs: 7 }), optimizer });
    expect(thrown(() => wrong.init(problem, random.key(0)))).toContain('probe: head must give [batch, 2] for 2 classes'); // prettier-ignore
  });

  it('pretraining of the same key gives the same bits', async () => {
    const data = await patterns.load('train');
    const once = (): number[][] =>
      tree.leaves(pretrain(data, 4, { ...small, epochs: 1 }, random.key(4))).map(elements);
    expect(once()).toEqual(once());
  });
});
