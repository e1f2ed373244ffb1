import { random, tree, valueAndGrad, type Tensor } from '@core/tensor';
import { accuracy } from '@core/nn';
import { describe, expect, it } from 'vitest';
import { riemannianSgd, spdClasses, spdNet, tsmNet, type SpdNetOptions } from '../../src/index.js';
import { elements, thrown } from '../support.js';
import { trainedNetwork } from './training.js';

interface Accuracies {
  readonly test: number;
  /** With the statistics of the whole test split. */
  readonly batch: number;
  /** The same test matrices times 30. */
  readonly gain: number;
  readonly gainBatch: number;
}

/** Trains on ill-conditioned covariances and tests on others, as they are and amplified. */
async function experiment(options: SpdNetOptions, seed: number): Promise<Accuracies> {
  const data = { seed, condition: 1e6 };
  const test = await spdClasses(data).load('test');
  const loud = await spdClasses({ ...data, testGain: 30 }).load('test');
  const network = spdNet({
    sizes: [6],
    outputs: 3,
    input: 'matrices',
    theta: 0.5,
    reEigEpsilon: 1e-9,
    ...options,
  });
  const output = trainedNetwork(network, await spdClasses(data).load('train'), seed, 20);
  const right = (x: Tensor, train: boolean): number => accuracy(output(x, train), test.targets).item();
  return {
    test: right(test.inputs, false),
    batch: right(test.inputs, true),
    gain: right(loud.inputs, false),
    gainBatch: right(loud.inputs, true),
  };
}

describe('another gain of the amplifier in the test', () => {
  const seeds = [0, 1, 2];
  const mean = (all: readonly Accuracies[], of: keyof Accuracies): number =>
    all.reduce((sum, one) => sum + one[of], 0) / all.length;

  it('is an error without normalisation, and none with that of the batch', async () => {
    const plain: Accuracies[] = [];
    const normalized: Accuracies[] = [];
    for (const seed of seeds) {
      plain.push(await experiment({ norm: 'none' }, seed));
      normalized.push(await experiment({ norm: 'generalizedBuresWasserstein' }, seed));
    }
    expect(mean(plain, 'test')).toBeGreaterThan(0.95);
    expect(mean(normalized, 'batch')).toBeGreaterThan(0.95);
    expect(mean(plain, 'gain')).toBeLessThan(0.78);
    for (const one of normalized) expect(one.gainBatch).toBeGreaterThanOrEqual(0.95);
  });
});

describe('assemblies', () => {
  const signals = random.normal(random.key(1), [5, 8, 40]);

  it.each(['none', 'generalizedBuresWasserstein', 'affineInvariant', 'logEuclidean', 'logCholesky'] as const)(
    'of signals, %s, on their manifolds',
    (norm) => {
      const model = spdNet({ sizes: [6, 4], outputs: 3, norm, parametrization: 'riemannian', theta: 0.5 });
      const { params, state, outputShape } = model.init(random.key(2), [8, 40]);
      expect(outputShape).toEqual([3]);
      const optimizer = riemannianSgd({ learningRate: 0.01 });
      const loss = (p: typeof params): Tensor =>
        model.apply(p, state, signals, { train: true }).output.square().mean();
      const [before, slopes] = valueAndGrad(loss)(params);
      const { updates } = optimizer.update(slopes, optimizer.init(params), params);
      const after = tree.map((a: Tensor, b: Tensor) => a.add(b), params, updates);
      expect(loss(after).item()).toBeLessThan(before.item());
      expect(tree.leaves(params).every((leaf) => leaf.dtype === 'float64')).toBe(true);
    },
  );

  it('tsmNet', () => {
    const model = tsmNet({
      temporalFilters: 2,
      temporalKernel: 5,
      spatialFilters: 6,
      sizes: [4],
      outputs: 2,
    });
    const { params, state, outputShape } = model.init(random.key(2), [8, 40]);
    expect(outputShape).toEqual([2]);
    const { output } = model.apply(params, state, signals);
    expect(output.shape).toEqual([5, 2]);
    expect(elements(output).every(Number.isFinite)).toBe(true);
    expect(thrown(() => model.init(random.key(1), [8]))).toBe('SHAPE: tsmNet: examples must be signals [electrodes, times], got [8]'); // prettier-ignore
    expect(thrown(() => tsmNet({ spatialFilters: 0 }))).toContain(
      'tsmNet: spatialFilters must be a whole number',
    );
  });
});
