import { describe, expect, it } from 'vitest';
import { random } from '@core/tensor';
import { magnitudePruning, solve, topKMask, type Mask } from '../../src/index.js';
import { flat, relativeError } from '../support.js';
import { kernelProblem, teacherProblem, type Batch, type Params } from './problems.js';

const problem = teacherProblem();
const count = (mask: Mask): number => flat(mask).reduce((sum, x) => sum + x, 0);
const options = { keep: 0.25, steps: 30, learningRate: 0.1 };

describe('magnitudePruning', () => {
  it.each([true, false])('takes the largest at once and trains them, global %s', (global) => {
    const solver = magnitudePruning<Params, Batch>({ ...options, global });
    const { start } = problem;
    const magnitudes = { 'a.weight': start.a.weight.abs(), 'b.weight': start.b.weight.abs() };
    const expected = topKMask(magnitudes, 0.25, { global });
    const { solution, history } = solve(solver, problem, { steps: 30, every: 30 });
    expect(flat(solution.mask)).toEqual(flat(expected));
    expect(history.at(-1)?.loss).toBeLessThan((history[0]?.loss ?? 0) / 2);
  });

  it('prunes in rounds to keep^(r / R), never to bring back what is gone', () => {
    const solver = magnitudePruning<Params, Batch>({ ...options, rounds: 3 });
    let state = solver.init(problem, random.key(0));
    const masks: Mask[] = [];
    for (let step = 0; step < 30; step++) {
      state = solver.step(problem, state).state;
      if (step % 10 === 9) masks.push(state.mask);
    }
    expect(masks.map(count)).toEqual([1, 2, 3].map((r) => 56 - Math.floor((1 - 0.25 ** (r / 3)) * 56)));
    const [first, second, third] = masks.map(flat);
    second?.forEach((kept, i) => {
      expect(kept).toBeLessThanOrEqual(first?.[i] ?? 0);
      expect(third?.[i]).toBeLessThanOrEqual(kept);
    });
  });

  it('can rewind: a round begins at the early weights, under its own mask', () => {
    const rewind = teacherProblem(7).start;
    const solver = magnitudePruning<Params, Batch>({ ...options, rounds: 2, rewind: true, learningRate: 1e-12 }); // prettier-ignore
    const early = { ...problem, rewind };
    const { state } = solve(solver, early, { steps: 16 });
    expect(relativeError(state.params, rewind)).toBeLessThan(1e-9);
    const { state: before } = solve(solver, early, { steps: 15 });
    expect(relativeError(before.params, problem.start)).toBeLessThan(1e-9);
    const again = solve(magnitudePruning<Params, Batch>({ ...options, rounds: 2, rewind: true, learningRate: 1e-12 }), problem, { steps: 16 }); // prettier-ignore
    expect(relativeError(again.state.params, problem.start)).toBeLessThan(1e-9);
  });

  it('goes on to the same bits from a state, across rounds', () => {
    const solver = magnitudePruning<Params, Batch>({ ...options, rounds: 3 });
    const whole = solve(solver, problem, { steps: 24 });
    const half = solve(solver, problem, { steps: 9 });
    expect(flat(solve(solver, problem, { steps: 15, from: half.state }).solution)).toEqual(
      flat(whole.solution),
    );
  });

  it('prunes filters in rounds', () => {
    const kernels = kernelProblem();
    const solver = magnitudePruning<typeof kernels.start>({
      keep: 1 / 3,
      steps: 8,
      rounds: 2,
      structure: 'filter',
    });
    const { solution } = solve(solver, kernels, { steps: 8 });
    const shares = flat(solution.mask['kernel']?.mean([1, 2, 3]));
    expect(shares.filter((share) => share === 1)).toHaveLength(2);
    expect(shares.filter((share) => share === 0)).toHaveLength(4);
  });

  it('says what is wrong', () => {
    expect(() => magnitudePruning({ ...options, rounds: 4 })).toThrow('magnitudePruning: steps must be a multiple of rounds, got 30 and 4'); // prettier-ignore
    expect(() => magnitudePruning({ keep: 0.5 } as never)).toThrow('magnitudePruning: steps is missing');
  });
});
