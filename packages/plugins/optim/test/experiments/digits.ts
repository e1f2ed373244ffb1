import { digits } from '@core/data/node';
import { jit, ones, tensor, valueAndGrad, zeros, type Tensor } from '@core/tensor';
import { applyUpdates, type Optimizer } from '../../src/index.js';
import { numbers } from '../support.js';

/** 4000 handwritten digits to learn from and 4000 others to test with, as float32 rows of 784. */
export async function loadDigits() {
  const { train, test } = await digits({ train: 4000, test: 4000, seed: 0 });
  const rows = ({ images, labels }: typeof train) => ({
    images: new Float32Array(images.data),
    labels: Int32Array.from(labels.data),
  });
  return { train: rows(train), test: rows(test) };
}

export type Digits = Awaited<ReturnType<typeof loadDigits>>;

/** Weights [out, in] and biases, uniform in ±1 / √in as PyTorch's. */
function dense(seed: number, inputs: number, outputs: number) {
  const uniform = (part: number, count: number): number[] =>
    numbers(10 * seed + part, count).map((x) => x / Math.sqrt(inputs));
  return {
    weight: tensor(uniform(0, inputs * outputs)).reshape([outputs, inputs]),
    bias: tensor(uniform(1, outputs)),
  };
}

/** 784-64-10 with ReLU. */
export function perceptron(seed: number) {
  return {
    params: { first: dense(seed, 784, 64), last: dense(seed + 1, 64, 10) },
    apply: (p: { first: Layer; last: Layer }, x: Tensor): Tensor => layer(p.last, layer(p.first, x).relu()),
  };
}

/** 784-64-64-10 with ReLU, batch statistics in front of both: the first two weights are scale-invariant. */
export function normalised(seed: number) {
  const norm = () => ({ gain: ones([64]), shift: zeros([64]) });
  const params = {
    first: dense(seed, 784, 64),
    norm1: norm(),
    second: dense(seed + 1, 64, 64),
    norm2: norm(),
    last: dense(seed + 2, 64, 10),
  };
  const apply = (p: typeof params, x: Tensor): Tensor => {
    const one = batchNorm(p.norm1, layer(p.first, x)).relu();
    const two = batchNorm(p.norm2, layer(p.second, one)).relu();
    return layer(p.last, two);
  };
  return { params, apply };
}

type Layer = { weight: Tensor; bias: Tensor };

const layer = ({ weight, bias }: Layer, x: Tensor): Tensor => x.matmul(weight.transpose()).add(bias);

function batchNorm({ gain, shift }: { gain: Tensor; shift: Tensor }, x: Tensor): Tensor {
  const centred = x.sub(x.mean(0, { keepDims: true }));
  const deviation = centred.square().mean(0, { keepDims: true }).add(1e-5).sqrt();
  return centred.div(deviation).mul(gain).add(shift);
}

function crossEntropy(logits: Tensor, oneHot: Tensor): Tensor {
  return logits.logSoftmax().mul(oneHot).sum(-1).mean().neg();
}

function oneHot(labels: Int32Array): Tensor {
  const rows = new Float32Array(labels.length * 10);
  labels.forEach((label, i) => (rows[10 * i + label] = 1));
  return tensor(rows, { shape: [labels.length, 10] });
}

export interface Trained<P> {
  params: P;
  /** Mean loss over the last epoch's batches. */
  lastEpochLoss: number;
  /** Share of the test digits that are recognised, in per cent; normalised with the statistics of all of them. */
  accuracy: number;
}

/** Trains in batches of 64, reshuffled every epoch by the seed. */
export function train<P extends { readonly [key: string]: { readonly [key: string]: Tensor } }>(
  net: { params: P; apply: (p: P, x: Tensor) => Tensor },
  data: Digits,
  optimizer: Optimizer,
  epochs: number,
  seed: number,
): Trained<P> {
  const size = 64;
  const step = jit((params: P, state: never, images: Tensor, labels: Tensor) => {
    const loss = (p: P): Tensor => crossEntropy(net.apply(p, images), labels);
    const [value, grads] = valueAndGrad(loss)(params);
    const next = optimizer.update(grads, state, params);
    return { value, params: applyUpdates(params, next.updates), state: next.state };
  });
  const count = data.train.labels.length;
  const batches = Math.floor(count / size);
  let at: { params: P; state: unknown } = { params: net.params, state: optimizer.init(net.params) };
  let lastEpochLoss = NaN;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const keys = numbers(1000 * seed + epoch, count);
    const order = Array.from(keys.keys()).sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0));
    let total = 0;
    for (let b = 0; b < batches; b++) {
      const chosen = order.slice(b * size, (b + 1) * size);
      const images = new Float32Array(size * 784);
      chosen.forEach((row, i) => {
        images.set(data.train.images.subarray(row * 784, (row + 1) * 784), i * 784);
      });
      const labels = oneHot(Int32Array.from(chosen, (row) => data.train.labels[row] ?? 0));
      const x = tensor(images, { shape: [size, 784] });
      const next = step(at.params, at.state as never, x, labels);
      total += next.value.item();
      at = next;
    }
    lastEpochLoss = total / batches;
  }
  const test = tensor(data.test.images, { shape: [data.test.labels.length, 784] });
  const guesses = Array.from(net.apply(at.params, test).argmax(-1).dataSync(), Number);
  const right = guesses.filter((guess, i) => guess === data.test.labels[i]).length;
  step.dispose();
  return { params: at.params, lastEpochLoss, accuracy: (100 * right) / guesses.length };
}
