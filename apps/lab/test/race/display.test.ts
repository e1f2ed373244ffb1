import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { raceDisplay, raceLine } from '../../src/race/display.js';
import type { RacePlan } from '../../src/race/plan.js';
import type { TrialRecord } from '../../src/race/trial.js';
import { testTerminal } from '../support/harness.js';

const id = { workload: 'digits', submission: 'adamw', study: 0, trial: 0 };
const record: TrialRecord = {
  ...id,
  seed: 1,
  hyperparameters: {},
  end: 'complete',
  steps: 10,
  seconds: 1,
  evaluations: [],
};
const plan = {} as RacePlan; // is not looked at

/** A clock that stands still until it is moved. */
function fakeClock(): { now: () => number; pass: (milliseconds: number) => void } {
  let time = 1000;
  return { now: () => time, pass: (milliseconds) => (time += milliseconds) };
}

test('the live line says where the race stands, within the width of the window', () => {
  for (const columns of [70, 100, 200]) {
    const line = raceLine(
      { workload: 'digits', submission: 'adamw', done: 31.6, trials: 540 },
      '4 min 10 s',
      testTerminal(columns),
    );
    expect(line).toMatch(/^digits {2}adamw {2}━*─+ {2}31 of 540 trials {2}4 min 10 s left$/);
    expect(line.length).toBeLessThan(columns);
  }
});

test('without a live line, a line now and then; failures at once', () => {
  const terminal = testTerminal();
  const clock = fakeClock();
  const shown = raceDisplay(terminal, clock.now);
  shown.started(plan, { trials: 10, kept: 2 });
  expect(terminal.stdout()).toBe('2 trials of 10 done before.\n');
  for (let step = 1; step <= 10; step++) {
    clock.pass(1500);
    shown.progress({ ...id, step, maxSteps: 10 });
  }
  shown.trialEnded(record);
  // A trial in 15 s: seven more take 105 s and a part of the third.
  expect(terminal.stdout()).toMatch(/\ndigits {2}adamw {2}2 of 10 trials {2}1 min \d+ s left\n$/);
  shown.trialEnded({ ...record, end: 'failed', reason: 'no rate' });
  shown.ended();
  expect(terminal.stdout()).toContain('adamw on digits failed: no rate\n');
});

test('the live line is taken off at the end', () => {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 100 });
  let drawn = '';
  stream.on('data', (chunk: Buffer) => (drawn += chunk.toString()));
  const clock = fakeClock();
  const shown = raceDisplay({ ...testTerminal(), interactive: true, stream }, clock.now);
  shown.started(plan, { trials: 2, kept: 0 });
  shown.progress({ ...id, step: 5, maxSteps: 10 });
  shown.ended();
  expect(drawn).toContain('digits');
  expect(drawn.endsWith('\u001b[?25h') || drawn.includes('\u001b[?25h')).toBe(true); // the cursor is back
});
