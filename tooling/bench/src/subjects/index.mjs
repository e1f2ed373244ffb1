import { cnn, mlp, transformer } from './models.mjs';

/**
 * What is measured, as plain data that every peer reads: `kind` says what to do, `size` is what grows within `series`,
 * `work` is the number of floating-point operations (or of elements, where they are not counted).
 */
export const subjects = [
  ...[64, 128, 256, 512, 1024, 2048].flatMap((n) =>
    ['float32', 'float64'].map((dtype) => ({
      ...named('gemm', `matmul ${dtype}`, n, 2 * n ** 3),
      kind: 'matmul',
      dtype,
      flops: true,
    })),
  ),
  ...['add', 'mul', 'exp', 'tanh', 'log', 'sum'].flatMap((operation) =>
    [10, 1e3, 1e4, 1e5, 1e6, 1e7].map((n) => ({
      ...named(n === 10 ? 'eager' : 'elementwise', operation, n, n),
      kind: 'elementwise',
      operation,
    })),
  ),
  ...['softmax', 'layerNorm'].flatMap((kind) =>
    [64, 256, 1024, 4096].map((rows) => ({
      ...named('rows', kind, rows, rows * 1000),
      kind,
      columns: 1000,
    })),
  ),
  ...['convolution', 'convolutionGradients'].flatMap((kind) =>
    [8, 16, 32, 64].map((batch) => ({
      ...named('conv', kind, batch, (kind === 'convolution' ? 2 : 4) * batch * 32 * 16 * 9 * 26 * 26),
      kind,
      image: [batch, 16, 28, 28],
      kernel: [32, 16, 3, 3],
      flops: true,
    })),
  ),
  ...['eigh', 'svd', 'cholesky'].flatMap((kind) =>
    [32, 64, 128, 256, 512].map((n) => ({
      ...named('linalg', kind, n, n ** 3),
      kind,
      dtype: 'float64',
    })),
  ),
  ...['adamw', 'sgd'].flatMap((kind) =>
    [1e4, 1e5, 1e6, 1e7].map((n) => ({ ...named('optimizer', kind, n, n), kind, tensors: 10 })),
  ),
  { ...named('steps', 'MLP step', 128, 1), ...mlp },
  { ...named('steps', 'CNN step', 64, 1), ...cnn },
  { ...named('steps', 'transformer step', 8, 1), ...transformer },
];

export const suites = [...new Set(subjects.map(({ suite }) => suite))];

function named(suite, series, size, work) {
  return { suite, series, name: `${series} ${short(size)}`, size, work };
}

/** 1000000 as 1e6. */
export function short(size) {
  const power = Math.log10(size);
  return size >= 1000 && Number.isInteger(power) ? `1e${power}` : String(size);
}
