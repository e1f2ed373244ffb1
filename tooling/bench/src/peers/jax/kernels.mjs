// jax-js consumes its arguments: `.ref` keeps one for the next call.
import { blockUntilReady, grad, jit, lax, nn, numpy as np, tree } from '@jax-js/jax';
import { meanMagnitude, numbers, symmetric } from '../../numbers.mjs';

export const count = (shape) => shape.reduce((a, b) => a * b, 1);
export const array = (values, shape) => np.array(values, { shape });
const random = (shape, options) => array(numbers(count(shape), options), shape);

/** Work that computes `f` of these arrays anew each time, checked by the mean magnitude of the results compared. */
function eager(inputs, f, compared = (results) => results) {
  const compute = () => f(...inputs.map((input) => input.ref));
  return {
    async run() {
      const results = compute();
      await blockUntilReady(results);
      tree.dispose(results);
    },
    async check() {
      const [used, unused] = split(tree.leaves(compute()), compared);
      tree.dispose(unused);
      const values = await Promise.all(used.map((result) => result.data()));
      return values.map(meanMagnitude).reduce((a, b) => a + b);
    },
    release: () => tree.dispose(inputs),
  };
}

function split(results, compared) {
  const used = compared(results);
  return [used, results.filter((result) => !used.includes(result))];
}

/** Over the last axis. */
export function layerNorm(x, weight, bias) {
  const centred = x.ref.sub(np.mean(x, -1, { keepdims: true }));
  const variance = np.mean(np.square(centred.ref), -1, { keepdims: true });
  return centred
    .div(np.sqrt(variance.add(1e-5)))
    .mul(weight)
    .add(bias);
}

const operations = {
  add: (a, b) => np.add(a, b),
  mul: (a, b) => np.multiply(a, b),
  exp: (a) => np.exp(a),
  tanh: (a) => np.tanh(a),
  log: (a) => np.log(a),
  sum: (a) => np.sum(a),
};

export const kernels = {
  matmul: ({ size, dtype }) =>
    eager(
      [1, 2].map((seed) => random([size, size], { seed, dtype })),
      (a, b) => np.matmul(a, b),
    ),
  elementwise({ operation, size }) {
    const seeds = ['add', 'mul'].includes(operation) ? [1, 2] : [1];
    const inputs = seeds.map((seed) => random([size], { seed, low: 0.5, high: 2 }));
    return eager(inputs, operations[operation]);
  },
  softmax: ({ size, columns }) =>
    eager(
      [random([size, columns], { seed: 1 })],
      jit((x) => nn.softmax(x)),
    ),
  layerNorm: ({ size, columns }) =>
    eager([random([size, columns], { seed: 1 }), np.ones([columns]), np.zeros([columns])], jit(layerNorm)),
  convolution: ({ image, kernel }) =>
    eager([random(image, { seed: 1 }), random(kernel, { seed: 2 })], jit(convolve)),
  convolutionGradients: ({ image, kernel }) =>
    eager(
      [random(image, { seed: 1 }), random(kernel, { seed: 2 })],
      jit(grad((x, w) => np.sum(convolve(x, w)), { argnums: [0, 1] })),
    ),
  eigh: ({ size, dtype }) =>
    eager([array(symmetric(size, { seed: 1, dtype }), [size, size])], np.linalg.eigh, ([values]) => [values]),
  svd: ({ size, dtype }) =>
    eager(
      [random([size, size], { seed: 1, dtype })],
      (a) => np.linalg.svd(a, { fullMatrices: false }),
      ([, values]) => [values],
    ),
  cholesky: ({ size, dtype }) =>
    eager([array(symmetric(size, { seed: 1, dtype, shift: size }), [size, size])], np.linalg.cholesky),
};

function convolve(x, kernel) {
  return lax.conv(x, kernel, [1, 1], 'VALID');
}
