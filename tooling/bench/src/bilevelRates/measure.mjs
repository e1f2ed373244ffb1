import { jit, random, scan, stack, vmap } from '@core/tensor';

/**
 * Runs a solver for several seeds at once, and gives the mean of |∇F|² over each of the given ranges of steps, `[from, to)`, by range and
 * by seed. Ranges ascend and do not overlap.
 */
export function meansOver(solver, problem, stationarity, ranges, seeds) {
  const keys = stack(random.split(random.key(7), seeds));
  let states = vmap((key) => solver.init(problem, key))(keys);
  const length = Math.min(64, Math.max(1, Math.floor((ranges[0].to - ranges[0].from) / 4)));
  const one = (state) =>
    scan((at) => [solver.step(problem, at).state, stationarity(at.x)], state, null, { length });
  const chunk = jit((all) => vmap(one)(all));
  const sums = ranges.map(() => ({ count: 0, sums: new Float64Array(seeds) }));
  const end = ranges.at(-1).to;
  for (let step = 0; step < end; step += length) {
    const [next, values] = chunk(states);
    states = next;
    const of = values.dataSync();
    for (let k = 0; k < length; k++) {
      const at = ranges.findIndex(({ from, to }) => from <= step + k && step + k < to);
      if (at < 0) continue;
      sums[at].count += 1;
      for (let seed = 0; seed < seeds; seed++) sums[at].sums[seed] += of[seed * length + k];
    }
  }
  chunk.dispose();
  return sums.map(({ count, sums: of }) => Array.from(of, (sum) => sum / count));
}

/** The slope of least squares through (log x, log y). */
export function slopeOf(xs, ys) {
  const [u, v] = [xs.map(Math.log), ys.map(Math.log)];
  const mean = (of) => of.reduce((sum, value) => sum + value, 0) / of.length;
  const [mu, mv] = [mean(u), mean(v)];
  const over = u.reduce((sum, value, i) => sum + (value - mu) * (v[i] - mv), 0);
  return over / u.reduce((sum, value) => sum + (value - mu) ** 2, 0);
}

/** The slope of the mean over seeds, and the middle 95 % of those of resampled seeds. */
export function slopeWithInterval(calls, bySeed, resamples = 400) {
  const seeds = bySeed[0].length;
  const curve = (chosen) =>
    bySeed.map((values) => chosen.reduce((sum, seed) => sum + values[seed], 0) / chosen.length);
  const all = Array.from({ length: seeds }, (_, seed) => seed);
  let state = 12345;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * seeds);
  };
  const slopes = Array.from({ length: resamples }, () => slopeOf(calls, curve(all.map(next)))).sort(
    (x, y) => x - y,
  );
  return {
    slope: slopeOf(calls, curve(all)),
    low: slopes[Math.floor(0.025 * resamples)],
    high: slopes[Math.ceil(0.975 * resamples) - 1],
    means: curve(all),
  };
}
