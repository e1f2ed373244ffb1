import { showMeasure } from '../report/headline.js';
import { timeLeft } from '../run/display.js';
import { createMeter } from '../run/meter.js';
import { barText, liveLine } from '../terminal/bar.js';
import { formatCount, formatDuration } from '../terminal/format.js';
import type { Terminal } from '../terminal/terminal.js';
import { words } from '../terminal/words.js';
import type { ExperimentObserver } from './observer.js';
import type { SolverRecord } from './solverRun.js';

/** Without a live line, progress is said this often, in milliseconds. */
const plainEvery = 10_000;

interface Standing {
  readonly name: string;
  readonly index: number;
  readonly solvers: number;
  readonly steps: number;
  readonly done: number;
}

/** Shows an experiment as it goes: a live line where lines can be redrawn, a plain line now and then where not; a line for each solver. */
export function experimentDisplay(
  terminal: Terminal,
  now: () => number = () => performance.now(),
): ExperimentObserver {
  let meter = createMeter(1, now);
  let standing: Standing | undefined;
  let said = now();
  const left = (): string => timeLeft(meter.left());
  const bar = liveLine(terminal, () =>
    standing === undefined ? '' : solverLine(standing, left(), terminal),
  );
  return {
    loading: () =>
      terminal.out(
        `${terminal.style('dim', 'Loading the data and computing what solvers are compared with …')}\n`,
      ),
    loaded: () => undefined,
    solverStarted(at) {
      meter = createMeter(at.steps, now);
      standing = { ...at, done: 0 };
      said = now();
      bar?.start(at.steps, 0);
    },
    progress(done) {
      if (standing === undefined) return;
      standing = { ...standing, done };
      meter.advance(done);
      bar?.update(done);
      if (bar !== undefined || now() - said < plainEvery) return;
      said = now();
      terminal.out(
        `${standing.name}  ${formatCount(done)} of ${formatCount(standing.steps)} steps  ${left()} left\n`,
      );
    },
    solverEnded(record) {
      bar?.stop();
      standing = undefined;
      terminal.out(`${endLine(record, terminal)}\n`);
    },
    ended: () => bar?.stop(),
  };
}

/** `stocBiO 2 of 5  ━━━━━━━───  310 of 500 steps  12 s left` */
export function solverLine(
  { name, index, solvers, steps, done }: Standing,
  left: string,
  terminal: Pick<Terminal, 'columns' | 'style'>,
): string {
  const { style } = terminal;
  const before = `${style('bold', name)} ${style('dim', `${index + 1} of ${solvers}`)}  `;
  const after = `  ${formatCount(done)} of ${formatCount(steps)} steps  ${left} left`;
  return barText(done / steps, before, after, terminal);
}

/** `stocBiO  500 steps in 8.1 s  test accuracy 91.20 %  F1 0.93` */
export function endLine(
  { name, status, reason, steps, seconds, scores }: SolverRecord,
  { style }: Pick<Terminal, 'style'>,
): string {
  const taken = `${formatCount(steps)} steps in ${formatDuration(seconds)}`;
  if (status !== 'finished')
    return `${style('bold', name)}  ${taken}  ${style('yellow', `${status}: ${reason ?? ''}`)}`;
  const numbers = Object.entries(scores).map(
    ([score, value]) => `${words(score)} ${showMeasure(score, value)}`,
  );
  return `${style('bold', name)}  ${taken}  ${numbers.join('  ')}`;
}
