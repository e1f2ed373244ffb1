import {
  concat,
  jit,
  linalg,
  random,
  tensor,
  tree,
  valueAndGrad,
  type Tensor,
  type Tree,
} from '@core/tensor';
import { accuracy, crossEntropy, type Layer } from '@core/nn';
import { adamw } from '@plugins/optim';
import { expect, it } from 'vitest';
import { linearProbing, momentProbing } from '../../src/index.js';

/*
 * Classes that no mean shows: tokens of 16 channels with means of 0 and variances of 1, of which class k has two pairs of channels correlated
 * by .9, (4k, 4k + 1) and (4k + 2, 4k + 3).
 */
function examples(count: number, key: Tensor): { inputs: Tensor; targets: Tensor } {
  const labels = Array.from({ length: count }, (_, i) => i % 4);
  const factors = [0, 1, 2, 3].map((label) => {
    const covariance = Array.from({ length: 16 }, (_, i) =>
      Array.from({ length: 16 }, (__, j) => {
        if (i === j) return 1;
        const [low, high] = [Math.min(i, j), Math.max(i, j)];
        return low % 2 === 0 && high === low + 1 && Math.floor(low / 4) === label ? 0.9 : 0;
      }),
    );
    return linalg.cholesky(tensor(covariance));
  });
  const noise = random.normal(key, [count, 16, 16]);
  const all = factors.map((factor) => noise.matmul(factor.T));
  const rows = labels.map((label, i) => all[label]!.at([i, i + 1]));
  return { inputs: concat(rows, 0), targets: tensor(labels, { dtype: 'int32' }) };
}

function trained(layer: Layer<Tree, Tree>): number {
  const [train, test] = [examples(1200, random.key(1)), examples(600, random.key(2))];
  const made = layer.init(random.key(3), [16, 16]);
  const optimizer = adamw({ learningRate: 3e-3, weightDecay: 0.05 });
  let state = { params: made.params, memory: optimizer.init(made.params) };
  const step = jit(({ params, memory }: typeof state, x: Tensor, y: Tensor): typeof state => {
    const [, slopes] = valueAndGrad((p: Tree) => crossEntropy(layer.apply(p, {}, x).output, y))(params);
    const { updates, state: next } = optimizer.update(slopes, memory, params);
    return { params: tree.map((a: Tensor, b: Tensor) => a.add(b), params, updates), memory: next };
  });
  for (let epoch = 0; epoch < 40; epoch++) {
    const order = random.permutation(random.key(10 + epoch), 1200);
    for (let at = 0; at < 1200; at += 60) {
      const rows = order.at([at, at + 60]);
      state = step(state, train.inputs.at(rows), train.targets.at(rows));
    }
  }
  return accuracy(layer.apply(state.params, {}, test.inputs).output, test.targets).item();
}

it('sees what no mean shows: 4 classes by correlations alone', () => {
  expect(trained(linearProbing({ outputs: 4, pooling: 'average' }))).toBeLessThanOrEqual(0.35);
  expect(trained(momentProbing({ outputs: 4, hidden: 64, heads: 4, pooling: 'average' }))).toBeGreaterThanOrEqual(0.95); // prettier-ignore
});
