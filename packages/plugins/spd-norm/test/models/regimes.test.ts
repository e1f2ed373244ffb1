import { jit, random, tree, valueAndGrad, type Tensor } from '@core/tensor';
import { accuracy, crossEntropy } from '@core/nn';
import type { Dataset } from '@core/registry';
import { adam } from '@plugins/optim';
import { expect, it } from 'vitest';
import { noiseFloors, spdClasses, spdNet, type SpdNetOptions } from '../../src/index.js';

/** Test accuracy of an SPDNet after training, mean over two seeds. */
async function trained(
  data: (seed: number) => Dataset,
  options: SpdNetOptions,
  epochs: number,
): Promise<number> {
  let sum = 0;
  for (const seed of [0, 1]) {
    const set = data(seed);
    const { inputs, targets } = await set.load('train');
    const test = await set.load('test');
    const model = spdNet({ input: 'matrices', outputs: 3, reEigEpsilon: 1e-9, ...options });
    let { params, state } = model.init(random.key(seed), set.inputShape);
    const optimizer = adam({ learningRate: 0.01 });
    let memory = optimizer.init(params);
    const step = jit((p: typeof params, s: typeof state, m: typeof memory, x: Tensor, y: Tensor) => {
      const loss = (q: typeof params) => {
        const result = model.apply(q, s, x, { train: true });
        return [crossEntropy(result.output, y), result.state] as const;
      };
      const [[, tracked], slopes] = valueAndGrad(loss, { hasAux: true })(p);
      const { updates, state: next } = optimizer.update(slopes, m, p);
      return { p: tree.map((a: Tensor, b: Tensor) => a.add(b), p, updates), s: tracked, m: next };
    });
    for (let epoch = 0; epoch < epochs; epoch++) {
      for (let at = 0; at < targets.shape[0]!; at += 30) {
        const made = step(params, state, memory, inputs.at([at, at + 30]), targets.at([at, at + 30]));
        [params, state, memory] = [made.p, made.s, made.m];
      }
    }
    sum += accuracy(model.apply(params, state, test.inputs).output, test.targets).item();
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
