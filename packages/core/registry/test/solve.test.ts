import { describe, expect, it } from 'vitest';
import { tensor, type Tensor } from '@core/tensor';
import { solve, solving, type IterativeSolver } from '../src/solve.js';

/** Halves the problem's number at each step. */
const halving: IterativeSolver<number, { x: Tensor }, Tensor, 'size'> = {
  init: (start) => ({ x: tensor(start, { dtype: 'float64' }) }),
  step: (_, { x }) => ({ state: { x: x.mul(0.5) }, measures: { size: x } }),
  measure: (_, { x }) => ({ size: x }),
  solution: (_, { x }) => x,
};

describe('solve', () => {
  it('records every so many steps, the start and a shorter last entry included', () => {
    const { history, solution, steps, finished, seconds } = solve(halving, 64, { steps: 5, every: 2 });
    expect(history).toEqual([
      { step: 0, size: 64 },
      { step: 2, size: 16 },
      { step: 4, size: 4 },
      { step: 5, size: 2 },
    ]);
    expect([solution.item(), steps, finished, seconds > 0]).toEqual([2, 5, false, true]);
  });

  it('is the same with every number of steps between entries', () => {
    for (const every of [1, 2, 3, 4, 100])
      expect(solve(halving, 64, { steps: 4, every }).solution.item()).toBe(4);
    expect(solve(halving, 2 ** 200, { steps: 200, every: 2 }).history).toHaveLength(101);
  });

  it('stops at the first entry for which until holds, and goes on from a state', () => {
    const stopped = solve(halving, 64, { steps: 100, every: 2, until: ({ size }) => size.lessEqual(5) });
    expect([stopped.steps, stopped.finished, stopped.solution.item()]).toEqual([4, true, 4]);
    expect(solve(halving, 64, { steps: 1, from: stopped.state }).solution.item()).toBe(2);
  });

  it('names what makes no sense', () => {
    expect(() => solve(halving, 1, { steps: 0 })).toThrow(
      'solve: steps must be a whole number of at least 1, got 0',
    );
    expect(() => solve(halving, 1, {} as never)).toThrow('solve: steps is missing; it has no default');
    expect(() => solve(halving, 1, { steps: 1, evry: 2 } as never)).toThrow(
      'solve: there is no option evry; there are steps, every, until, key, from',
    );
    expect(() => solve({} as never, 1, { steps: 1 })).toThrow(/solve: solver must be a solver/);
    expect(() => solve(halving, 1, { steps: 1, until: () => tensor([1]) })).toThrow(
      /solve: until must give a scalar tensor, gave a float32\[1\] tensor/,
    );
  });
});

describe('solving', () => {
  it('can be looked at and left on the way, and gone on with', () => {
    const seen: number[] = [];
    let left: { x: Tensor } | undefined;
    for (const { state, steps, entries } of solving(halving, 64, { steps: 6, every: 2 })) {
      seen.push(...entries.map(({ size }) => size));
      left = state;
      if (steps === 4) break;
    }
    expect(seen).toEqual([64, 16, 4]);
    const rest = [...solving(halving, 64, { steps: 2, every: 2, from: left! })]; // set at the start
    expect(rest.map(({ steps, entries }) => [steps, entries[0]?.size])).toEqual([
      [0, 4],
      [2, 1],
    ]);
  });
});
