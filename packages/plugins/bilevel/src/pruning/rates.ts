import { number, oneOf, type Rule } from '@core/registry/checks';
import { full, where, type DType, type Tensor } from '@core/tensor';

/** How a rate falls: half a cosine to 0, a tenth at each milestone, or not at all. */
export type PruningSchedule = 'cosine' | 'step' | 'constant';

export const scheduleRule: Rule = oneOf('cosine', 'step', 'constant');

export const milestonesRule: Rule = {
  words: 'shares of the steps in ascending order, such as [0.75, 0.9]',
  holds: (value) =>
    Array.isArray(value) &&
    value.every(
      (share, i) =>
        typeof share === 'number' && share >= 0 && share <= 1 && share >= Number(value[i - 1] ?? 0),
    ),
};

export const aboveZeroToOne = number('a number in (0, 1]', (x) => x > 0 && x <= 1);

export interface Rate {
  readonly rate: number;
  readonly schedule: PruningSchedule;
  readonly milestones: readonly number[];
  /** Steps over which it falls. */
  readonly steps: number;
}

/** Milestones of the weights' schedule `step` in the official code. */
export const weightMilestones: readonly number[] = [0.5, 0.75];

/** The rate of step `count` (int32), counted from 0. */
export function rateAt({ rate, schedule, milestones, steps }: Rate, count: Tensor, dtype: DType): Tensor {
  const constant = full([], rate, { dtype });
  if (schedule === 'constant') return constant;
  if (schedule === 'cosine')
    return count
      .minimum(steps)
      .cast(dtype)
      .mul(Math.PI / steps)
      .cos()
      .add(1)
      .mul(rate / 2);
  return milestones.reduce(
    (falling, share) => where(count.greaterEqual(Math.ceil(share * steps)), falling.mul(0.1), falling),
    constant,
  );
}
