import { showMeasure } from '../report/headline.js';
import { formatCount, formatDuration } from '../terminal/format.js';
import { barText, liveLine } from '../terminal/bar.js';
import { visibleWidth } from '../terminal/table.js';
import type { Terminal } from '../terminal/terminal.js';
import { createMeter, type Meter } from './meter.js';
import type { Measurement, Progress, RunObserver } from './observer.js';

/** Without a live line, progress is said this often, in milliseconds. */
const plainEvery = 10_000;

/** Shows a run as it goes: a live line where lines can be redrawn, plain lines now and then where not. */
export function display(terminal: Terminal, now: () => number = () => performance.now()): RunObserver {
  let meter = createMeter(1, now);
  let latest: Progress | undefined;
  let said = now();
  const bar = liveLine(terminal, () => (latest === undefined ? '' : progressLine(latest, meter, terminal)));
  const print = (line: string): void => {
    bar?.stop();
    terminal.out(`${line}\n`);
    if (latest !== undefined) bar?.start(latest.total, latest.done);
  };
  return {
    started: () => undefined,
    trialStarted({ name, index, trials, total }) {
      meter = createMeter(total, now);
      said = now();
      latest = { trial: name, trialIndex: index, trials, epoch: 1, epochs: 1, done: 0, total };
      bar?.start(total, 0);
    },
    progress(progress) {
      latest = progress;
      meter.advance(progress.done);
      bar?.update(progress.done);
      if (bar !== undefined || now() - said < plainEvery) return;
      said = now();
      terminal.out(`${plainLine(progress, meter)}\n`);
    },
    measured: (measurement) => print(measuredLine(measurement, terminal)),
    trialEnded({ name, status, reason }) {
      bar?.stop();
      latest = undefined;
      if (reason !== undefined) terminal.out(`${terminal.style('yellow', `${name} ${status}: ${reason}`)}\n`);
    },
    ended: () => bar?.stop(),
  };
}

/** `adamw (2 of 3)  epoch 1/3  ━━━━━━━───  61 %  512 examples/s  12 s left  loss 0.1021  accuracy 96.90 %` */
export function progressLine(
  progress: Progress,
  meter: Meter,
  terminal: Pick<Terminal, 'columns' | 'style'>,
): string {
  const { style, columns } = terminal;
  const share = Math.min(1, progress.done / progress.total);
  const before = `${style('bold', progress.trial)} ${style('dim', `${progress.trialIndex + 1} of ${progress.trials}`)}  epoch ${progress.epoch}/${progress.epochs}  `;
  const percent = `${String(Math.floor(share * 100)).padStart(3)} %`;
  // Where the window is narrow, the last words go first.
  for (let words = facts(progress, meter); ; words = words.slice(0, -1)) {
    const after = `  ${[percent, ...words].join('  ')}`;
    const room = columns - 1 - visibleWidth(before) - visibleWidth(after);
    if (room < 8 && words.length > 0) continue;
    return barText(share, before, after, terminal);
  }
}

/** One line without a bar. */
export function plainLine(progress: Progress, meter: Meter): string {
  const share = Math.min(1, progress.done / progress.total);
  const words = [
    `epoch ${progress.epoch}/${progress.epochs}`,
    `${Math.floor(share * 100)} %`,
    ...facts(progress, meter),
  ];
  return `${progress.trial} (${progress.trialIndex + 1} of ${progress.trials})  ${words.join('  ')}`;
}

function facts({ loss, accuracy }: Progress, meter: Meter): string[] {
  const rate = meter.rate();
  return [
    ...(Number.isFinite(rate) ? [`${formatCount(rate)} examples/s`, `${timeLeft(meter.left())} left`] : []),
    ...(loss === undefined ? [] : [`loss ${showMeasure('loss', loss)}`]),
    ...(accuracy === undefined ? [] : [`accuracy ${showMeasure('accuracy', accuracy)}`]),
  ];
}

/** Whole seconds: tenths of a guess say nothing. */
export function timeLeft(seconds: number): string {
  if (!Number.isFinite(seconds)) return '-';
  return seconds < 59 ? `${Math.ceil(seconds)} s` : formatDuration(seconds);
}

function measuredLine(
  { trial, epoch, epochs, split, values }: Measurement,
  { style }: Pick<Terminal, 'style'>,
): string {
  const numbers = Object.entries(values)
    .reverse()
    .map(([name, value]) => `${split} ${name} ${showMeasure(name, value)}`);
  return `${style('bold', trial)}  epoch ${epoch}/${epochs}  ${numbers.join('  ')}`;
}
