import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Tensor, jit, tensor, vmap } from '@core/tensor';
import * as optim from '../../src/index.js';
import type { Schedule } from '../../src/index.js';
import { thrown } from '../support.js';

const { constant, cosine, exponential, join, linear, oneCycle, piecewise, polynomial, warmup, warmupCosine } =
  optim;

const count = (t: number): Tensor => tensor(t, { dtype: 'int32' });
const number = (value: Tensor | number): number => (value instanceof Tensor ? value.item() : value);
const values = (schedule: Schedule, counts: readonly number[]): number[] =>
  counts.map((t) => number(schedule(t)));

interface TorchCase {
  schedule: 'cosine' | 'linear' | 'polynomial' | 'exponential' | 'piecewise' | 'oneCycle';
  options: Record<string, unknown>;
  values: number[];
}

describe('schedules against torch.optim.lr_scheduler', () => {
  const file = new URL('../goldens/schedules.json', import.meta.url);
  const cases = JSON.parse(readFileSync(file, 'utf8')) as TorchCase[]; // written by schedules.py beside it
  it.each(cases.map((one) => [`${one.schedule} ${JSON.stringify(one.options)}`, one] as const))(
    '%s',
    (_, one) => {
      const maker = optim[one.schedule] as (options: object) => Schedule;
      const schedule = maker(one.options);
      one.values.forEach((want, t) => {
        expect(Math.abs(number(schedule(t)) - want)).toBeLessThan(1e-12);
      });
    },
  );
});

describe('closed forms', () => {
  it('constant', () => expect(values(constant(0.3), [0, 7, 1e6])).toEqual([0.3, 0.3, 0.3]));

  it('linear waits for its delay and stays at the end', () => {
    const schedule = linear({ from: 1, to: 3, steps: 4, delay: 2 });
    expect(values(schedule, [0, 2, 3, 5, 6, 100])).toEqual([1, 1, 1.5, 2.5, 3, 3]);
  });

  it('polynomial', () => {
    const schedule = polynomial({ from: 1, to: 0.5, power: 3, steps: 10 });
    expect(values(schedule, [0, 5, 10])).toEqual([1, 0.5 + 0.5 * 0.125, 0.5]);
  });

  it('cosine with an exponent', () => {
    const schedule = cosine({ from: 2, steps: 8, alpha: 0.25, exponent: 2 });
    const wave = (0.5 * (1 + Math.cos((Math.PI * 3) / 8))) ** 2;
    expect(number(schedule(3))).toBeCloseTo(2 * (0.75 * wave + 0.25), 14);
    expect(values(schedule, [8, 80])).toEqual([0.5, 0.5]);
  });

  it('exponential stops at its bound, falling and growing', () => {
    const falling = exponential({ from: 1, rate: 0.5, bound: 0.2, delay: 1 });
    expect(values(falling, [0, 1, 2, 3, 4, 50])).toEqual([1, 1, 0.5, 0.25, 0.2, 0.2]);
    expect(values(exponential({ from: 1, rate: 2, bound: 5 }), [1, 2, 3])).toEqual([2, 4, 5]);
    expect(values(exponential({ from: -1, rate: 2, bound: -5 }), [1, 2, 3])).toEqual([-2, -4, -5]);
  });

  it('exponential with a staircase', () => {
    const schedule = exponential({ from: 8, rate: 0.5, steps: 3, staircase: true });
    expect(values(schedule, [0, 2, 3, 5, 6])).toEqual([8, 8, 4, 4, 2]);
  });

  it('piecewise, at once and gradually', () => {
    const points = { boundaries: [4, 8], values: [0, 1, 3] };
    expect(values(piecewise(points), [0, 3, 4, 7, 8, 99])).toEqual([0, 0, 1, 1, 3, 3]);
    expect(values(piecewise({ ...points, interpolate: 'linear' }), [0, 1, 4, 6, 8, 99])).toEqual([
      0, 0.25, 1, 2, 3, 3,
    ]);
    const smooth = values(piecewise({ ...points, interpolate: 'cosine' }), [0, 1, 2, 4, 6, 8]);
    const quarter = (1 - Math.cos(Math.PI / 4)) / 2;
    [0, quarter, 0.5, 1, 2, 3].forEach((want, i) => expect(smooth[i]).toBeCloseTo(want, 14));
  });

  it('join lets each schedule count from 0', () => {
    const schedule = join({
      schedules: [0.5, linear({ from: 1, to: 0, steps: 4 }), (t) => t],
      boundaries: [3, 7],
    });
    expect(values(schedule, [0, 2, 3, 4, 6, 7, 9])).toEqual([0.5, 0.5, 1, 0.75, 0.25, 0, 2]);
  });

  it('warm-up goes before any schedule', () => {
    const after = exponential({ from: 8, rate: 0.5 });
    expect(values(warmup(after, { steps: 4 }), [0, 1, 2, 3, 4, 5])).toEqual([0, 2, 4, 6, 8, 4]);
    expect(values(warmup(1, { steps: 2, from: 0.5 }), [0, 1, 2, 9])).toEqual([0.5, 0.75, 1, 1]);
    expect(values(warmup(after, { steps: 0 }), [0, 1])).toEqual([8, 4]);
  });

  it('warm-up and cosine are what they are joined', () => {
    const one = warmupCosine({ peak: 2, warmupSteps: 5, steps: 25, to: 0.5 });
    const joined = warmup(cosine({ from: 2, steps: 20, alpha: 0.25 }), { steps: 5 });
    for (let t = 0; t < 30; t++) expect(number(one(t))).toBeCloseTo(number(joined(t)), 14);
    expect(values(warmupCosine({ peak: 1, warmupSteps: 0, steps: 4 }), [0, 2])).toEqual([1, 0.5]);
  });
});

const all: Readonly<Record<string, Schedule>> = {
  constant: constant(0.1),
  linear: linear({ from: 1, to: 0.2, steps: 10, delay: 3 }),
  polynomial: polynomial({ from: 1, power: 2.5, steps: 10 }),
  cosine: cosine({ from: 1, steps: 10, alpha: 0.1, exponent: 2 }),
  exponential: exponential({ from: 1, rate: 0.9, steps: 3, staircase: true, bound: 0.5 }),
  piecewise: piecewise({ boundaries: [3, 9], values: [1, 2, 0], interpolate: 'cosine' }),
  join: join({ schedules: [1, cosine({ from: 1, steps: 5 })], boundaries: [4] }),
  warmup: warmup(cosine({ from: 1, steps: 10 }), { steps: 5 }),
  warmupCosine: warmupCosine({ peak: 1, warmupSteps: 3, steps: 12 }),
  oneCycle: oneCycle({ peak: 1, steps: 13, threePhase: true }),
};

describe('a count that is a tensor', () => {
  it.each(Object.entries(all))('%s gives the number’s value in float64, traced once', (_, schedule) => {
    let traces = 0;
    const compiled = jit((t: Tensor) => {
      traces += 1;
      return schedule(t);
    });
    const batch = vmap((t: Tensor) => schedule(t) as Tensor)(tensor(new Int32Array(16).map((_, t) => t)));
    for (let t = 0; t < 16; t++) {
      const want = number(schedule(t));
      const got = schedule(count(t)) as Tensor;
      expect(got.dtype).toBe('float64');
      expect(got.item()).toBeCloseTo(want, 13);
      expect(number(compiled(count(t)))).toBeCloseTo(want, 13);
      expect(batch.dataSync()[t]).toBeCloseTo(want, 13);
    }
    expect(traces).toBe(1);
  });

  it('keeps to a user’s schedule that answers with tensors', () => {
    const own: Schedule = (t) => tensor(2, { dtype: 'float64' }).mul(t);
    expect(number(join({ schedules: [1, own], boundaries: [2] })(5))).toBe(6);
    expect(number(warmup(own, { steps: 2, from: 1 })(1))).toBe(0.5);
  });
});

describe('bad input', () => {
  const bad: readonly (readonly [string, () => unknown, string])[] = [
    ['NaN', () => constant(NaN), 'ARGUMENT: constant: value must be a finite number, got NaN'],
    [
      'no steps',
      () => cosine({ from: 1, steps: 0 }),
      'ARGUMENT: cosine: steps must be a whole number of at least 1, got 0',
    ],
    [
      'half a step',
      () => linear({ from: 1, to: 0, steps: 2.5 }),
      'ARGUMENT: linear: steps must be a whole number of at least 1, got 2.5',
    ],
    [
      'a share above 1',
      () => cosine({ from: 1, steps: 2, alpha: 2 }),
      'ARGUMENT: cosine: alpha must be a number in [0, 1], got 2',
    ],
    [
      'a missing option',
      () => polynomial({ from: 1 } as never),
      'ARGUMENT: polynomial: steps is missing; it has no default',
    ],
    [
      'a misspelt option',
      () => cosine({ from: 1, step: 2 } as never),
      'ARGUMENT: cosine: there is no option step; there are from, steps, alpha, exponent',
    ],
    [
      'no options',
      () => (cosine as () => unknown)(),
      'ARGUMENT: cosine: options must be an object such as { from: … }, got undefined',
    ],
    [
      'a negative rate',
      () => exponential({ from: 1, rate: -1 }),
      'ARGUMENT: exponential: rate must be a finite number greater than 0, got -1',
    ],
    [
      'boundaries that descend',
      () => piecewise({ boundaries: [5, 2], values: [1, 2, 3] }),
      'ARGUMENT: piecewise: boundaries must ascend and be greater than 0, got [5, 2]',
    ],
    [
      'too few values',
      () => piecewise({ boundaries: [5], values: [1] }),
      'ARGUMENT: piecewise: 1 boundaries need 2 values, got 1',
    ],
    [
      'too many schedules',
      () => join({ schedules: [1, 2, 3], boundaries: [5] }),
      'ARGUMENT: join: 1 boundaries join 2 schedules, got 3 ([5])',
    ],
    [
      'a schedule that is none',
      () => join({ schedules: ['a' as never, 1], boundaries: [5] }),
      'ARGUMENT: join: schedules[0] must be a schedule or a finite number, got "a"',
    ],
    [
      'a warm-up of everything',
      () => warmupCosine({ peak: 1, warmupSteps: 9, steps: 9 }),
      'ARGUMENT: warmupCosine: warmupSteps must be less than steps (9), got 9',
    ],
    [
      'an unknown shape',
      () => oneCycle({ peak: 1, steps: 9, anneal: 'cos' as never }),
      `ARGUMENT: oneCycle: anneal must be 'cosine' or 'linear', got "cos"`,
    ],
    [
      'a negative count',
      () => constant(1)(-1),
      'ARGUMENT: constant: the step count must be a number of at least 0, got -1',
    ],
    [
      'counts in a vector',
      () => constant(1)(tensor([1, 2])),
      'DTYPE: constant: the step count must be a scalar of numbers, got a float32[2] tensor',
    ],
  ];
  it.each(bad)('%s', (_, call, message) => expect(thrown(call)).toBe(message));
});
