import * as tf from '@tensorflow/tfjs';
import { meanMagnitude, numbers, permuted } from '../../numbers.mjs';

export const count = (shape) => shape.reduce((a, b) => a * b, 1);
const random = (shape, options) => tf.tensor(numbers(count(shape), options), shape);

/** NCHW to NHWC, and a kernel [out, in, h, w] to [h, w, in, out]: what tfjs is written for. */
const image = (shape, seed) => laidOut(numbers(count(shape), { seed }), shape, [0, 2, 3, 1]);
const filter = (shape, seed) => laidOut(numbers(count(shape), { seed }), shape, [2, 3, 1, 0]);

/** A tensor of these numbers, given in `shape`, with its axes in this order. */
export function laidOut(values, shape, order) {
  return tf.tensor(
    permuted(values, shape, order),
    order.map((axis) => shape[axis]),
  );
}

/** Work that computes `f` of these tensors anew each time, checked by the mean magnitude of all results. */
function eager(inputs, f) {
  return {
    run: () => tf.dispose(f(...inputs)),
    async check() {
      const results = [f(...inputs)].flat();
      const values = await Promise.all(results.map((result) => result.data()));
      tf.dispose(results);
      return values.map(meanMagnitude).reduce((a, b) => a + b);
    },
    release: () => tf.dispose(inputs),
  };
}

const tidied =
  (f) =>
  (...inputs) =>
    tf.tidy(() => f(...inputs));

function onlyFloat32(dtype) {
  if (dtype === 'float64') throw new Error('has no float64');
}

export const kernels = {
  matmul({ size, dtype }) {
    onlyFloat32(dtype);
    return eager(
      [1, 2].map((seed) => random([size, size], { seed })),
      (a, b) => tf.matMul(a, b),
    );
  },
  elementwise: ({ operation, size }) =>
    eager(
      [1, 2].map((seed) => random([size], { seed, low: 0.5, high: 2 })),
      {
        add: (a, b) => tf.add(a, b),
        mul: (a, b) => tf.mul(a, b),
        exp: (a) => tf.exp(a),
        tanh: (a) => tf.tanh(a),
        log: (a) => tf.log(a),
        sum: (a) => tf.sum(a),
      }[operation],
    ),
  softmax: ({ size, columns }) => eager([random([size, columns], { seed: 1 })], (x) => tf.softmax(x)),
  layerNorm: ({ size, columns }) =>
    eager([random([size, columns], { seed: 1 }), tf.ones([columns]), tf.zeros([columns])], tidied(layerNorm)),
  convolution: ({ image: shape, kernel }) =>
    eager([image(shape, 1), filter(kernel, 2)], (x, w) => tf.conv2d(x, w, 1, 'valid')),
  convolutionGradients: ({ image: shape, kernel }) =>
    eager(
      [image(shape, 1), filter(kernel, 2)],
      (
        (gradients) =>
        (...inputs) =>
          gradients(inputs)
      )(tf.grads((x, w) => tf.sum(tf.conv2d(x, w, 1, 'valid')))),
    ),
};

/** Over the last axis. */
export function layerNorm(x, weight, bias) {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const variance = tf.mean(tf.square(centred), -1, true);
  return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, 1e-5))), weight), bias);
}
