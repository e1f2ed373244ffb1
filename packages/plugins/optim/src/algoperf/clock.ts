import { checkOptions, nonNegative, type Rule } from '@core/registry/checks';
import { ArgumentError } from '@core/tensor';

/** The parts of a trial that take time. */
export type TrialWork = 'dataSelection' | 'updateParams' | 'prepareForEval' | 'evaluation';

/** What a trial's time is read from. Only differences of its readings are used, in whatever unit they are. */
export interface TrialClock {
  now(): number;
  /** Is called after each part of the work: a virtual clock goes on then. */
  did?(work: TrialWork, step: number): void;
}

/** What each part costs: a number, or a function of the step, which counts from 1. Default 0. */
export type VirtualCosts = { readonly [W in TrialWork]?: number | ((step: number) => number) };

/** The clock on the wall, in seconds. */
export function realClock(): TrialClock {
  return { now: () => performance.now() / 1000 };
}

const cost: Rule = {
  words: 'a number of at least 0, or a function of the step that gives one',
  holds: (value) => typeof value === 'function' || nonNegative.holds(value),
};

/**
 * A clock that knows only what it is told: the same trial takes the same time on every machine.
 *
 * `virtualClock()` counts steps.
 *
 * @param costs by part of the work. Default `{ updateParams: 1 }`
 * @throws ArgumentError
 */
export function virtualClock(costs: VirtualCosts = { updateParams: 1 }): TrialClock {
  const owner = 'virtualClock';
  checkOptions(owner, costs, {
    dataSelection: cost,
    updateParams: cost,
    prepareForEval: cost,
    evaluation: cost,
  });
  let time = 0;
  return {
    now: () => time,
    did(work, step) {
      const given = costs[work] ?? 0;
      const spent = typeof given === 'number' ? given : given(step);
      if (!nonNegative.holds(spent))
        throw new ArgumentError(`${owner}: ${work} of step ${step} costs ${spent}; a cost is at least 0`);
      time += spent;
    },
  };
}
