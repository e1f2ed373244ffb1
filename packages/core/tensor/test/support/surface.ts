import * as trellis from '../../src/index.js';
import { add, mul, random, sum, tensor, zeros } from '../../src/index.js';
import type { Tensor } from '../../src/index.js';

/*
 * One valid call for every exported function. The tests of the surface start from these: that each works, that it is
 * a method as well, and that it refuses each argument when something else stands in its place.
 */

type AnyFunction = (...args: never[]) => unknown;

/** `add`, `linalg.solve`, `random.normal`, …: every function that the package exports, classes excepted. */
export const functions: ReadonlyMap<string, AnyFunction> = new Map(
  [
    ...Object.entries<unknown>(trellis),
    ...(['linalg', 'random', 'tree'] as const).flatMap((group) =>
      Object.entries<unknown>(trellis[group]).map(([name, value]) => [`${group}.${name}`, value] as const),
    ),
  ].filter((entry): entry is [string, AnyFunction] => {
    const [name, value] = entry;
    return typeof value === 'function' && name !== 'Tensor' && !name.endsWith('Error');
  }),
);

const x = tensor([0.25, -0.5, 0.75]);
const positive = tensor([1.5, 2.5, 3.5]);
const matrix = tensor([
  [2, 0.5],
  [0.5, 1],
]);
const whole = tensor([1, 0, 2], { dtype: 'int32' });
const truth = tensor([true, false, true]);
const key = random.key(7);
const image = tensor(
  Array.from({ length: 16 }, (_, i) => i / 16),
  { shape: [1, 1, 4, 4] },
);
const kernel = tensor([1, 2, 3, 4], { shape: [1, 1, 2, 2] });
// Written with functions, so that they refuse what is no tensor by themselves.
const square = (t: Tensor): Tensor => sum(trellis.square(t));

const unary = {
  near: 'neg abs sign square exp expm1 sin cos tan asin acos atan sinh cosh tanh asinh atanh erf erfc erfinv floor ceil round trunc isNaN isFinite logicalNot stopGradient relu sigmoid logSigmoid softplus leakyRelu elu silu gelu softmax logSoftmax sum prod mean max min all any argmax argmin variance std logsumexp median cumsum cumprod cummax cummin sort argsort unique flatten transpose squeeze flip zerosLike onesLike diag',
  positive: 'log log1p log2 log10 sqrt rsqrt reciprocal acosh lgamma digamma',
  whole: 'bitwiseNot',
  matrix:
    'trace diagonal tril triu linalg.norm linalg.cholesky linalg.inv linalg.det linalg.slogdet linalg.qr linalg.svd linalg.eigh linalg.eigvalsh linalg.singularValues linalg.pinv linalg.matrixRank linalg.trace',
};
const binary = {
  near: 'add sub mul div floorDivide remainder maximum minimum atan2 logaddexp equal notEqual less lessEqual greater greaterEqual logicalAnd logicalOr logicalXor isClose dot outer inner pow',
  whole: 'bitwiseAnd bitwiseOr bitwiseXor shiftLeft shiftRight',
  matrix: 'matmul linalg.matmul linalg.solve linalg.lstsq linalg.triangularSolve',
};

const list = (names: string, args: readonly unknown[]): [string, readonly unknown[]][] =>
  names.split(' ').map((name) => [name, args]);

/** Arguments with which the function of that name works. */
export const validCalls: Readonly<Record<string, readonly unknown[]>> = Object.fromEntries([
  ...list(unary.near, [x]),
  ...list(unary.positive, [positive]),
  ...list(unary.whole, [whole]),
  ...list(unary.matrix, [matrix]),
  ...list(binary.near, [positive, tensor([1, 2, 3])]),
  ...list(binary.whole, [whole, whole]),
  ...list(binary.matrix, [matrix, matrix]),
  ...list('random.key', [3]),
  ...list('random.split random.splitStack', [key, 3]),
  ...list('random.foldIn', [key, 5]),
  ...list(
    'random.bits random.uniform random.normal random.exponential random.gumbel random.laplace random.logistic random.cauchy',
    [key, [2]],
  ),
  ...list('random.gamma random.bernoulli', [key, tensor([0.3, 0.6]), [2]]),
  ...list('random.truncatedNormal', [key, -1, 1, [2]]),
  ...list('random.beta', [key, 1.5, 2.5, [2]]),
  ...list('random.dirichlet', [key, positive]),
  ...list('random.categorical', [key, x]),
  ...list('random.permutation', [key, x]),
  ...list('random.choice', [key, x, [2]]),
  ...list('random.randint', [key, [2], 0, 9]),
  ...list('random.orthogonal', [key, 3]),
  [
    'tensor',
    [
      [
        [1, 2],
        [3, 4],
      ],
      { dtype: 'float64', shape: [4] },
    ],
  ],
  ['zeros', [[2, 3], { dtype: 'int32' }]],
  ['ones', [[2, 3], { dtype: 'int32' }]],
  ['full', [[2], 7, { dtype: 'float64' }]],
  ['fullLike', [x, 2]],
  ['eye', [2, 3, { dtype: 'float64', offset: 1 }]],
  ['arange', [1, 7, 2, { dtype: 'float64' }]],
  ['linspace', [0, 1, 5, { dtype: 'float64' }]],
  ['polygamma', [1, positive]],
  ['where', [truth, x, positive]],
  ['clip', [x, -0.3, 0.3]],
  ['cast', [x, 'float64']],
  ['quantile', [x, 0.3]],
  ['topK', [x, 2]],
  ['searchsorted', [positive, x, { side: 'right' }]],
  ['gather', [x, whole]],
  ['take', [x, whole]],
  ['takeAlongAxis', [x, whole]],
  ['scatterAdd', [x, whole, positive]],
  ['segmentSum', [x, whole, 3]],
  ['oneHot', [whole, 3]],
  ['dynamicSlice', [x, [1], [2]]],
  ['dynamicUpdateSlice', [x, tensor([9]), [1]]],
  ['slice', [x, [1], [3]]],
  ['at', [x, [0, 2]]],
  ['concat', [[x, positive], 0]],
  ['stack', [[x, positive], 0]],
  ['split', [x, 3, 0]],
  ['tile', [x, 2]],
  ['repeat', [x, 2]],
  ['pad', [x, 1]],
  ['reshape', [x, [3, 1]]],
  ['moveAxis', [matrix, 0, 1]],
  ['swapAxes', [matrix, 0, 1]],
  ['expandDims', [x, 0]],
  ['broadcastTo', [x, [2, 3]]],
  ['roll', [x, 1]],
  ['einsum', ['ij,jk->ik', matrix, matrix]],
  ['linalg.einsum', ['ij,jk->ik', matrix, matrix]],
  ['linalg.matrixPower', [matrix, 3]],
  ['linalg.symmetricFunction', [matrix, (t: Tensor) => trellis.exp(t)]],
  ['conv2d', [image, kernel, { stride: 2, padding: 1, dilation: 1, groups: 1 }]],
  ['convTranspose2d', [image, kernel, { stride: 2 }]],
  ['conv1d', [zeros([1, 1, 5]), zeros([1, 1, 2])]],
  ['maxPool2d', [image, 2, { stride: 2 }]],
  ['avgPool2d', [image, 2, { stride: 2 }]],
  ['tree.flatten', [{ a: x }]],
  ['tree.unflatten', [trellis.tree.flatten({ a: x }).definition, [x]]],
  ['tree.leaves', [{ a: x }]],
  ['tree.map', [(t: Tensor) => trellis.neg(t), { a: x }]],
  ['tree.mapWithPath', [(_path: string, t: Tensor) => t.neg(), { a: x }]],
  ['tree.reduce', [(n: number, t: Tensor) => n + t.size, { a: x }, 0]],
  ['tree.paths', [{ a: x }]],
  ['tree.difference', [{ a: x }, { b: x }]],
  ['grad', [square, 0]],
  ['valueAndGrad', [square, { argnums: 0, hasAux: false }]],
  ['vjp', [square, x]],
  ['jvp', [square, [x], [x]]],
  ['hvp', [square, x, x]],
  ['linearize', [square, x]],
  ['jacfwd', [square, 0]],
  ['jacrev', [square, 0]],
  ['hessian', [square, 0]],
  ['vmap', [square, { inAxes: 0, outAxes: 0 }]],
  ['jit', [square, { name: 'square' }]],
  ['fused', [square]],
  ['checkpoint', [square]],
  ['closureConvert', [square, x]],
  [
    'customVjp',
    [square, (t: Tensor) => [square(t), t] as const, (t: Tensor, ct: Tensor) => [mul(mul(t, 2), ct)]],
  ],
  ['scan', [(c: Tensor, t: Tensor) => [add(c, t), c] as const, tensor(0), x, { length: 3, reverse: true }]],
  ['cond', [true, square, square, x]],
  ['scope', [() => x.add(1)]],
  ['profile', [() => x.add(1)]],
  ['memory', []],
  ['leakReport', []],
  ['backendInfo', []],
  ['useBackend', ['cpu', {}]],
  ['to', [x, 'cpu']],
  ['registerBackend', []],
  ['bytesPerElement', ['float32']],
  ['isFloat', ['float32']],
  ['promote', ['float32', 'int32']],
]);
