import { grad, random, tree, type Tensor, type Tree } from '@core/tensor';
import type { Report, RunRecord } from '../kinds/report.js';
import type { Solver } from '../kinds/solver.js';
import type { Objective, Strategy } from '../kinds/strategy.js';
import {
  bitsOf,
  law,
  leavesUntouched,
  must,
  mustBeFinite,
  mustBeTree,
  randomTensor,
  savedAndLoaded,
  shapesOf,
  type Law,
  type Make,
} from './law.js';

export interface SolverLawOptions {
  /** A small problem of the solver's kind. */
  readonly problem: unknown;
  /** Steps to take. Default 20. */
  readonly steps?: number;
  /** A measure that must be lower after the steps than after the first. */
  readonly decreases?: string;
}

export function solverLaws(
  make: Make<Solver>,
  { problem, steps = 20, decreases }: SolverLawOptions,
): readonly Law[] {
  return [
    law('the state is a tree of tensors that resumes to the same bits', async () => {
      const solver = await make();
      const state = solver.init(problem, random.key(1));
      mustBeTree(state, 'state');
      const once = (from: Tree): string =>
        bitsOf(leavesUntouched('step', { from }, () => solver.step(problem, from)).state);
      must(
        once(state) === once(savedAndLoaded(state)),
        () => 'a resumed solve differs from one that went on',
      );
      must(
        once(solver.init(problem, random.key(1))) === once(state),
        () => 'the same key gives another solve',
      );
    }),
    law('measures and solution stay finite, and the state keeps its structure', async () => {
      const solver = await make();
      let state = solver.init(problem, random.key(1));
      const structure = shapesOf(state);
      const curve: number[] = [];
      for (let count = 0; count < steps; count++) {
        const next = solver.step(problem, state);
        state = next.state;
        for (const [name, measure] of Object.entries(next.measures)) {
          const value = typeof measure === 'number' ? measure : Number(measure.item());
          must(Number.isFinite(value), () => `step ${String(count)}: ${name} is ${String(value)}`);
          if (name === decreases) curve.push(value);
        }
      }
      must(shapesOf(state) === structure, () => `the state became ${shapesOf(state)}, was ${structure}`);
      mustBeFinite(solver.solution(problem, state), 'the solution');
      if (decreases === undefined) return;
      const [first = NaN, last = NaN] = [curve[0], curve.at(-1)];
      must(
        last < first,
        () => `${decreases} is ${String(last)} after ${String(steps)} steps, was ${String(first)}`,
      );
    }),
  ];
}

/** A linear model's mean squared error: enough for a strategy to work on. */
const squaredError: Objective = (params, { inputs, targets }) => {
  const [weight] = tree.leaves(params) as [Tensor]; // { weight }
  return inputs.matmul(weight).sub(targets).square().mean();
};

export function strategyLaws(make: Make<Strategy>): readonly Law[] {
  const params = { weight: randomTensor(1, [3, 2]) };
  const batch = { inputs: randomTensor(2, [5, 3]), targets: randomTensor(3, [5, 2]) };
  return [
    law('the objective is a finite, differentiable scalar', async () => {
      const strategy = await make();
      const state = strategy.init(random.key(1), params);
      mustBeTree(state, 'state');
      const objective = strategy.objective(squaredError, state);
      const value = leavesUntouched('the objective', { params, batch, state }, () =>
        objective(params, batch),
      );
      must(value.ndim === 0, () => `the objective is [${value.shape.join(',')}], wanted a scalar`);
      mustBeFinite([value, grad((p: Tree) => objective(p, batch))(params)], 'objective and gradient');
    }),
    law('ending a task is pure and leaves an objective that still works', async () => {
      const strategy = await make();
      const state = strategy.init(random.key(1), params);
      const end = (): Tree =>
        leavesUntouched('endTask', { state, params, batch }, () =>
          strategy.endTask(state, params, batch, squaredError),
        );
      const after = end();
      mustBeTree(after, 'state');
      must(bitsOf(end()) === bitsOf(after), () => 'endTask gives another state for the same arguments');
      mustBeFinite(
        strategy.objective(squaredError, after)({ weight: randomTensor(9, [3, 2]) }, batch),
        'the objective of a second task',
      );
    }),
  ];
}

/** A small finished run. */
const exampleRun: RunRecord = {
  id: 'example',
  title: 'An <example> & its "run"',
  startedAt: '2024-01-01T00:00:00.000Z',
  seconds: 12.5,
  recipe: { seed: 1 },
  provenance: {
    optimizer: { use: 'optim/adam', plugin: 'optim@1.0.0', contract: 1, config: { learningRate: 0.001 } },
  },
  curves: { adam: { 'train/loss': [[0, 2.3], [1, 0.4]], 'test/accuracy': [[1, 0.97]] } }, // prettier-ignore
  results: { adam: { accuracy: 0.97 } },
};

export function reportLaws(make: Make<Report>): readonly Law[] {
  const render = async (): ReturnType<typeof files> => files(await make());
  const files = async (report: Report): Promise<{ path: string; content: string | Uint8Array }[]> => {
    const before = JSON.stringify(exampleRun);
    const rendered = [...(await report(exampleRun))];
    must(JSON.stringify(exampleRun) === before, () => 'the report changed the run record');
    return rendered;
  };
  return [
    law('files have contents, and paths of their own inside the run folder', async () => {
      const rendered = await render();
      must(rendered.length > 0, () => 'the report has no files');
      must(
        new Set(rendered.map(({ path }) => path)).size === rendered.length,
        () => 'two files have one path',
      );
      for (const { path, content } of rendered) {
        const inside = /^[^/\\:]+(\/[^/\\:]+)*$/.test(path) && !path.split('/').includes('..');
        must(inside, () => `${path} is no relative path inside the run folder`);
        must(content.length > 0, () => `${path} is empty`);
      }
    }),
    law('the same run gives the same files', async () => {
      const [first, second] = [await render(), await render()];
      must(JSON.stringify(first) === JSON.stringify(second), () => 'a second report of the same run differs');
    }),
  ];
}
