import { loadGoldens, type GoldenArray, type GoldenCase } from '@tooling/goldens';
import { eye, grad, jit, jvp, linalg, tensor, vmap, type Tensor } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import { lyapunov, symExp, symInvSqrt, symLog, symPow, symReEig, symSqrt } from '../../src/index.js';
import {
  centralDifference,
  diagonal,
  elements,
  f64,
  randomTensor,
  relativeError,
  symmetric,
} from '../support.js';
import { thrown } from '../support.js';

const read = ({ data, shape }: GoldenArray): Tensor => tensor([...data], { dtype: 'float64' }).reshape(shape);

const functions: Readonly<Record<string, (x: Tensor, options: GoldenCase['options']) => Tensor>> = {
  symLog,
  symSqrt,
  symInvSqrt,
  symExp,
  symPow: (x, { exponent }) => symPow(x, Number(exponent)),
  symReEig: (x, { epsilon }) => symReEig(x, Number(epsilon)),
};
const cases = loadGoldens('spd').filter(({ op }) => op in functions);

describe('against mpmath', () => {
  it.each(cases)('$name', ({ op, args, options, expected, tolerance }) => {
    const f = functions[op]!;
    const [x, c] = [read(args['x']!), read(args['c']!)];
    const slope = grad((y: Tensor) => f(y, options).mul(c).sum())(x);
    expect(relativeError(f(x, options), read(expected['value']!))).toBeLessThan(tolerance);
    expect(relativeError(slope, read(expected['grad.x']!))).toBeLessThan(tolerance);
  });

  it.each(loadGoldens('spd').filter(({ op }) => op === 'lyapunov'))(
    '$name',
    ({ args, expected, tolerance }) => {
      expect(
        relativeError(lyapunov(read(args['b']!), read(args['c']!)), read(expected['value']!)),
      ).toBeLessThan(tolerance);
    },
  );
});

it('has the symmetric part of the weights as gradient of the logarithm at the identity, exactly', () => {
  const c = randomTensor(1, [5, 5]);
  const slope = grad((x: Tensor) => symLog(x).mul(c).sum())(eye(5, 5, { dtype: 'float64' }));
  expect(elements(slope)).toEqual(elements(c.add(c.T).mul(0.5)));
});

const plain: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  symLog,
  symSqrt,
  symInvSqrt,
  symExp,
  'symPow 0.3': (x) => symPow(x, 0.3),
  'symPow -1.5': (x) => symPow(x, -1.5),
  'symReEig 1.7': (x) => symReEig(x, 1.7),
  lyapunov: (x) => lyapunov(x, symmetric(9, [5, 5])),
};
const basis = linalg.qr(randomTensor(1, [5, 5]))[0];
/** Gaps from 1 to 1e-14, and none. */
const spectra = [
  [1, 2, 3, 4, 5],
  [1, 1.001, 2, 2.000001, 3],
  [1, 1 + 1e-9, 2, 2 + 3e-12, 3],
  [1, 1 + 1e-14, 2, 2 + 1e-13, 3],
  [1, 1, 2, 3, 3],
  [2, 2, 2, 2, 2],
];

describe.each(Object.entries(plain))('%s', (_name, f) => {
  it.each(spectra)('has the derivatives of central differences at %d, %d, %d, %d, %d', (...spectrum) => {
    const x = basis.matmul(diagonal(spectrum)).matmul(basis.T);
    const [v, w, c] = [symmetric(3, [5, 5]), symmetric(4, [5, 5]), randomTensor(2, [5, 5])];
    const loss = (y: Tensor): Tensor => f(y).mul(c).sum();
    const first = grad(loss)(x).mul(v).sum();
    expect(relativeError(first, centralDifference(loss, x, v))).toBeLessThan(1e-6);
    expect(relativeError(jvp(loss, [x], [v])[1], first)).toBeLessThan(1e-11);
    const slope = (y: Tensor): Tensor => grad(loss)(y).mul(w).sum();
    const second = grad(slope)(x).mul(v).sum().item();
    // Scaled by the second derivative at large, as a single direction's can be nearly 0.
    const scale = linalg.norm(grad(slope)(x)).item() || 1;
    expect(Math.abs(second - centralDifference(slope, x, v).item()) / scale).toBeLessThan(1e-6);
    expect(Math.abs(second - jvp(slope, [x], [v])[1].item()) / scale).toBeLessThan(1e-10);
  });

  it('is the same compiled and for a batch, with second derivatives', () => {
    const x = basis.matmul(diagonal([1, 1, 2, 3, 4])).matmul(basis.T);
    const slope = (y: Tensor): Tensor =>
      grad((z: Tensor) => grad((t: Tensor) => f(t).square().sum())(z).sum())(y);
    const stack = f64([1, 1.5, 2]).reshape([3, 1, 1]).mul(x);
    const alone = slope(x);
    expect(relativeError(jit(slope)(x), alone)).toBeLessThan(1e-12);
    expect(relativeError(vmap(slope)(stack).at(0), alone)).toBeLessThan(1e-12);
    expect(relativeError(f(stack.reshape([3, 1, 5, 5])).at(0, 0), f(x))).toBeLessThan(1e-13);
  });
});

it('keeps float32', () => {
  const x = basis.matmul(diagonal([1, 1, 2, 3, 4])).matmul(basis.T);
  for (const f of Object.values(plain).slice(0, 7)) {
    const narrow = f(x.cast('float32'));
    expect(narrow.dtype).toBe('float32');
    expect(relativeError(narrow.cast('float64'), f(x))).toBeLessThan(1e-5);
  }
});

it('inverts the exponential, and the root', () => {
  const x = basis.matmul(diagonal([1e-3, 0.1, 1, 10, 100])).matmul(basis.T);
  expect(relativeError(symExp(symLog(x)), x)).toBeLessThan(1e-12);
  expect(relativeError(symSqrt(x).matmul(symSqrt(x)), x)).toBeLessThan(1e-13);
  expect(relativeError(symInvSqrt(x).matmul(symSqrt(x)), eye(5, 5, { dtype: 'float64' }))).toBeLessThan(
    1e-12,
  );
});

describe('bad input', () => {
  const one = eye(2, 2, { dtype: 'float64' });
  const stacked = (bad: Tensor): Tensor => one.broadcastTo([2, 2, 2, 2]).add(bad.sub(one).mul(f64([[0, 0], [1, 0]]).reshape([2, 2, 1, 1]))); // prettier-ignore

  it.each([
    ['not symmetric', f64([[1, 2], [0, 1]]), 'LINALG: symLog: x must be symmetric, but the matrix at index [1,0] has 0 at (1,0) and 2 at (0,1)'], // prettier-ignore
    ['not positive', diagonal([1, -3]), 'LINALG: symLog: x must be positive definite, but the matrix at index [1,0] has negative eigenvalues; the smallest eigenvalue is -3; add a small multiple of the identity'], // prettier-ignore
    ['singular', diagonal([1, 0]), 'LINALG: symLog: x must be positive definite, but the matrix at index [1,0] is singular to rounding; its smallest eigenvalue is 0; add a small multiple of the identity'], // prettier-ignore
  ])('%s', (_what, bad, message) => {
    expect(thrown(() => symLog(stacked(bad)))).toBe(message);
  });

  it('NaN, shapes, arguments', () => {
    expect(thrown(() => symExp(diagonal([NaN, 1])))).toBe('LINALG: symExp: x must be finite, but the matrix has NaN or infinity'); // prettier-ignore
    expect(thrown(() => symExp(f64([1, 2])))).toBe('SHAPE: symExp: x must be float matrices [..., n, n], got a float64[2] tensor'); // prettier-ignore
    expect(thrown(() => symLog(7 as never))).toBe('ARGUMENT: symLog: x must be a tensor, got 7');
    expect(thrown(() => symPow(one, NaN))).toBe(
      'ARGUMENT: symPow: exponent must be a finite number, got NaN',
    );
    expect(thrown(() => symReEig(one, 0))).toBe('ARGUMENT: symReEig: epsilon must be a finite number greater than 0, got 0'); // prettier-ignore
    expect(thrown(() => symSqrt(diagonal([1, -1e-3])))).toContain('the smallest eigenvalue is -0.001');
    expect(thrown(() => symSqrt(diagonal([1, 0])))).toBe('nothing');
    expect(thrown(() => lyapunov(diagonal([1, -1]), one))).toContain('lyapunov: b must be positive definite');
  });
});
