/** Measures how fast work goes, for the time that is left. */
export interface Meter {
  /** Says that `done` units are done in all. */
  advance(done: number): void;
  /** Units a second, over about the last ten seconds; NaN before anything was done. */
  rate(): number;
  /** Seconds until `total`; NaN before anything was done. */
  left(): number;
}

/** How long the past counts, in seconds. */
const memory = 10;

/**
 * @param total units of work in all
 * @param now clock in milliseconds
 */
export function createMeter(total: number, now: () => number): Meter {
  let last = { time: now(), done: 0 };
  let work = 0;
  let time = 0;
  return {
    advance(done) {
      const current = now();
      const elapsed = (current - last.time) / 1000;
      // Old work and old time fade alike, so their quotient is the rate of the recent past.
      const kept = Math.exp(-elapsed / memory);
      work = work * kept + (done - last.done);
      time = time * kept + elapsed;
      last = { time: current, done };
    },
    rate: () => (time > 0 ? work / time : NaN),
    left: () => (time > 0 && work > 0 ? Math.max(0, total - last.done) / (work / time) : NaN),
  };
}
