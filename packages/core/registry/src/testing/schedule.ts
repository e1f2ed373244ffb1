import { Tensor, jit } from '@core/tensor';
import type { Schedule } from '../kinds/schedule.js';
import { fromNumbers, law, must, mustBeFinite, numbersOf, type Law, type Make } from './law.js';

export interface ScheduleLawOptions {
  /** Step counts to look at. Default 0, 1, 2, 5, 10, 100, 1000, 100000. */
  readonly counts?: readonly number[];
}

const usualCounts = [0, 1, 2, 5, 10, 100, 1000, 100_000];

function valueOf(value: Tensor | number): number {
  return value instanceof Tensor ? (numbersOf(value)[0]?.[0] ?? NaN) : value;
}

/** float32 is what a traced count of int32 ends up in. */
function near(a: number, b: number): boolean {
  if (!Number.isFinite(a) || !Number.isFinite(b)) return Object.is(a, b);
  return Math.abs(a - b) <= 1e-5 * Math.max(Math.abs(a), Math.abs(b), 1e-30) + 1e-12;
}

export function scheduleLaws(
  make: Make<Schedule>,
  { counts = usualCounts }: ScheduleLawOptions = {},
): readonly Law[] {
  const agree = async (
    what: string,
    evaluate: (schedule: Schedule, count: number) => Tensor | number,
  ): Promise<void> => {
    const schedule = await make();
    for (const count of counts) {
      const plain = valueOf(schedule(count));
      const other = valueOf(evaluate(schedule, count));
      must(
        near(plain, other),
        () => `count ${String(count)}: ${what} gives ${String(other)}, a number gives ${String(plain)}`,
      );
    }
  };
  return [
    law('every value is a finite scalar', async () => {
      const schedule = await make();
      for (const count of counts) {
        const value = schedule(count);
        if (value instanceof Tensor)
          must(
            value.size === 1,
            () => `count ${String(count)}: shape [${value.shape.join(',')}], wanted a scalar`,
          );
        mustBeFinite(fromNumbers([valueOf(value)], [], 'float64'), `the value at count ${String(count)}`);
      }
    }),
    law('it is pure', () => agree('a second call', (schedule, count) => schedule(count))),
    law('a tensor count gives the same value', () =>
      agree('an int32 scalar', (schedule, count) => schedule(fromNumbers([count], [], 'int32'))),
    ),
    law('jit gives the same value', () =>
      agree('a traced count', (schedule, count) =>
        jit((traced: Tensor) => schedule(traced))(fromNumbers([count], [], 'int32')),
      ),
    ),
  ];
}
