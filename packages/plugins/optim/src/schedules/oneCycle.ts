import {
  atLeastOne,
  checkOptions,
  checkRequired,
  flag,
  finite,
  fraction,
  oneOf,
  positive,
} from '@core/registry/checks';
import type { Schedule } from '../types.js';
import { schedule, type Arithmetic } from './arithmetic.js';

export interface OneCycleOptions {
  /** Largest value. */
  readonly peak: number;
  /** Steps of the cycle, at least 1. The last value is reached at step `steps - 1`. */
  readonly steps: number;
  /** Share of the cycle spent rising. In [0, 1]. Default 0.3. */
  readonly pctStart?: number;
  /** The first value is peak / divFactor. Greater than 0. Default 25. */
  readonly divFactor?: number;
  /** The last value is the first one / finalDivFactor. Greater than 0. Default 1e4. */
  readonly finalDivFactor?: number;
  /** Shape of the ways. Default `'cosine'`. */
  readonly anneal?: 'cosine' | 'linear';
  /** First back down to the first value, in as many steps as up, then on to the last one. Default false. */
  readonly threePhase?: boolean;
}

/**
 * One cycle: from peak / divFactor up to the peak in pctStart · steps - 1 steps, then down to peak / divFactor / finalDivFactor.
 *
 * Source: Smith & Topin 2018 (arXiv:1708.07120); phases, names and defaults are those of torch's OneCycleLR, which raises
 * an error after the last step where this holds the last value.
 */
export function oneCycle(options: OneCycleOptions): Schedule {
  const owner = 'oneCycle';
  checkOptions(owner, options, {
    peak: finite,
    steps: atLeastOne,
    pctStart: fraction,
    divFactor: positive,
    finalDivFactor: positive,
    anneal: oneOf('cosine', 'linear'),
    threePhase: flag,
  });
  checkRequired(owner, options, ['peak', 'steps']);
  const { peak, steps, pctStart = 0.3, divFactor = 25, finalDivFactor = 1e4 } = options;
  const { anneal = 'cosine', threePhase = false } = options;
  const first = peak / divFactor;
  const last = first / finalDivFactor;
  const top = pctStart * steps - 1;
  const phases = threePhase
    ? [
        { end: top, low: first, high: peak },
        { end: 2 * pctStart * steps - 2, low: peak, high: first },
        { end: steps - 1, low: first, high: last },
      ]
    : [
        { end: top, low: first, high: peak },
        { end: steps - 1, low: peak, high: last },
      ];

  const way = <T>(count: T, math: Arithmetic<T>, i: number): T => {
    const phase = phases[i];
    const start = phases[i - 1]?.end ?? 0;
    if (phase === undefined) return math.add(math.mul(count, 0), last);
    const { end, low, high } = phase;
    // A phase without length is passed at once.
    const share =
      end === start
        ? math.add(math.mul(count, 0), 1)
        : math.div(math.sub(math.min(count, end), start), end - start);
    if (anneal === 'linear') return math.add(math.mul(share, high - low), low);
    return math.add(math.mul(math.add(math.cos(math.mul(share, Math.PI)), 1), (low - high) / 2), high);
  };
  // A phase includes its last step.
  return schedule(owner, (count, math) =>
    phases.reduceRight(
      (later, { end }, i) => math.below(end, count, later, way(count, math, i)),
      way(count, math, phases.length),
    ),
  );
}
