import { crossEntropy } from '@core/nn';
import { jit, random, tree, valueAndGrad, type Tensor } from '@core/tensor';
import type { Examples } from '@core/registry';
import { adam } from '@plugins/optim';
import type { spdNet } from '../../src/index.js';

/** Trains by Adam at 0.01 in batches of 30, in order; gives the trained network. */
export function trainedNetwork(
  network: ReturnType<typeof spdNet>,
  { inputs, targets }: Examples,
  seed: number,
  epochs: number,
): (x: Tensor, train?: boolean) => Tensor {
  let { params, state } = network.init(random.key(seed), inputs.shape.slice(1));
  const optimizer = adam({ learningRate: 0.01 });
  let memory = optimizer.init(params);
  const step = jit((p: typeof params, s: typeof state, m: typeof memory, x: Tensor, y: Tensor) => {
    const loss = (q: typeof params) => {
      const result = network.apply(q, s, x, { train: true });
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
  return (x, train = false) => network.apply(params, state, x, { train }).output;
}
