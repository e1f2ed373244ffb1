import { linalg, tensor, type Tensor } from '@core/tensor';
import { expect, it } from 'vitest';
import { affineInvariant, buresWasserstein, noiseFloors, type SpdMetric } from '../../src/index.js';
import { elements, relativeError, thrown } from '../support.js';

it('makes sources above floors of every level', async () => {
  const data = noiseFloors({ samples: 4000, condition: 1e8, boost: 4, train: 60 });
  const { inputs, targets } = await data.load('train');
  expect(inputs.shape).toEqual([60, 12, 12]);
  expect(elements(targets).slice(0, 4)).toEqual([0, 1, 2, 0]);
  const values = linalg.eigvalsh(inputs);
  // Three sources, one of them raised; nine weak ones, all between 1e-8 and 1e-4.
  expect(Math.abs(values.at(null, 11).mean().item() - 4)).toBeLessThan(0.2);
  expect(Math.abs(values.at(null, [9, 11]).mean().item() - 1)).toBeLessThan(0.1);
  expect(values.at(null, [0, 9]).max().item()).toBeLessThan(1.2e-4);
  expect(values.min().item()).toBeGreaterThan(0.8e-8);
  expect(relativeError((await data.load('train')).inputs, inputs)).toBe(0);
});

it('is noise to logarithms, the more the worse the condition, and signal to roots', async () => {
  // Squared distance between the means of two classes over the mean squared distance to the own mean.
  const separation = async (condition: number, metric: SpdMetric): Promise<number> => {
    const { inputs, targets } = await noiseFloors({ train: 60, condition }).load('train');
    const labels = elements(targets);
    const own = (label: number): Tensor =>
      inputs.take(tensor(labels.flatMap((other, i) => (other === label ? [i] : []))).cast('int32'), 0);
    const [a, b] = [own(0), own(1)];
    const [p, q] = [metric.mean(a, { steps: 60 }), metric.mean(b, { steps: 60 })];
    return metric.squaredDistance(p, q).item() / metric.variance(a, p).item();
  };
  const [affine, bures] = [affineInvariant(), buresWasserstein()];
  const [mild, ill] = [await separation(1e2, affine), await separation(1e8, affine)];
  expect(ill).toBeLessThan(mild / 3);
  expect(await separation(1e2, bures)).toBeGreaterThan(2 * mild);
  expect(await separation(1e8, bures)).toBeGreaterThan(20 * ill);
});

it('says what is wrong', async () => {
  expect(thrown(() => noiseFloors({ sources: 2 }))).toBe('ARGUMENT: noiseFloors: sources must be at least the classes, 3, and below the size, 12, got 2'); // prettier-ignore
  expect(thrown(() => noiseFloors({ condition: 0.5 }))).toContain('condition must be a finite number of at least 1'); // prettier-ignore
  expect(thrown(() => noiseFloors({ samples: 1 }))).toContain('samples must be a whole number of at least 2');
  await expect(noiseFloors().load('validation')).rejects.toThrow('there is no split validation');
});
