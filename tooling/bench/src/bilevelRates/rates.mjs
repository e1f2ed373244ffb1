import { meansOver, slopeWithInterval } from './measure.mjs';
import { methodsFor } from './methods.mjs';
import { problemWith } from './problem.mjs';

export const methodNames = Object.keys(methodsFor({ q: 1 }));

const pointsIn = (from, decades, perDecade) =>
  Array.from({ length: perDecade * decades + 1 }, (_, i) => from * 10 ** (i / perDecade));

/**
 * The log-log slope of E|∇F|² against calls of each method, over `decades` from `from` calls on, `perDecade` points in each. A point is the mean over the last half of
 * the steps made with so many calls.
 */
export function measureRates({
  names = methodNames,
  from = 2000,
  decades = 3,
  perDecade = 2,
  seeds = 8,
  noise = 0.5,
} = {}) {
  const [one, five] = [problemWith({ blocks: 1, noise }), problemWith({ blocks: 5, noise })];
  const methods = methodsFor(one.dimensions);
  const calls = pointsIn(from, decades, perDecade);
  return names.map((name) => {
    const method = methods[name];
    const at = method.blocks ? five : one;
    const began = performance.now();
    const bySeed =
      method.horizon === undefined
        ? meansOver(
            method.solver,
            method.blocks ? at.many() : at.single(),
            at.stationarity,
            rangesOf(calls, method.callsPerStep),
            seeds,
          )
        : calls.map((count) => {
            const { steps, batch, solver } = method.horizon(count);
            const range = { from: Math.floor(steps / 2), to: steps };
            return meansOver(solver, at.single(batch), at.stationarity, [range], seeds)[0];
          });
    const found = slopeWithInterval(calls, bySeed);
    const seconds = (performance.now() - began) / 1000;
    return { name, rate: method.rate, source: method.source, calls, seconds, ...found };
  });
}

/** The last half of the steps before each number of calls; where halves would overlap, from the point before on. */
function rangesOf(calls, each) {
  const steps = calls.map((count) => Math.round(count / each));
  return steps.map((to, i) => ({ from: Math.max(Math.floor(to / 2), steps[i - 1] ?? 0), to }));
}
