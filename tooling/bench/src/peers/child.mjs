// The child process of one JavaScript peer: answers the questions of ../peer.mjs, one JSON line each.
import { createInterface } from 'node:readline';
import { median } from '../median.mjs';

/** Each sample lasts at least this long; shorter work is repeated within one. */
const SAMPLE_MILLISECONDS = 0.2;
/** V8 runs WebAssembly in a baseline compiler at first and optimizes what is hot. */
const WARM_UP_MILLISECONDS = 300;

/**
 * `works[kind](subject)` prepares a subject: { run, check, release? }. `run` does the work once and frees what it made;
 * `check` gives a number that tells right from wrong. Both may be asynchronous.
 *
 * A device that answers later has a `settle` in `device`, which resolves when all that was started is done, and samples so
 * long that waiting does not count.
 */
export async function serve(works, device = { sampleMilliseconds: SAMPLE_MILLISECONDS }) {
  let current;
  const answers = {
    async prepare({ subject }) {
      const work = works[subject.kind];
      if (work === undefined) throw new Error(`has no ${subject.kind}`);
      current = await work(subject);
      const check = await current.check();
      return { check, milliseconds: await warmUp(current.run) };
    },
    time: ({ seconds }) => time(current.run, current.milliseconds, seconds, device),
    async release() {
      await current?.release?.();
      current = undefined;
      return {};
    },
  };

  /** Returns the time of the fastest call. */
  async function warmUp(run) {
    const started = performance.now();
    current.milliseconds = Infinity;
    do {
      const before = performance.now();
      await run();
      await device.settle?.();
      current.milliseconds = Math.min(current.milliseconds, performance.now() - before);
    } while (performance.now() - started < WARM_UP_MILLISECONDS);
    return current.milliseconds;
  }

  for await (const line of createInterface({ input: process.stdin })) {
    const question = JSON.parse(line);
    let answer;
    try {
      answer = await answers[question.ask](question);
    } catch (error) {
      answer = { error: String(error.message ?? error).split('\n')[0] };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}

async function time(run, expected, seconds, { sampleMilliseconds, settle }) {
  const repeats = Math.max(1, Math.ceil(sampleMilliseconds / expected));
  const samples = [];
  const started = performance.now();
  while (samples.length === 0 || performance.now() - started < seconds * 1000) {
    const before = performance.now();
    for (let i = 0; i < repeats; i++) {
      const pending = run();
      // Awaiting what is no promise would cost a turn of the queue for each call.
      if (pending instanceof Promise) await pending;
    }
    if (settle !== undefined) await settle();
    samples.push((performance.now() - before) / repeats);
  }
  return { milliseconds: median(samples), samples: samples.length };
}
