import { grad, jit, vmap, type Tensor, type Tree } from '@core/tensor';
import type { Optimizer } from '../kinds/optimizer.js';
import { descend, quadratic, rosenbrock, startingPoint, step, type Params } from './descent.js';
import {
  bitsOf,
  centralDifferences,
  fromNumbers,
  law,
  leavesUntouched,
  must,
  mustBeClose,
  mustBeFinite,
  mustBeTree,
  mustRefuse,
  numbersOf,
  randomTensor,
  savedAndLoaded,
  seeds,
  shapesOf,
  type Law,
  type Make,
} from './law.js';

export interface OptimizerLawOptions {
  /**
   * The option that scales the step, or the config that gives a rate (for one inside another component); `null` for
   * optimizers without one, which are then only held to the quadratic. Default `'learningRate'`.
   */
  readonly learningRate?: string | null | ((rate: number) => Readonly<Record<string, unknown>>);
  /** Learning rates for the two descents. Defaults 1e-2 and 1e-4. */
  readonly rates?: { readonly quadratic?: number; readonly rosenbrock?: number };
  /** Steps of each descent. Default 100. */
  readonly steps?: number;
  /** Options that must refuse NaN. Default: the learning rate. */
  readonly refuseNaN?: readonly string[];
  /** Options that must refuse -1. Default: the learning rate. */
  readonly refuseNegative?: readonly string[];
  /** Relative error against central differences, float64. Default 1e-5. */
  readonly gradientTolerance?: number;
}

/** The laws of contract 4.2, for optimizers as `make` makes them. */
export function optimizerLaws(make: Make<Optimizer>, options: OptimizerLawOptions = {}): readonly Law[] {
  return [
    ...shapeLaws(make),
    ...transformLaws(make, options),
    ...stateLaws(make),
    ...descentLaws(make, options),
    ...refusalLaws(make, options),
  ];
}

function shapeLaws(make: Make<Optimizer>): readonly Law[] {
  return [
    law('the state is a tree of tensors', async () => {
      const optimizer = await make();
      mustBeTree(optimizer.init(startingPoint(1, 'float32')), 'state');
    }),
    ...(['float32', 'float64'] as const).map((dtype) =>
      law(`updates have the structure, shapes and dtypes of ${dtype} parameters`, async () => {
        const optimizer = await make();
        const params = startingPoint(1, dtype);
        const state = optimizer.init(params);
        const next = optimizer.update(startingPoint(2, dtype), state, params);
        must(
          shapesOf(next.updates) === shapesOf(params),
          () => `updates are ${shapesOf(next.updates)}, parameters ${shapesOf(params)}`,
        );
        must(
          shapesOf(next.state) === shapesOf(state),
          () => `the state became ${shapesOf(next.state)}, was ${shapesOf(state)}`,
        );
        mustBeFinite(next, 'the first update');
      }),
    ),
    law('update is pure', async () => {
      const optimizer = await make();
      const params = startingPoint(1, 'float32');
      const state = leavesUntouched('init', { params }, () => optimizer.init(params));
      const grads = startingPoint(2, 'float32');
      const run = (): string =>
        bitsOf(
          leavesUntouched('update', { grads, state, params }, () => optimizer.update(grads, state, params)),
        );
      must(run() === run(), () => 'update gives another result for the same arguments');
      const other = optimizer.init(startingPoint(3, 'float32'));
      optimizer.update(startingPoint(4, 'float32'), other, startingPoint(3, 'float32'));
      must(run() === run(), () => 'a second use of the optimizer disturbs the first');
    }),
    law('measures are scalars, and a fresh state passes the check', async () => {
      const optimizer = await make();
      const params = startingPoint(1, 'float32');
      const state = optimizer.init(params);
      await optimizer.check?.(state);
      const at = { params, loss: quadratic(params) };
      const measured = jit((s: Tree, p: typeof at) => optimizer.measures?.(s, p) ?? {})(state, at);
      for (const [name, value] of Object.entries(measured))
        must(value.ndim === 0, () => `the measure ${name} has the shape [${value.shape.join()}], not []`);
    }),
    law('evaluation parameters, where there are any, are like the parameters', async () => {
      const optimizer = await make();
      if (optimizer.evaluationParams === undefined) return;
      const { params, state } = descend(optimizer, quadratic, startingPoint(1, 'float32'), 3);
      const averaged = leavesUntouched('evaluationParams', { params, state }, () =>
        optimizer.evaluationParams?.(state, params),
      );
      must(
        shapesOf(averaged) === shapesOf(params),
        () => `they are ${shapesOf(averaged)}, parameters ${shapesOf(params)}`,
      );
      mustBeFinite(averaged, 'evaluation parameters');
    }),
    law('an empty tree is accepted', async () => {
      const optimizer = await make();
      const next = optimizer.update({}, optimizer.init({}), {});
      must(shapesOf(next.updates) === shapesOf({}), () => `updates of {} are ${shapesOf(next.updates)}`);
    }),
    law('gradients of another structure are refused', async () => {
      const optimizer = await make();
      const params = startingPoint(1, 'float32');
      const { bias: _, ...grads } = startingPoint(2, 'float32');
      await mustRefuse('a gradient tree without bias', () =>
        optimizer.update(grads, optimizer.init(params), params),
      );
    }),
  ];
}

function transformLaws(make: Make<Optimizer>, options: OptimizerLawOptions): readonly Law[] {
  return [
    law('jit gives the same results', async () => {
      const optimizer = await make();
      for (const seed of seeds) {
        const start = startingPoint(seed, 'float64');
        const compiled = jit((params: Tree, state: Tree) => step(optimizer, quadratic, params, state));
        let eager = { params: start as Tree, state: optimizer.init(start) };
        let traced = eager;
        for (let count = 0; count < 4; count++) {
          eager = step(optimizer, quadratic, eager.params, eager.state);
          traced = compiled(traced.params, traced.state);
        }
        mustBeClose(traced, eager, 1e-12, 'inside jit');
      }
    }),
    law('vmap over a batch of problems gives the same results', async () => {
      const optimizer = await make();
      const run = (params: Params): Tree => descend(optimizer, quadratic, params, 3).params;
      const batched = vmap(run)({
        weight: randomTensor(1, [4, 3, 2]),
        bias: randomTensor(2, [4, 2]),
        scale: randomTensor(3, [4]),
      });
      for (let index = 0; index < 4; index++) {
        const pick = (seed: number, shape: readonly number[]): Tensor => {
          const size = shape.reduce((product, length) => product * length, 1);
          const all = numbersOf(randomTensor(seed, [4, ...shape]))[0] ?? [];
          return fromNumbers(all.slice(index * size, (index + 1) * size), shape, 'float64');
        };
        const alone = numbersOf(run({ weight: pick(1, [3, 2]), bias: pick(2, [2]), scale: pick(3, []) }));
        numbersOf(batched).forEach((leaf, which) => {
          const one = alone[which] ?? [];
          const share = leaf.slice(index * one.length, (index + 1) * one.length);
          mustBeClose(
            fromNumbers(share, [one.length], 'float64'),
            fromNumbers(one, [one.length], 'float64'),
            1e-12,
            `problem ${String(index)} under vmap`,
          );
        });
      }
    }),
    law('it can be differentiated through', async () => {
      const optimizer = await make();
      const after = (params: Tree): Tensor => quadratic(descend(optimizer, quadratic, params, 3).params);
      for (const seed of seeds) {
        const start = startingPoint(seed, 'float64');
        const slope = grad(after)(start);
        mustBeFinite(slope, 'the gradient of the final loss');
        mustBeClose(
          slope,
          centralDifferences(after, start),
          options.gradientTolerance ?? 1e-5,
          'gradient of the loss after three steps',
        );
      }
    }),
  ];
}

function stateLaws(make: Make<Optimizer>): readonly Law[] {
  return [
    law('a saved state resumes to the same bits', async () => {
      for (const dtype of ['float32', 'float64'] as const) {
        const optimizer = await make();
        const middle = descend(optimizer, quadratic, startingPoint(1, dtype), 3);
        const saved = savedAndLoaded(middle);
        const fresh = await make();
        const onward = (which: Optimizer, from: typeof middle): string =>
          bitsOf(step(which, quadratic, from.params, from.state));
        must(
          onward(fresh, saved) === onward(optimizer, middle),
          () => `a resumed ${dtype} run differs from one that went on`,
        );
      }
    }),
    law('zero gradients leave no NaN', async () => {
      const optimizer = await make();
      const flat = (params: Tree): Tensor => quadratic(params).mul(0);
      mustBeFinite(
        descend(optimizer, flat, startingPoint(1, 'float32'), 3),
        'parameters and state after zero gradients',
      );
    }),
  ];
}

function descentLaws(make: Make<Optimizer>, options: OptimizerLawOptions): readonly Law[] {
  const { learningRate = 'learningRate', rates = {}, steps = 100 } = options;
  const rated = (rate: number): Readonly<Record<string, unknown>> => {
    if (typeof learningRate === 'function') return learningRate(rate);
    return learningRate === null ? {} : { [learningRate]: rate };
  };
  const falls = async (rate: number, f: (params: Tree) => Tensor, start: Tree): Promise<void> => {
    const optimizer = await make(rated(rate));
    const first = Number(f(start).item());
    const advance = jit((params: Tree, state: Tree) => step(optimizer, f, params, state));
    let at = { params: start, state: optimizer.init(start) };
    for (let count = 0; count < steps; count++) at = advance(at.params, at.state);
    const last = Number(f(at.params).item());
    const pace = learningRate === null ? '' : ` of rate ${String(rate)}`;
    must(
      last < first,
      () => `after ${String(steps)} steps${pace} the loss is ${String(last)}, was ${String(first)}`,
    );
  };
  const descent = law('it decreases a quadratic', async () => {
    for (const seed of seeds) {
      await falls(rates.quadratic ?? 1e-2, quadratic, startingPoint(seed, 'float32'));
    }
  });
  if (learningRate === null) return [descent];
  return [
    descent,
    law('it decreases the Rosenbrock function', async () => {
      const start = { x: fromNumbers([-1.2], [1], 'float64'), y: fromNumbers([1], [1], 'float64') };
      await falls(rates.rosenbrock ?? 1e-4, rosenbrock, start);
    }),
    law('a learning rate of 0 leaves the parameters', async () => {
      const optimizer = await make(rated(0));
      const start = startingPoint(1, 'float32');
      const end = descend(optimizer, quadratic, start, 3).params;
      mustBeClose(end, start, 0, 'parameters after three steps of rate 0');
    }),
  ];
}

function refusalLaws(make: Make<Optimizer>, options: OptimizerLawOptions): readonly Law[] {
  const { learningRate = 'learningRate' } = options;
  const usual = typeof learningRate === 'string' ? [learningRate] : [];
  return [
    ...(options.refuseNaN ?? usual).map((name) =>
      law(`${name}: NaN is refused`, () => mustRefuse(`${name}: NaN`, () => make({ [name]: NaN }))),
    ),
    ...(options.refuseNegative ?? usual).map((name) =>
      law(`${name}: -1 is refused`, () => mustRefuse(`${name}: -1`, () => make({ [name]: -1 }))),
    ),
  ];
}
