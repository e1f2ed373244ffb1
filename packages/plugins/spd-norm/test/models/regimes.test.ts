import { accuracy } from '@core/nn';
import type { Dataset } from '@core/registry';
import { expect, it } from 'vitest';
import { noiseFloors, spdClasses, spdNet, type SpdNetOptions } from '../../src/index.js';
import { trainedNetwork } from './training.js';

/** Test accuracy of an SPDNet after training, mean over two seeds. */
async function trained(
  data: (seed: number) => Dataset,
  options: SpdNetOptions,
  epochs: number,
): Promise<number> {
  let sum = 0;
  for (const seed of [0, 1]) {
    const set = data(seed);
    const test = await set.load('test');
    const network = spdNet({ input: 'matrices', outputs: 3, reEigEpsilon: 1e-9, ...options });
    const output = trainedNetwork(network, await set.load('train'), seed, epochs);
    sum += accuracy(output(test.inputs), test.targets).item();
  }
  return sum / 2;
}

const bures = { norm: 'generalizedBuresWasserstein' } as const;
const affine = { norm: 'affineInvariant' } as const;

it('noise in small eigenvalues, running statistics: Bures-Wasserstein is far ahead', async () => {
  const data = (seed: number): Dataset => noiseFloors({ seed, condition: 1e8, train: 60, boost: 2 });
  const [own, other] = [await trained(data, bures, 20), await trained(data, affine, 20)];
  expect(own).toBeGreaterThan(0.75);
  expect(own - other).toBeGreaterThan(0.2);
});

it('classes in small eigenvalues: the affine-invariant metric is ahead', async () => {
  const data = (seed: number): Dataset => spdClasses({ seed, condition: 1e6 });
  const [own, other] = [await trained(data, bures, 10), await trained(data, affine, 10)];
  expect(other).toBeGreaterThan(0.97);
  expect(own).toBeLessThan(other);
});
