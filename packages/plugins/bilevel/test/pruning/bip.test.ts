import { loadGoldens, type GoldenArray } from '@tooling/goldens';
import { describe, expect, it } from 'vitest';
import { jit, random, tensor, type Tensor } from '@core/tensor';
import { bip, finetune, solve, topKMask, type BipOptions, type PruningProblem } from '../../src/index.js';
import { flat, normal, relativeError } from '../support.js';
import { kernelProblem, teacherProblem, type Batch, type Params } from './problems.js';

const read = ({ data, shape }: GoldenArray): Tensor => tensor([...data], { dtype: 'float64' }).reshape(shape);
const part = (of: GoldenArray | undefined, ...at: readonly number[]): Tensor => {
  if (of === undefined) throw new Error('the golden has it');
  return at.reduce((value, i) => value.take(i), read(of));
};

describe('bip', () => {
  it.each(loadGoldens('pruning').map((one) => [one.name ?? '', one] as const))(
    'makes the steps of PyTorch, %s',
    (_, { args, expected, options }) => {
      const { total, steps: at, ...rest } = options as unknown as BipOptions & { total: number; steps: number[] }; // prettier-ignore
      const of = (name: string): Tensor => part(args[name]);
      const solver = bip<Params, Batch>({ ...rest, steps: total });
      const problem = (step: number): PruningProblem<Params, Batch> => {
        const batch = (level: number): Batch => ({
          x: part(args['inputs'], step, level),
          y: part(args['targets'], step, level),
        });
        return {
          loss: ({ a, b }, { x, y } = batch(0)) =>
            x.matmul(a.weight).add(a.bias).tanh().matmul(b.weight).sub(y).square().mean(),
          start: {
            a: { weight: of('params.a.weight'), bias: of('params.a.bias') },
            b: { weight: of('params.b.weight') },
          },
          samplers: { lower: () => batch(0), upper: () => batch(1) },
        };
      };
      let state = solver.init(problem(0), random.key(0));
      for (let step = 0; step < total; step++) {
        state = solver.step(problem(step), state).state;
        const row = at.indexOf(step + 1);
        if (row < 0) continue;
        const { params, scores, mask } = state;
        expect(relativeError(params.a.weight, part(expected['params.a.weight'], row))).toBeLessThan(1e-11);
        expect(relativeError(params.a.bias, part(expected['params.a.bias'], row))).toBeLessThan(1e-11);
        for (const path of ['a.weight', 'b.weight']) {
          expect(relativeError(scores[path], part(expected[`scores.${path}`], row))).toBeLessThan(1e-11);
          expect(flat(mask[path])).toEqual(flat(part(expected[`mask.${path}`], row)));
        }
      }
    },
  );

  const options = { keep: 0.3, steps: 40, learningRate: 0.1, maskLearningRate: 0.3, implicitCoefficient: 1e-2 }; // prettier-ignore

  it('begins with the mask of magnitudes and keeps the count at every step', () => {
    const problem = teacherProblem();
    const solver = bip<Params, Batch>(options);
    let state = solver.init(problem, random.key(1));
    const { a, b } = problem.start;
    const magnitudes = { 'a.weight': a.weight.abs(), 'b.weight': b.weight.abs() };
    expect(flat(state.mask)).toEqual(flat(topKMask(magnitudes, 0.3)));
    for (let step = 0; step < 5; step++) {
      const kept = flat(state.mask).reduce((sum, x) => sum + x, 0);
      expect(kept).toBe(56 - Math.floor((1 - 0.3) * 56));
      state = solver.step(problem, state).state;
    }
  });

  it('learns, gives zeros for what is pruned, and is trained on by finetune', () => {
    const problem = teacherProblem();
    const { solution, history, state } = solve(bip<Params, Batch>(options), problem, {
      steps: 40,
      every: 40,
    });
    const [first, last] = [history[0]?.loss ?? 0, history.at(-1)?.loss ?? 1];
    expect(last).toBeLessThan(first / 4);
    expect(history.at(-1)?.kept).toBeCloseTo(17 / 56, 6);
    const weights = flat(solution.params.a.weight);
    flat(solution.mask['a.weight']).forEach((kept, i) => {
      if (kept === 0) expect(Math.abs(weights[i] ?? 1)).toBe(0);
    });
    // What is pruned is not forgotten.
    expect(flat(state.params.a.weight).filter((x) => x === 0)).toEqual([]);
    const tuned = finetune(problem, solution, { steps: 60, learningRate: 0.1, weightDecay: 0 });
    expect(problem.loss(tuned.params).item()).toBeLessThan(problem.loss(solution.params).item());
    expect(flat(tuned.mask)).toEqual(flat(solution.mask));
    flat(tuned.mask['a.weight']).forEach((kept, i) => {
      if (kept === 0) expect(Math.abs(flat(tuned.params.a.weight)[i] ?? 1)).toBe(0);
    });
  });

  it('goes on to the same bits from a state, compiled and not', () => {
    const problem = teacherProblem();
    const solver = bip<Params, Batch>(options);
    const whole = solve(solver, problem, { steps: 20 });
    const half = solve(solver, problem, { steps: 10 });
    const rest = solve(solver, problem, { steps: 10, from: half.state });
    expect(flat(rest.solution)).toEqual(flat(whole.solution));
    const step = jit((s: typeof half.state) => solver.step(problem, s).state);
    const eager = solver.step(problem, half.state).state;
    expect(relativeError(step(half.state).params, eager.params)).toBeLessThan(1e-14);
  });

  it('draws the batches of the levels independently, the second for the mask', () => {
    const problem = teacherProblem();
    const drawn: Record<'lower' | 'upper', number[][]> = { lower: [], upper: [] };
    const watch = (level: 'lower' | 'upper') => (key: Tensor) => {
      const batch = problem.samplers?.[level]?.(key);
      if (batch === undefined) throw new Error('the problem has both');
      drawn[level].push(flat(batch.x));
      return batch;
    };
    const watched = { ...problem, samplers: { lower: watch('lower'), upper: watch('upper') } };
    const solver = bip<Params, Batch>(options);
    const state = solver.init(watched, random.key(3));
    const once = solver.step(watched, state).state;
    solver.step(watched, once);
    expect([drawn.lower.length, drawn.upper.length]).toEqual([2, 2]);
    const all = [...drawn.lower, ...drawn.upper].map(String);
    expect(new Set(all).size).toBe(4);
    // Another upper batch moves the scores alone, another lower batch the weights.
    const zeros = { x: normal(90, [16, 5]), y: normal(91, [16, 2]) };
    const otherUpper = solver.step({ ...problem, samplers: { ...problem.samplers, upper: () => zeros } }, state).state; // prettier-ignore
    expect(flat(otherUpper.params)).toEqual(flat(once.params));
    expect(flat(otherUpper.scores)).not.toEqual(flat(once.scores));
    const otherLower = solver.step({ ...problem, samplers: { ...problem.samplers, lower: () => zeros } }, state).state; // prettier-ignore
    expect(flat(otherLower.params)).not.toEqual(flat(once.params));
  });

  it('stays finite with one batch for both levels, at the lower optimum', () => {
    const { samplers: _, ...whole } = teacherProblem();
    const dense = finetune(whole, { params: whole.start, mask: {} }, { steps: 2000, learningRate: 0.2, weightDecay: 0 }); // prettier-ignore
    const at = { ...whole, start: dense.params };
    const solver = bip<Params, Batch>({ ...options, implicitCoefficient: 10 });
    const { state } = solver.step(at, solver.init(at, random.key(0)));
    for (const value of flat([state.scores, state.params])) expect(Number.isFinite(value)).toBe(true);
  });

  it('can do without the implicit part, and share its scores with the weights', () => {
    const problem = teacherProblem();
    const end = (more: Partial<BipOptions>): number[] =>
      flat(solve(bip<Params, Batch>({ ...options, implicitCoefficient: 1, ...more }), problem, { steps: 8 }).state.scores); // prettier-ignore
    expect(end({ firstOrderOnly: true })).toEqual(end({ implicitCoefficient: 0 }));
    expect(end({ firstOrderOnly: true })).not.toEqual(end({}));
    const shared = solve(bip<Params, Batch>({ ...options, sharedScores: true }), problem, { steps: 8 }).state;
    expect(flat(shared.scores['a.weight'])).toEqual(flat(shared.params.a.weight));
  });

  it.each(['filter', 'channel'] as const)('prunes whole %ss and leaves dense layers', (structure) => {
    const problem = kernelProblem();
    const { solution, history } = solve(bip<typeof problem.start>({ keep: 0.5, steps: 30, structure }), problem, { steps: 30, every: 30 }); // prettier-ignore
    expect(Object.keys(solution.mask)).toEqual(['kernel']);
    const others = structure === 'filter' ? [1, 2, 3] : [0, 2, 3];
    const shares = flat(solution.mask['kernel']?.mean(others));
    expect(shares.filter((share) => share === 1)).toHaveLength(structure === 'filter' ? 3 : 2);
    expect(shares.filter((share) => share === 0)).toHaveLength(structure === 'filter' ? 3 : 1);
    expect(history.at(-1)?.loss).toBeLessThan(history[0]?.loss ?? 0);
  });

  it('works in float32 without samplers, and prunes what it is told to', () => {
    const { samplers: _, ...problem } = teacherProblem();
    const narrow = (x: Tensor): Tensor => x.cast('float32');
    const start = { a: { weight: narrow(problem.start.a.weight), bias: narrow(problem.start.a.bias) }, b: { weight: narrow(problem.start.b.weight) } }; // prettier-ignore
    const solver = bip<Params, Batch>(options);
    const { solution } = solve(solver, { ...problem, start, prunable: ['b.weight'] }, { steps: 3 });
    expect([Object.keys(solution.mask), solution.params.a.weight.dtype]).toEqual([['b.weight'], 'float32']);
  });

  it('says what is wrong', () => {
    const init = (problem: unknown, more: Partial<BipOptions> = {}): unknown =>
      bip({ ...options, ...more }).init(problem as PruningProblem, random.key(0));
    const { start, loss } = teacherProblem();
    expect(() => bip({ steps: 3 } as BipOptions)).toThrow('bip: keep is missing; it has no default');
    expect(() => bip({ ...options, keep: 0 })).toThrow('bip: keep must be a number in (0, 1], got 0');
    expect(() => bip({ ...options, maskMilestones: [0.9, 0.5] })).toThrow('maskMilestones must be shares');
    expect(() => init(3)).toThrow('bip: the problem must be { loss, start, … }, got 3');
    expect(() => init({ start })).toThrow('bip: loss must be a function');
    expect(() => init({ loss, start, prunable: ['c'] })).toThrow('prunable has "c", which start has not; it has a.bias, a.weight, b.weight'); // prettier-ignore
    expect(() => init({ loss, start }, { structure: 'filter' })).toThrow('nothing to prune: wanted filters of leaves with three axes'); // prettier-ignore
    expect(() => init({ loss, start: { n: tensor([1, 2], { dtype: 'int32' }) } })).toThrow('bip: start.n must be float'); // prettier-ignore
    expect(() => init({ loss, start, rewind: { a: 1 } })).toThrow('bip: rewind must be like start');
    const vector = { loss: () => normal(1, [3]), start };
    const solver = bip<Params>(options);
    expect(() => solver.step(vector, solver.init(vector, random.key(0)))).toThrow('bip: loss(params, batch) must give a scalar tensor'); // prettier-ignore
  });
});
