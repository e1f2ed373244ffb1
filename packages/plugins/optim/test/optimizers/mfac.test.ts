import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { grad, jit, tree, type Tensor } from '@core/tensor';
import { applyUpdates, hyperparametersOf, mfac, sgd, withHyperparameters, type MfacOptions, type Optimizer } from '../../src/index.js'; // prettier-ignore
import { distance, f64, flat, follow, normals, numbers, seeds, someParams } from '../support.js';

interface Golden {
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly start: readonly number[];
  readonly grads: readonly (readonly number[])[];
  readonly cases: readonly {
    readonly options: MfacOptions;
    readonly steps: readonly number[];
    readonly params: readonly (readonly number[])[];
  }[];
}

const golden = JSON.parse(readFileSync(new URL('../goldens/mfac.json', import.meta.url), 'utf8')) as Golden;

/** A vector as the golden file's tree. */
function cut(values: readonly number[], dtype: 'float32' | 'float64'): Record<string, Tensor> {
  let from = 0;
  const entries = Object.entries(golden.shapes).map(([name, shape]) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const part = f64(values.slice(from, from + size))
      .reshape(shape)
      .cast(dtype);
    from += size;
    return [name, part] as const;
  });
  return Object.fromEntries(entries);
}

describe('trajectories of the authors’ recurrences', () => {
  it.each(golden.cases)('$options', ({ options, steps, params }) => {
    for (const dtype of ['float64', 'float32'] as const) {
      const optimizer = mfac(options);
      const update = jit((g: never, s: never, p: never) => optimizer.update(g, s, p)) as Optimizer['update'];
      const compiled = { ...optimizer, update };
      const grads = golden.grads.map((g) => cut(g, dtype));
      steps.forEach((count, i) => {
        const want = cut(params[i] ?? [], 'float64');
        // float32: a step has the size of g/δ, and its rounding too; roundings add up over the steps.
        const bound = dtype === 'float64' ? 1e-10 : 1e-6 * count;
        for (const one of [optimizer, compiled]) {
          const got = follow(one, cut(golden.start, dtype), grads.slice(0, count)).params;
          expect(distance(got, want)).toBeLessThan(bound);
        }
      });
    }
  });

  it('the authors’ class, as printed', () => {
    const grads = [f64([[0.2, 0.1], [-0.6, 0.1]]), f64([[0.3, -0.4], [0.1, 0.2]]), f64([[-0.1, 0.2], [0.4, -0.3]])]; // prettier-ignore
    const optimizer = mfac({
      learningRate: 0.1,
      momentum: 0.5,
      weightDecay: 0.1,
      windowSize: 2,
      damping: 0.1,
    });
    const after = (count: number) => follow(optimizer, f64([[1, -2], [0.5, 3]]), grads.slice(0, count)).params; // prettier-ignore
    const printed = [
      [0.9606557377, -1.9868852459, 0.5721311475, 2.9475409836],
      [0.9087423809, -1.9162111595, 0.5662845418, 2.8821352913],
      [0.8907225522, -1.8915357418, 0.4529998102, 2.8594423392],
    ];
    printed.forEach((want, i) => expect(distance(after(i + 1), f64(want))).toBeLessThan(1e-10));
  });
});

describe('what makes it M-FAC', () => {
  it.each(seeds)('seed %i: the first step is the damped gradient over its own square', (seed) => {
    const params = someParams(seed);
    const { updates } = follow(mfac({ learningRate: 1, windowSize: 8, damping: 0.1 }), params, [params]);
    const square = flat(params).reduce((sum, x) => sum + x * x, 0);
    const want = flat(params).map((x) => -x / (0.1 + square / 8));
    expect(distance(f64(flat(updates)), f64(want))).toBeLessThan(1e-12);
  });

  it('sparse: weights that start at 0 stay there, and have no part in the matrix', () => {
    const optimizer = mfac({
      learningRate: 0.1,
      windowSize: 4,
      damping: 0.1,
      sparse: true,
      weightDecay: 0.1,
    });
    const whole = follow(optimizer, f64([1, 0, 2]), [f64([1, 5, -1]), f64([2, 5, 1])]).params;
    const dense = mfac({ learningRate: 0.1, windowSize: 4, damping: 0.1, weightDecay: 0.1 });
    const part = follow(dense, f64([1, 2]), [f64([1, -1]), f64([2, 1])]).params;
    expect(whole.at(1).item()).toBe(0);
    expect(distance(f64([flat(whole)[0] ?? 0, flat(whole)[2] ?? 0]), part)).toBeLessThan(1e-14);
  });

  it('state: the window, and one array each for momentum and mask', () => {
    const params = { w: f64(numbers(1, 100)) };
    const arrays = (options: MfacOptions): number =>
      tree.leaves(mfac({ windowSize: 5, ...options }).init(params)).reduce((sum, { size }) => sum + (size % 100 === 0 ? size / 100 : 0), 0); // prettier-ignore
    expect([arrays({}), arrays({ momentum: 0.9 }), arrays({ momentum: 0.9, sparse: true })]).toEqual([
      5, 6, 7,
    ]);
  });

  it('damping may change without another compilation', () => {
    const params = someParams(1);
    const optimizer = mfac({ windowSize: 4, damping: 0.1 });
    let traces = 0;
    const step = jit((g: typeof params, s: ReturnType<typeof optimizer.init>) => {
      traces += 1;
      return optimizer.update(g, s, params);
    });
    const first = step(params, optimizer.init(params));
    const second = step(params, withHyperparameters(first.state, { damping: 1 }));
    expect(traces).toBe(1);
    expect(hyperparametersOf(second.state).get('damping')?.[0]?.item()).toBe(1);
    const eager = optimizer.update(params, withHyperparameters(first.state, { damping: 1 }), params);
    expect(distance(second.updates, eager.updates)).toBeLessThan(1e-12);
  });
});

describe('badly scaled least squares', () => {
  const loss = (w: Tensor, rows: Tensor, targets: Tensor): Tensor =>
    rows.matmul(w).sub(targets).square().mean().mul(0.5);

  /** 500 x 40 features scaled from 1 to 0.01, weights from 1 to 100; 200 batches of 32. */
  function problem(seed: number) {
    const scales = f64(Array.from({ length: 40 }, (_, i) => 10 ** ((-2 * i) / 39)));
    const x = f64(normals(seed, 500 * 40))
      .reshape([500, 40])
      .mul(scales);
    const y = x.matmul(f64(normals(seed + 10, 40)).div(scales));
    const draws = numbers(seed + 20, 200 * 32).map((u) => Math.min(499, Math.floor(250 * (u + 1))));
    return { x, y, draws };
  }

  /** Loss at the end over loss at the start. */
  function train({ x, y, draws }: ReturnType<typeof problem>, optimizer: Optimizer): number {
    const step = jit((w: Tensor, state: never, batch: Tensor) => {
      const next = optimizer.update(grad(loss)(w, x.take(batch), y.take(batch)), state, w);
      return { w: applyUpdates(w, next.updates), state: next.state };
    });
    let at: { w: Tensor; state: unknown } = { w: f64(Array<number>(40).fill(0)), state: undefined };
    at.state = optimizer.init(at.w);
    const before = loss(at.w, x, y).item();
    for (let i = 0; i < 200; i++)
      at = step(at.w, at.state as never, f64(draws.slice(32 * i, 32 * (i + 1))).cast('int32'));
    step.dispose();
    const ratio = loss(at.w, x, y).item() / before;
    return Number.isFinite(ratio) ? ratio : Infinity;
  }

  it('M-FAC at rate 0.3 beats SGD at its best rate; where it is not unlucky at the end, by a factor of 3', () => {
    const ratios = seeds.map((seed) => {
      const data = problem(seed);
      const rates = [0.01, 0.1, 0.5, 1, 1.25, 1.5, 1.75, 2];
      const plain = Math.min(...rates.map((learningRate) => train(data, sgd({ learningRate }))));
      return train(data, mfac({ learningRate: 0.3, windowSize: 32, damping: 1e-3 })) / plain;
    });
    console.info(`loss of M-FAC over that of SGD: ${ratios.map((x) => x.toFixed(3)).join(' ')}`);
    for (const ratio of ratios) expect(ratio).toBeLessThan(1);
    expect(Math.min(...ratios)).toBeLessThan(0.3);
  });
});
