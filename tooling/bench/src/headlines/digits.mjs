import { digits } from '@core/data/node';
import { ones, tensor, zeros } from '@core/tensor';
import { cosine } from '@plugins/optim';
import { descend, uniforms } from './support.mjs';

let loaded;

/** 4000 handwritten digits to learn from and 4000 others, as float32 rows of 784. */
async function load() {
  const { train, test } = await digits({ train: 4000, test: 4000, seed: 0 });
  const rows = ({ images, labels }) => ({
    images: new Float32Array(images.data),
    labels: Int32Array.from(labels.data),
  });
  return { train: rows(train), test: rows(test) };
}

const dense = (seed, inputs, outputs) => {
  const drawn = (part, count) =>
    Float32Array.from(uniforms(10 * seed + part, count), (u) => (2 * u - 1) / Math.sqrt(inputs));
  return {
    weight: tensor(drawn(0, inputs * outputs), { shape: [outputs, inputs] }),
    bias: tensor(drawn(1, outputs)),
  };
};
const layer = ({ weight, bias }, x) => x.matmul(weight.transpose()).add(bias);

function batchNorm({ gain, shift }, x) {
  const centred = x.sub(x.mean(0, { keepDims: true }));
  const deviation = centred.square().mean(0, { keepDims: true }).add(1e-5).sqrt();
  return centred.div(deviation).mul(gain).add(shift);
}

/** 784-64-10 with ReLU. */
export const perceptron = {
  init: (seed) => ({ first: dense(seed, 784, 64), last: dense(seed + 1, 64, 10) }),
  apply: (p, x) => layer(p.last, layer(p.first, x).relu()),
};

/** 784-64-64-10 with batch statistics in front of both ReLUs: the first two weights are scale-invariant. */
export const normalised = {
  init: (seed) => {
    const norm = () => ({ gain: ones([64]), shift: zeros([64]) });
    return {
      first: dense(seed, 784, 64),
      norm1: norm(),
      second: dense(seed + 1, 64, 64),
      norm2: norm(),
      last: dense(seed + 2, 64, 10),
    };
  },
  apply: (p, x) => {
    const one = batchNorm(p.norm1, layer(p.first, x)).relu();
    return layer(p.last, batchNorm(p.norm2, layer(p.second, one)).relu());
  },
};

const perEpoch = Math.floor(4000 / 64);

function oneHot(labels) {
  const rows = new Float32Array(labels.length * 10);
  labels.forEach((label, i) => (rows[10 * i + label] = 1));
  return tensor(rows, { shape: [labels.length, 10] });
}

/**
 * Trains in batches of 64; rates fall to 0 as a cosine.
 *
 * @param make the optimizer, of a schedule
 * @returns params, the mean loss of the last epoch, the accuracy in per cent, and the first step at which the mean loss of 20
 *   batches is at most `target` (one more than there are steps, if none is)
 */
export async function train({ net, make, rate, epochs, seed, target = 0 }) {
  loaded ??= await load();
  const { train: from, test } = loaded;
  const steps = epochs * perEpoch;
  const orders = Array.from({ length: epochs }, (_, epoch) => {
    const keys = uniforms(1000 * seed + epoch, 4000);
    return Array.from(keys.keys()).sort((a, b) => keys[a] - keys[b]);
  });
  const batchOf = (t) => {
    const chosen = orders[Math.floor(t / perEpoch)].slice((t % perEpoch) * 64, ((t % perEpoch) + 1) * 64);
    const images = new Float32Array(64 * 784);
    chosen.forEach((row, i) => images.set(from.images.subarray(row * 784, (row + 1) * 784), i * 784));
    return [tensor(images, { shape: [64, 784] }), oneHot(chosen.map((row) => from.labels[row]))];
  };
  const losses = [];
  let reached = steps + 1;
  const params = descend({
    loss: (p, [x, y]) => net.apply(p, x).logSoftmax().mul(y).sum(-1).mean().neg(),
    start: net.init(seed),
    optimizer: make(cosine({ from: rate, steps })),
    steps,
    batchOf,
    seen: (value) => {
      losses.push(value);
      const recent = losses.slice(-20);
      if (recent.length === 20 && reached > steps && mean(recent) <= target) reached = losses.length;
      return target > 0 && reached <= steps;
    },
  });
  const guesses = net.apply(params, tensor(test.images, { shape: [4000, 784] })).argmax(-1).dataSync(); // prettier-ignore
  const right = guesses.reduce((sum, guess, i) => sum + (guess === test.labels[i] ? 1 : 0), 0);
  return { params, loss: mean(losses.slice(-perEpoch)), accuracy: right / 40, reached };
}

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
