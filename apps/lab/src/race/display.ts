import { createMeter } from '../run/meter.js';
import { timeLeft } from '../run/display.js';
import { barText, liveLine } from '../terminal/bar.js';
import { formatNumber, plural } from '../terminal/format.js';
import type { Terminal } from '../terminal/terminal.js';
import type { RaceObserver } from './observer.js';
import type { RaceResults } from './results.js';

/** Without a live line, progress is said this often, in milliseconds. */
const plainEvery = 10_000;

/** Where a race stands, in whole trials and the share of the present one. */
interface Standing {
  readonly workload: string;
  readonly submission: string;
  readonly done: number;
  readonly trials: number;
}

/** Shows a race as it goes: a live line where lines can be redrawn, a plain line now and then where not; a line for each workload. */
export function raceDisplay(terminal: Terminal, now: () => number = () => performance.now()): RaceObserver {
  let meter = createMeter(1, now);
  let standing: Standing | undefined;
  let trials = 0;
  let done = 0;
  let kept = 0;
  let said = now();
  const left = (): string => timeLeft(meter.left());
  const bar = liveLine(terminal, () => (standing === undefined ? '' : raceLine(standing, left(), terminal)));
  const print = (line: string): void => {
    bar?.stop();
    terminal.out(`${line}\n`);
    if (standing !== undefined) bar?.start(trials, standing.done);
  };
  const advance = (to: number): void => {
    if (standing === undefined) return;
    standing = { ...standing, done: to };
    meter.advance(to - kept);
    bar?.update(to);
    if (bar !== undefined || now() - said < plainEvery) return;
    said = now();
    terminal.out(
      `${standing.workload}  ${standing.submission}  ${Math.floor(to)} of ${plural(trials, 'trial')}  ${left()} left\n`,
    );
  };
  return {
    started(_, race) {
      trials = race.trials;
      done = kept = race.kept;
      // Only what is run now says how fast it goes.
      meter = createMeter(trials - kept, now);
      if (kept > 0) terminal.out(`${plural(kept, 'trial')} of ${trials} done before.\n`);
    },
    progress({ workload, submission, step, maxSteps }) {
      const first = standing === undefined;
      standing = { workload, submission, done, trials };
      if (first) bar?.start(trials, done);
      advance(done + step / maxSteps);
    },
    trialEnded(record) {
      done += 1;
      advance(done);
      if (record.end === 'failed')
        print(
          terminal.style(
            'yellow',
            `${record.submission} on ${record.workload} failed: ${record.reason ?? ''}`,
          ),
        );
    },
    workloadEnded: (name, results) => print(workloadLine(name, results, terminal)),
    ended: () => bar?.stop(),
  };
}

/** `digits-mlp  adamw  ━━━━━━━───  31 of 540 trials  4 min 10 s left` */
export function raceLine(
  { workload, submission, done, trials }: Standing,
  left: string,
  terminal: Pick<Terminal, 'columns' | 'style'>,
): string {
  const before = `${terminal.style('bold', workload)}  ${submission}  `;
  const after = `  ${Math.floor(done)} of ${plural(trials, 'trial')}  ${left} left`;
  return barText(done / trials, before, after, terminal);
}

/** `digits-mlp  error rate <= 0.05 after steps: adamw 120, soap 90, sgd -` */
export function workloadLine(
  name: string,
  { workloads, submissions, times }: RaceResults,
  { style }: Pick<Terminal, 'style'>,
): string {
  const workload = workloads.find((one) => one.name === name);
  if (workload === undefined) return name;
  const reached = submissions.map(
    (submission) => `${submission} ${shownTime(times.steps[submission]?.[name])}`,
  );
  return `${style('bold', name)}  ${workload.metric} ${workload.goal === 'min' ? '<=' : '>='} ${formatNumber(workload.target)} after steps: ${reached.join(', ')}`;
}

/** A time, or a dash for what was not reached. */
export function shownTime(time: number | undefined): string {
  return time === undefined || !Number.isFinite(time) ? '-' : formatNumber(time);
}
