import { describe, expect, it } from 'vitest';
import * as trellis from '../src/index.js';
import { Tensor, tree } from '../src/index.js';
import { functions, validCalls } from './support/surface.js';

/** What contract 2.1 promises by name; more may be exported. */
const promised = {
  functions:
    'tensor zeros ones full eye arange linspace grad valueAndGrad vjp jvp hvp jacfwd jacrev hessian vmap jit customVjp ' +
    'stopGradient checkpoint useBackend backendInfo memory scope profile',
  both: 'gather scatterAdd segmentSum sort argsort topK cumsum where clip pad slice dynamicSlice conv2d maxPool2d avgPool2d matmul softmax logsumexp log1p expm1 sigmoid softplus',
  onLists: 'concat stack scan',
  tree: 'map flatten unflatten leaves reduce',
  random: 'key split normal uniform bernoulli categorical permutation gamma dirichlet truncatedNormal',
  linalg: 'matmul einsum norm cholesky solve triangularSolve inv det slogdet qr svd eigh lstsq',
};

/** The same tree with plain data for tensors, to compare bit for bit. */
function plain(value: unknown): unknown {
  return tree.map((t) => [t.dtype, t.shape, ...t.dataSync()], value);
}

describe('the surface', () => {
  it.each(promised.functions.split(' '))('has %s', (name) => {
    expect(functions.has(name)).toBe(true);
  });

  it.each(promised.both.split(' '))('has %s, as a method too', (name) => {
    expect(functions.has(name)).toBe(true);
    expect(Tensor.prototype).toHaveProperty(name);
  });

  it.each(promised.onLists.split(' '))('has %s', (name) => {
    expect(functions.has(name)).toBe(true);
  });

  it.each(
    (['tree', 'random', 'linalg'] as const).flatMap((g) => promised[g].split(' ').map((n) => `${g}.${n}`)),
  )('has %s', (name) => {
    expect(functions.has(name)).toBe(true);
  });

  it('is covered by one valid call for each function, and by no other', () => {
    expect(Object.keys(validCalls).sort()).toEqual([...functions.keys()].sort());
  });

  it('exports functions, constants, classes and groups, and nothing by accident', () => {
    const others = Object.keys(trellis).filter((name) => !functions.has(name));
    expect(others.sort()).toEqual(
      'ArgumentError BackendError DTypeError DisposedError IndexError LinalgError MemoryError ShapeError Tensor TraceError TreeError TrellisError dtypes linalg random tree'.split(
        ' ',
      ),
    );
  });
});

describe.each(Object.entries(validCalls).filter(([name]) => name !== 'registerBackend'))(
  '%s',
  (name, args) => {
    const f = functions.get(name) as ((...args: readonly unknown[]) => unknown) | undefined;
    const [first, ...rest] = args;
    const method = (Tensor.prototype as unknown as Record<string, unknown>)[name];

    it(`works${typeof method === 'function' ? ', and as a method gives the same bits' : ''}`, () => {
      const result = f!(...args);
      if (typeof method === 'function' && first instanceof Tensor)
        expect(plain((method as (...args: readonly unknown[]) => unknown).apply(first, rest))).toEqual(
          plain(result),
        );
    });
  },
);

describe('operations on tensors', () => {
  it('are methods wherever the first argument is the tensor', () => {
    const without = Object.entries(validCalls).filter(
      ([name, [first]]) =>
        first instanceof Tensor &&
        !name.includes('.') &&
        typeof (Tensor.prototype as unknown as Record<string, unknown>)[name] !== 'function',
    );
    // They take the shape and dtype of a tensor, not its elements.
    expect(without.map(([name]) => name).sort()).toEqual(['fullLike', 'onesLike', 'zerosLike']);
  });
});
