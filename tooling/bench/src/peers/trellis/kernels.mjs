import { layerNorm } from '@core/nn';
import { Tensor, conv2d, grad, linalg, matmul, ones, softmax, tensor, tree, zeros } from '@core/tensor';
import { meanMagnitude, numbers, symmetric } from '../../numbers.mjs';

const random = (shape, options) =>
  tensor(
    numbers(
      shape.reduce((a, b) => a * b, 1),
      options,
    ),
    { shape, dtype: options.dtype ?? 'float32' },
  );

/** Work that computes `f` of these tensors anew each time, checked by the mean magnitude of all results. */
function eager(inputs, f) {
  return {
    run() {
      const result = f(...inputs);
      if (result instanceof Tensor) result.dispose();
      else tree.leaves(result).forEach((leaf) => leaf.dispose());
    },
    async check() {
      const results = tree.leaves(f(...inputs));
      const values = await Promise.all(results.map((result) => result.data()));
      results.forEach((result) => result.dispose());
      return values.map(meanMagnitude).reduce((a, b) => a + b);
    },
    release: () => inputs.forEach((input) => input.dispose()),
  };
}

const operations = {
  add: (a, b) => a.add(b),
  mul: (a, b) => a.mul(b),
  exp: (a) => a.exp(),
  tanh: (a) => a.tanh(),
  log: (a) => a.log(),
  sum: (a) => a.sum(),
};

export const kernels = {
  matmul: ({ size, dtype }) =>
    eager(
      [1, 2].map((seed) => random([size, size], { seed, dtype })),
      (a, b) => matmul(a, b),
    ),
  elementwise: ({ operation, size }) =>
    eager(
      [1, 2].map((seed) => random([size], { seed, low: 0.5, high: 2 })),
      operations[operation],
    ),
  softmax: ({ size, columns }) => eager([random([size, columns], { seed: 1 })], (x) => softmax(x)),
  layerNorm: ({ size, columns }) =>
    eager([random([size, columns], { seed: 1 }), ones([columns]), zeros([columns])], (x, weight, bias) =>
      layerNorm(x, { weight, bias }),
    ),
  convolution: ({ image, kernel }) =>
    eager([random(image, { seed: 1 }), random(kernel, { seed: 2 })], (x, w) => conv2d(x, w)),
  convolutionGradients: ({ image, kernel }) =>
    eager(
      [random(image, { seed: 1 }), random(kernel, { seed: 2 })],
      grad((x, w) => conv2d(x, w).sum(), [0, 1]),
    ),
  eigh: ({ size, dtype }) =>
    decomposition(symmetric(size, { seed: 1, dtype }), size, linalg.eigh, ([values]) => values),
  svd: ({ size, dtype }) =>
    decomposition(numbers(size * size, { seed: 1, dtype }), size, linalg.svd, ([, values]) => values),
  cholesky: ({ size, dtype }) =>
    decomposition(symmetric(size, { seed: 1, dtype, shift: size }), size, linalg.cholesky, (l) => l),
};

/** Vectors have no sign of their own, so only the part that `compared` picks is checked. */
function decomposition(values, n, decompose, compared) {
  const matrix = tensor(values, { shape: [n, n], dtype: 'float64' });
  return {
    ...eager([matrix], decompose),
    async check() {
      const result = decompose(matrix);
      const check = meanMagnitude(await compared(result).data());
      tree.leaves(result).forEach((leaf) => leaf.dispose());
      return check;
    },
  };
}
