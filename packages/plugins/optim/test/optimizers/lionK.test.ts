import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createRegistry, type Spec } from '@core/registry';
import { jit, tensor, type Tensor } from '@core/tensor';
import {
  kappas,
  lion,
  lionK,
  scaleByLion,
  scaleByLionK,
  type Kappa,
  type Optimizer,
} from '../../src/index.js';
import plugin from '../../src/plugin.js';
import { distance, f64, flat, follow, randomTensor, seeds, someParams, thrown } from '../support.js';

interface Golden {
  readonly leaves: Readonly<Record<string, { readonly start: Nested; readonly grads: readonly Nested[] }>>;
  readonly cases: readonly {
    readonly leaf: string;
    readonly options: Readonly<Record<string, unknown>>;
    readonly steps: readonly number[];
    readonly params: readonly (readonly number[])[];
  }[];
}

type Nested = readonly number[] | readonly (readonly number[])[];

const golden = JSON.parse(readFileSync(new URL('../goldens/lionK.json', import.meta.url), 'utf8')) as Golden;
const registry = createRegistry([plugin]);

describe('trajectories of the paper’s equations', () => {
  it.each(golden.cases)('$leaf $options', async ({ leaf, options, steps, params }) => {
    const spec = { use: 'optim/lion-k', ...options } as Spec;
    const optimizer = await registry.fromSpec(spec, { kind: 'optimizer' });
    for (const dtype of ['float64', 'float32'] as const) {
      const grads = (golden.leaves[leaf]?.grads ?? []).map((g) => f64(g).cast(dtype));
      const update = jit((g: never, s: never, p: never) => optimizer.update(g, s, p)) as Optimizer['update'];
      steps.forEach((count, i) => {
        for (const one of [optimizer, { ...optimizer, update }]) {
          const got = follow(
            one,
            f64(golden.leaves[leaf]?.start ?? []).cast(dtype),
            grads.slice(0, count),
          ).params;
          expect(distance(got, f64(params[i] ?? []))).toBeLessThan(dtype === 'float64' ? 1e-12 : 2e-5);
        }
      });
    }
  });
});

describe('Lion is Lion-K with l1', () => {
  it.each(seeds)('seed %i: to the same bits', (seed) => {
    for (const dtype of ['float32', 'float64'] as const) {
      const params = someParams(seed, dtype);
      const grads = [1, 2, 3, 4, 5].map((k) => someParams(seed + 100 * k, dtype));
      const options = { learningRate: 0.1, weightDecay: 0.3, beta1: 0.8, beta2: 0.95 };
      const want = follow(lion(options), params, grads);
      for (const scope of ['leaf', 'tree'] as const) {
        const got = follow(lionK({ ...options, kappa: kappas.l1(), scope }), params, grads);
        expect(distance(got.params, want.params)).toBe(0);
        expect(distance(got.state, want.state)).toBe(0);
      }
      expect(distance(follow(lionK(options), params, grads).params, want.params)).toBe(0);
      expect(distance(follow(scaleByLionK(), params, grads).updates, follow(scaleByLion(), params, grads).updates)).toBe(0); // prettier-ignore
    }
  });
});

describe('the constraint', () => {
  // Largest norm of λ x for which K* is finite.
  const norm: Readonly<Record<string, readonly [Kappa, (x: Tensor) => number]>> = {
    l1: [kappas.l1(), (x) => x.abs().max().item()],
    huber: [kappas.huber(0.5), (x) => x.abs().max().item()],
    softL1: [kappas.softL1(0.5), (x) => x.abs().max().item()],
    entropy: [kappas.entropy(0.5), (x) => x.abs().max().item()],
    l2: [kappas.l2(), (x) => Math.hypot(...flat(x))],
    'lp 3': [kappas.lp(3), (x) => flat(x).reduce((sum, v) => sum + Math.abs(v) ** 1.5, 0) ** (1 / 1.5)],
    topK: [kappas.topK(2), (x) => Math.max(x.abs().max().item(), x.abs().sum().item() / 2)],
    groupL2: [kappas.groupL2([0, 0, 1, 1]), (x) => Math.max(...[[0, 2], [2, 4]].map(([a, b]) => Math.hypot(...flat(x).slice(a, b))))], // prettier-ignore
  };
  const decay = 0.8;
  const rate = 0.01;

  it.each(Object.entries(norm))(
    '%s: is approached by 1 - η λ each step, and never left',
    (_, [kappa, size]) => {
      const optimizer = lionK({ learningRate: rate, weightDecay: decay, kappa });
      const update = jit((g: never, s: never, p: never) => optimizer.update(g, s, p)) as Optimizer['update'];
      for (const seed of seeds) {
        let at = { params: f64([5, -5, 1, 0.2]), state: optimizer.init(f64([5, -5, 1, 0.2])) as unknown };
        const excess = Math.max(0, size(at.params.mul(decay)) - 1);
        let inside = false;
        for (let k = 1; k <= 700; k++) {
          at = follow(
            { ...optimizer, update },
            at.params,
            [randomTensor(1000 * seed + k, [4])],
            at.state as never,
          );
          const now = size(at.params.mul(decay)) - 1;
          expect(now).toBeLessThanOrEqual(excess * (1 - rate * decay) ** k + 1e-12);
          if (inside) expect(now).toBeLessThanOrEqual(1e-12);
          inside ||= now <= 0;
        }
      }
    },
  );

  it('the distance to the domain of K* falls by the same factor', () => {
    for (const kappa of [kappas.l1(), kappas.l2(), kappas.groupL2('rows')]) {
      const optimizer = lionK({ learningRate: rate, weightDecay: decay, kappa });
      let at = { params: f64([4, -3, 2]), state: optimizer.init(f64([4, -3, 2])) };
      const away = (x: Tensor): number =>
        Math.hypot(...flat(x.mul(decay).sub(kappa.project?.(x.mul(decay)) ?? x)));
      for (let k = 1; k <= 100; k++) {
        const before = away(at.params);
        at = follow(optimizer, at.params, [randomTensor(k, [3])], at.state);
        expect(away(at.params)).toBeLessThanOrEqual((1 - rate * decay) * before + 1e-12);
      }
    }
  });
});

describe('scope and kinds of K', () => {
  it('a K of the tree couples the leaves, a K of each leaf does not', () => {
    const params = { a: f64([3]), b: tensor([0, 4]) };
    const step = (scope: 'leaf' | 'tree') =>
      follow(lionK({ learningRate: 1, kappa: kappas.l2(), scope }), params, [params]).updates;
    expect(distance(step('tree'), { a: f64([-0.6]), b: f64([0, -0.8]) })).toBeLessThan(1e-7);
    expect(distance(step('leaf'), { a: f64([-1]), b: f64([0, -1]) })).toBeLessThan(1e-7);
    expect((step('tree') as typeof params).b.dtype).toBe('float32');
    expect(lionK({ scope: 'tree' }).update({}, lionK().init({}), {}).updates).toEqual({});
  });

  it('takes a K of your own', () => {
    const cubic: Kappa = {
      name: 'cubic',
      value: (x) => x.abs().pow(3).sum().div(3),
      gradient: (x) => x.mul(x.abs()),
      conjugate: (y) =>
        y
          .abs()
          .pow(1.5)
          .sum()
          .mul(2 / 3),
    };
    const { updates } = follow(lionK({ learningRate: 1, beta1: 0, kappa: cubic }), f64([1, 1]), [
      f64([2, -3]),
    ]);
    expect(flat(updates)).toEqual([-4, 9]);
  });

  it.each([
    ['no K', () => lionK({ kappa: 'l1' as never }), 'ARGUMENT: lionK: kappa must be a Kappa ({ value, gradient, conjugate }), such as kappas.huber(0.5), got "l1"'], // prettier-ignore
    ['another scope', () => lionK({ scope: 'all' as never }), "ARGUMENT: lionK: scope must be 'leaf' or 'tree', got \"all\""], // prettier-ignore
    ['NaN', () => lionK({ learningRate: NaN }), /^ARGUMENT: lionK: learningRate must be/],
    ['a beta of 1', () => scaleByLionK({ beta2: 1 }), /^ARGUMENT: scaleByLionK: beta2 must be/],
    ['a K that changes shapes', () => follow(lionK({ kappa: { ...kappas.l1(), gradient: (x) => x.sum() } }), f64([1, 2]), [f64([1, 2])]), 'SHAPE: scaleByLionK: the gradient of l1 must be a float64[2] tensor like its argument, is a float64[] tensor'], // prettier-ignore
    ['matrices’ K for a vector', () => follow(lionK({ kappa: kappas.spectral() }), f64([1, 2]), [f64([1, 2])]), /^SHAPE: spectral: needs matrices/], // prettier-ignore
  ] as const)('refuses %s', (_, call, message) => {
    if (typeof message === 'string') expect(thrown(call)).toBe(message);
    else expect(thrown(call)).toMatch(message);
  });
});
