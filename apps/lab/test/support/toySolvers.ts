import type { Component, Experiment, Solver } from '@core/registry';
import type { IterativeSolver } from '@core/registry/solve';
import { random, tensor, type Tensor } from '@core/tensor';
import { z } from 'zod';

/** The smallest x² + 1 of numbers, from a random start. */
const valley: Experiment<number, Tensor> = {
  name: 'Valley',
  scores: { height: 'min', 'share of the way': 'max' },
  load: async (key) => {
    const start = 10 + random.uniform(key, []).item();
    const height = (x: number): number => x * x + 1;
    return Promise.resolve({
      problem: start,
      references: { 'staying there': { height: height(start) } },
      evaluate: (x) => ({ height: height(x.item()), 'share of the way': 1 - x.item() / start }),
      draw: (found) => [
        { kind: 'svg', title: 'Where they are', svg: `<svg viewBox="0 0 ${found.length} 1"><text>${found.map(({ name }) => name).join()}</text></svg>` }, // prettier-ignore
        { kind: 'histogram', title: 'Places', x: 'x', groups: found.map(({ name, solution }) => ({ name, values: [solution.item(), 1] })) }, // prettier-ignore
        { kind: 'lines', title: 'Way', x: 'step', y: 'x', logarithmic: ['y'], lines: found.map(({ name, solution }) => ({ name, points: [[0, start], [1, solution.item()]] })) }, // prettier-ignore
      ],
    });
  },
};

function descent(
  rate: number,
): IterativeSolver<number, { x: Tensor; calls: Tensor }, Tensor, 'slope' | 'oracleCalls'> {
  type State = { x: Tensor; calls: Tensor };
  const measure = (_: number, { x, calls }: State): { slope: Tensor; oracleCalls: Tensor } => ({
    slope: x.mul(2).abs(),
    oracleCalls: calls,
  });
  return {
    init: (start) => ({ x: tensor(start), calls: tensor(0) }),
    step: (problem, { x, calls }) => {
      const state = { x: x.sub(x.mul(2 * rate)), calls: calls.add(2) };
      return { state, measures: measure(problem, state) };
    },
    measure,
    solution: (_, { x }) => x,
  };
}

/** Goes down in whole numbers until it cannot. */
const stairs: Solver<number, { x: Tensor }, Tensor> = {
  init: (start) => ({ x: tensor(Math.floor(start)) }),
  step: (_, { x }) => ({ state: { x: tensor(Math.max(0, x.item() - 1)) }, measures: { level: x.item() } }),
  finished: (_, { x }) => x.item() === 0,
  solution: (_, { x }) => x,
};

/** An experiment and its solvers, small enough for tests. */
export const toySolvers = {
  valley: {
    kind: 'experiment',
    title: 'Valley',
    summary: 'One number to be made small.',
    config: z.strictObject({}),
    load: async () => Promise.resolve({ create: () => valley }),
  },
  descent: {
    kind: 'solver',
    title: 'Descent',
    summary: 'Steps against the slope.',
    config: z.strictObject({ rate: z.number().default(0.1).describe('Size of a step') }),
    load: async () => Promise.resolve({ create: ({ rate }: { rate: number }) => descent(rate) }),
  },
  stairs: {
    kind: 'solver',
    title: 'Stairs',
    summary: 'Looks at each number.',
    config: z.strictObject({}),
    load: async () => Promise.resolve({ create: () => stairs }),
  },
} satisfies Record<string, Component>;
