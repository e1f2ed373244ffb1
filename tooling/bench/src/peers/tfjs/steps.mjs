import * as tf from '@tensorflow/tfjs';
import { labels, numbers, parameters, permuted } from '../../numbers.mjs';
import { count, laidOut, layerNorm } from './kernels.mjs';

/** { path: variable }: dense weights as [in, out] and kernels as [h, w, in, out], which tfjs is fastest with. */
function variables(subject) {
  const entries = Object.entries(parameters(subject.parameters)).map(([path, values]) => {
    const { shape } = subject.parameters[path];
    return [path, tf.variable(laidOut(...layout(subject.kind, path, values, shape)), true, path)];
  });
  return Object.fromEntries(entries);
}

function layout(kind, path, values, shape) {
  if (shape.length === 4) return [values, shape, [2, 3, 1, 0]];
  if (shape.length === 1) return [values, shape, [0]];
  if (kind !== 'cnnStep') return [values, shape, [1, 0]];
  // The rows in the order of a flattened [5, 5, 32] image instead of [32, 5, 5].
  const ordered = permuted(values, [shape[0], 32, 5, 5], [2, 3, 1, 0]);
  return [ordered, [shape[1], shape[0]], [0, 1]];
}

/** A training step with Adam, checked by the loss of the third one. */
function trainingStep(variables, x, target, lossOf) {
  const optimizer = tf.train.adam(1e-3);
  const list = Object.values(variables);
  const once = (wanted) => optimizer.minimize(() => lossOf(variables, x, target), wanted, list);
  return {
    run: () => once(false),
    check() {
      for (let i = 0; i < 2; i++) once(false);
      const loss = once(true);
      const [value] = loss.dataSync();
      loss.dispose();
      return value;
    },
    release() {
      optimizer.dispose();
      tf.dispose([list, x, target]);
    },
  };
}

const dense = (p, path, x) => tf.add(tf.matMul(x, p[`${path}.weight`]), p[`${path}.bias`]);
const crossEntropy = (logits, oneHot) => tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), oneHot), -1)));
const classes = (subject) => tf.oneHot(labels(subject.input[0], subject.classes, 2), subject.classes);

export const trainingSteps = {
  mlpStep(subject) {
    const x = tf.tensor(numbers(count(subject.input), { seed: 1 }), subject.input);
    return trainingStep(variables(subject), x, classes(subject), (p, x, y) => {
      const hidden = tf.relu(dense(p, 'hidden1', x));
      return crossEntropy(dense(p, 'output', tf.relu(dense(p, 'hidden2', hidden))), y);
    });
  },

  cnnStep(subject) {
    const convolve = (p, path, x) =>
      tf.relu(tf.add(tf.conv2d(x, p[`${path}.weight`], 1, 'valid'), p[`${path}.bias`]));
    const values = numbers(count(subject.input), { seed: 1 });
    const [n, , height, width] = subject.input;
    const x = tf.tensor(values, [n, height, width, 1]);
    return trainingStep(variables(subject), x, classes(subject), (p, x, y) => {
      const first = tf.maxPool(convolve(p, 'conv1', x), 2, 2, 'valid');
      const second = tf.maxPool(convolve(p, 'conv2', first), 2, 2, 'valid');
      return crossEntropy(dense(p, 'output', tf.reshape(second, [n, -1])), y);
    });
  },

  transformerStep(subject) {
    const [x, target] = [1, 2].map((seed) =>
      tf.tensor(numbers(count(subject.input), { seed }), subject.input),
    );
    return trainingStep(variables(subject), x, target, (p, x, y) => {
      let output = x;
      for (let i = 0; i < subject.layers; i++) output = block(p, `block${i}`, output, subject);
      return tf.mean(tf.square(tf.sub(output, y)));
    });
  },
};

/** A pre-norm transformer block: attention, then a feed-forward network with exact GELU. */
function block(p, path, x, { input: [batch, length, width], heads }) {
  const linear = (name, t) =>
    tf.reshape(dense(p, `${path}.${name}`, tf.reshape(t, [batch * length, -1])), [batch, length, -1]);
  const norm = (name, t) => layerNorm(t, p[`${path}.${name}.weight`], p[`${path}.${name}.bias`]);
  const split = (t) => tf.transpose(tf.reshape(t, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
  const normed = norm('norm1', x);
  const [q, k, v] = ['query', 'key', 'value'].map((name) => split(linear(`attention.${name}`, normed)));
  const scores = tf.mul(tf.matMul(q, k, false, true), Math.sqrt(heads / width));
  const joined = tf.reshape(tf.transpose(tf.matMul(tf.softmax(scores), v), [0, 2, 1, 3]), [
    batch,
    length,
    width,
  ]);
  const attended = tf.add(x, linear('attention.output', joined));
  const hidden = linear('linear1', norm('norm2', attended));
  const gelu = tf.mul(tf.mul(hidden, 0.5), tf.add(1, tf.erf(tf.mul(hidden, Math.SQRT1_2))));
  return tf.add(attended, linear('linear2', gelu));
}
