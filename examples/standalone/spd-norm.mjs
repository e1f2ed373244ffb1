// Covariances as points of a curved space: means in two geometries, and a network that tells two classes of them apart.
import { crossEntropy } from '@core/nn';
import { concat, jit, random, tensor, tree, valueAndGrad } from '@core/tensor';
import { affineInvariant, buresWasserstein, randomSpd, spdNet } from '@plugins/spd-norm';

// A mean of ill-conditioned matrices: the tangents to all of them cancel there.
const points = randomSpd(random.key(1), 5, { shape: [20], condition: 1e6, dtype: 'float64' });
for (const metric of [affineInvariant(), buresWasserstein()]) {
  const mean = metric.mean(points);
  console.log(metric.log(mean.expandDims(0), points).mean(0).abs().max().item() < 1e-8);
}
// prints: true
// prints: true

// Two classes of signals with the same means and the same spread of each channel: only how channels go together tells them apart.
const signals = (seed, count, together) => {
  const noise = random.normal(random.key(seed), [count, 4, 50]);
  const [first, second, ...rest] = [0, 1, 2, 3].map((channel) =>
    noise.slice([0, channel], [count, channel + 1]),
  );
  const mixed = first.mul(together).add(second.mul(Math.sqrt(1 - together ** 2)));
  return concat([first, mixed, ...rest], 1);
};
const set = (seed, count) => ({
  inputs: concat([signals(seed, count, 0.8), signals(seed + 1, count, -0.8)], 0),
  targets: tensor(Int32Array.from({ length: 2 * count }, (_, i) => Number(i >= count))),
});
const [train, test] = [set(10, 40), set(20, 100)];

const network = spdNet({ input: 'signals', sizes: [3], outputs: 2, norm: 'generalizedBuresWasserstein' });
let { params, state } = network.init(random.key(3), [4, 50]);
const loss = (p, s) => {
  const { output, state: after } = network.apply(p, s, train.inputs, { train: true });
  return [crossEntropy(output, train.targets), after];
};
const step = jit((p, s) => {
  const [[, after], grads] = valueAndGrad(loss, { hasAux: true })(p, s);
  return [tree.map((leaf, slope) => leaf.sub(slope.mul(0.2)), p, grads), after];
});
for (let count = 0; count < 60; count++) [params, state] = step(params, state);
const { output } = network.apply(params, state, test.inputs, { train: false });
const right = output.argmax(-1).equal(test.targets).cast('float32').mean().item();
console.log(right > 0.9); // prints: true
