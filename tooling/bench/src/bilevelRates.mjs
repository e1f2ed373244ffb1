/*
 * `node tooling/bench/src/bilevelRates.mjs [--only F2SA] [--from 2000] [--decades 3] [--seeds 8] [--noise 0.5]`: how fast the stochastic
 * bilevel solvers' stationarity falls with oracle calls, beside what their papers promise; about two minutes. Needs built packages.
 */
import { parseArgs } from 'node:util';
import { measureRates, methodNames } from './bilevelRates/rates.mjs';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    from: { type: 'string', default: '2000' },
    decades: { type: 'string', default: '3' },
    seeds: { type: 'string', default: '8' },
    noise: { type: 'string', default: '0.5' },
  },
});
for (const name of values.only ?? methodNames) {
  const [{ rate, slope, low, high, means, calls, seconds, source }] = measureRates({
    names: [name],
    from: Number(values.from),
    decades: Number(values.decades),
    seeds: Number(values.seeds),
    noise: Number(values.noise),
  });
  const verdict = slope <= -rate ? 'met' : low <= -rate ? 'met within the interval' : 'missed';
  console.log(
    `${name}: slope ${slope.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}], stated ${(-rate).toFixed(3)} (${source}): ${verdict}`,
  );
  console.log(
    `  ${calls.map((count, i) => `${count.toExponential(1)}: ${means[i].toExponential(2)}`).join('  ')}  (${seconds.toFixed(0)} s)`,
  );
}
