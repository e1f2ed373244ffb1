import { describe, expect, it } from 'vitest';
import { loadGoldens } from '@tooling/goldens';
import type { GoldenCase } from '@tooling/goldens';
import '../src/index.js';
import { linalg } from '../src/linalg.js';
import * as p from '../src/primitives/calls.js';
import { mT } from '../src/primitives/linalg/support.js';
import type { Tensor } from '../src/tensor.js';
import { grad, vjp } from '../src/transforms/grad.js';
import { argument, expectGolden } from './support/goldens.js';

/** Reference values of NumPy, SciPy, PyTorch and mpmath. */
const sumOf = (x: Tensor): Tensor =>
  p.sum(
    x,
    x.shape.map((_, axis) => axis),
  );
const weighted = (weights: Tensor, x: Tensor): Tensor => sumOf(p.mul(weights, x));
const functions = { exp: p.exp, log: p.log, sqrt: p.sqrt };

/** Results by the names that the cases give them. */
const operations: Record<string, (golden: GoldenCase, ...xs: Tensor[]) => Record<string, Tensor>> = {
  cholesky: (_, x) => ({ value: linalg.cholesky(x) }),
  triangularSolve: ({ options }, a, b) => ({ value: linalg.triangularSolve(a, b, options) }),
  solve: (_, a, b) => ({ value: linalg.solve(a, b) }),
  inv: (_, x) => ({ value: linalg.inv(x) }),
  det: (_, x) => ({ value: linalg.det(x) }),
  slogdet: (_, x) => {
    const [sign, logabsdet] = linalg.slogdet(x);
    return { sign, logabsdet };
  },
  qr: ({ options }, x) => {
    const [q, r] = linalg.qr(x);
    // The complete r has rows of zeros below the reduced one.
    const rows = options.mode === 'complete' ? x.shape[0]! - r.shape[0]! : 0;
    return { 'abs.q': p.abs(q), 'abs.r': p.abs(rows > 0 ? p.pad(r, [0, 0], [rows, 0]) : r) };
  },
  eigh: (_, x) => {
    const [values, vectors] = linalg.eigh(x);
    return { values, 'abs.vectors': p.abs(vectors) };
  },
  svd: (_, x) => {
    const [u, s, vt] = linalg.svd(x);
    return { 'abs.u': p.abs(u), s, 'abs.v': p.abs(mT(vt)) };
  },
  lstsq: (_, a, b) => {
    const { solution, rank } = linalg.lstsq(a, b);
    return { value: solution, rank };
  },
  pinv: (_, x) => ({ value: linalg.pinv(x) }),
  norm: ({ options }, x) => ({ value: linalg.norm(x, options) }),
};

/** The scalars whose gradients are stored, by `options.scalar`. */
const scalars: Record<string, (golden: GoldenCase, x: Tensor) => Tensor> = {
  'sum(logabsdet)': (_, x) => sumOf(linalg.slogdet(x)[1]),
  'sum(s)': (_, x) => sumOf(linalg.singularValues(x)),
  qr: (golden, x) => {
    const [q, r] = linalg.qr(x);
    return p.add(
      weighted(argument(golden, 'wq'), p.square(q)),
      weighted(argument(golden, 'wr'), p.square(r)),
    );
  },
  eigh: (golden, x) => {
    const [values, vectors] = linalg.eigh(x);
    return p.add(
      weighted(argument(golden, 'we'), values),
      weighted(argument(golden, 'wv'), p.square(vectors)),
    );
  },
  svd: (golden, x) => {
    const [u, s, vt] = linalg.svd(x);
    const vectors = p.add(
      weighted(argument(golden, 'wu'), p.square(u)),
      weighted(argument(golden, 'wv'), p.square(mT(vt))),
    );
    return p.add(weighted(argument(golden, 'ws'), s), vectors);
  },
  spectral: (golden, x) =>
    weighted(
      argument(golden, 'w'),
      linalg.symmetricFunction(x, functions[golden.options.function as keyof typeof functions]),
    ),
};

const cases = [...loadGoldens('linalg'), ...loadGoldens('reduce').filter(({ op }) => op === 'norm')];

describe('linalg against NumPy, SciPy and PyTorch', () => {
  it.each(cases.map((golden) => [golden.name, golden] as const))('%s', (_, golden) => {
    const names = 'x' in golden.args ? ['x'] : ['a', 'b'];
    const inputs = names.map((name) => argument(golden, name));
    const { scalar } = golden.options;
    const results: Record<string, Tensor> = {};
    if (typeof scalar === 'string') {
      const f = (x: Tensor): Tensor => scalars[scalar]!(golden, x);
      results.value = f(inputs[0]!);
      results['grad.x'] = grad(f)(inputs[0]!);
      if (scalar === 'spectral')
        results.matrix = linalg.symmetricFunction(
          inputs[0]!,
          functions[golden.options.function as keyof typeof functions],
        );
    } else {
      Object.assign(results, operations[golden.op]!(golden, ...inputs));
      if ('cotangent' in golden.args) {
        const [, pullback] = vjp(
          (...xs: Tensor[]) => operations[golden.op]!(golden, ...xs).value!,
          ...inputs,
        );
        pullback(argument(golden, 'cotangent')).forEach((g, i) => (results[`grad.${names[i]!}`] = g));
      }
    }
    for (const name of Object.keys(golden.expected)) {
      expect(Object.keys(results)).toContain(name);
      expectGolden(golden, name, results[name]!);
    }
  });
});
