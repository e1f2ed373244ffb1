import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { display, plainLine, progressLine } from '../../src/run/display.js';
import { createMeter } from '../../src/run/meter.js';
import type { Progress } from '../../src/run/observer.js';
import { testTerminal } from '../support/harness.js';

const progress: Progress = {
  trial: 'adamw',
  trialIndex: 1,
  trials: 3,
  epoch: 2,
  epochs: 3,
  done: 4880,
  total: 8000,
  loss: 0.10213,
  accuracy: 0.969,
};

/** A clock that stands still until it is moved. */
function fakeClock(): { now: () => number; pass: (milliseconds: number) => void } {
  let time = 1000;
  return { now: () => time, pass: (milliseconds) => (time += milliseconds) };
}

describe('rate and time left', () => {
  test('steady work', () => {
    const clock = fakeClock();
    const meter = createMeter(8000, clock.now);
    expect(meter.rate()).toBeNaN();
    for (let done = 64; done <= 4864; done += 64) {
      clock.pass(125);
      meter.advance(done);
    }
    expect(meter.rate()).toBeCloseTo(512, 6);
    expect(meter.left()).toBeCloseTo((8000 - 4864) / 512, 6);
  });

  test('follows a change within some ten seconds', () => {
    const clock = fakeClock();
    const meter = createMeter(1e6, clock.now);
    let done = 0;
    const work = (rate: number, seconds: number): void => {
      for (let i = 0; i < seconds * 10; i++) {
        clock.pass(100);
        meter.advance((done += rate / 10));
      }
    };
    work(1000, 30);
    work(100, 30);
    expect(meter.rate()).toBeGreaterThan(100);
    expect(meter.rate()).toBeLessThan(160);
  });

  test('nothing done yet, and all done', () => {
    const clock = fakeClock();
    const meter = createMeter(10, clock.now);
    meter.advance(0);
    expect(meter.left()).toBeNaN();
    clock.pass(1000);
    meter.advance(10);
    expect(meter.left()).toBe(0);
  });
});

describe('the live line', () => {
  const clock = fakeClock();
  const meter = createMeter(8000, clock.now);
  clock.pass(10_000);
  meter.advance(4880);

  test('says where the run stands', () => {
    expect(progressLine(progress, meter, testTerminal(120))).toBe(
      `adamw 2 of 3  epoch 2/3  ${'━'.repeat(18)}${'─'.repeat(12)}   61 %  488 examples/s  7 s left  loss 0.1021  accuracy 96.90 %`,
    );
  });

  test.each([120, 90, 70, 50, 40])('fits into %i columns', (columns) => {
    const line = progressLine(progress, meter, testTerminal(columns));
    expect([...line].length).toBeLessThan(columns);
    expect(line).toContain('61 %');
  });

  test('before the first numbers', () => {
    const { loss: _, accuracy: __, ...early } = { ...progress, done: 0 };
    const line = progressLine(early, createMeter(8000, clock.now), testTerminal(100));
    expect(line).toContain('  0 %');
    expect(line).not.toContain('NaN');
  });

  test('without a bar', () => {
    expect(plainLine(progress, meter)).toBe(
      'adamw (2 of 3)  epoch 2/3  61 %  488 examples/s  7 s left  loss 0.1021  accuracy 96.90 %',
    );
  });
});

test('where lines cannot be redrawn, progress is said every ten seconds', () => {
  const clock = fakeClock();
  const terminal = testTerminal();
  const shown = display(terminal, clock.now);
  shown.trialStarted({ name: 'adamw', index: 1, trials: 3, total: 8000 });
  for (let second = 1; second <= 25; second++) {
    clock.pass(1000);
    shown.progress({ ...progress, done: second * 100 });
  }
  shown.measured({
    trial: 'adamw',
    epoch: 2,
    epochs: 3,
    split: 'test',
    values: { loss: 0.08, accuracy: 0.975 },
  });
  shown.ended();
  expect(terminal.stdout().trimEnd().split('\n')).toEqual([
    'adamw (2 of 3)  epoch 2/3  12 %  100 examples/s  1 min 10 s left  loss 0.1021  accuracy 96.90 %',
    'adamw (2 of 3)  epoch 2/3  25 %  100 examples/s  1 min 00 s left  loss 0.1021  accuracy 96.90 %',
    'adamw  epoch 2/3  test accuracy 97.50 %  test loss 0.08',
  ]);
});

test('where lines can be redrawn, one line is drawn again and again, and results stay above it', () => {
  const clock = fakeClock();
  const drawn: string[] = [];
  const write = (text: string): boolean => drawn.push(text) > 0;
  // What the bar's library uses of a terminal's stream.
  const stream = Object.assign(new PassThrough(), {
    write,
    isTTY: true,
    columns: 120,
    cursorTo: () => true,
    moveCursor: () => true,
    clearLine: () => true,
  });
  const terminal = {
    ...testTerminal(120),
    out: (text: string) => void write(text),
    interactive: true,
    stream,
  };
  const shown = display(terminal, clock.now);
  shown.trialStarted({ name: 'adamw', index: 1, trials: 3, total: 8000 });
  clock.pass(1000);
  shown.progress(progress);
  shown.measured({
    trial: 'adamw',
    epoch: 2,
    epochs: 3,
    split: 'test',
    values: { loss: 0.08, accuracy: 0.975 },
  });
  shown.trialEnded({
    name: 'adamw',
    use: 'optim/adamw',
    status: 'diverged',
    reason: 'the training loss became NaN',
    config: {},
    train: {},
    test: {},
    trainSeconds: 1,
    evaluationSeconds: 1,
    examplesPerSecond: 1,
    steps: 1,
  });
  shown.ended();
  const text = drawn.join('');
  expect(text).toContain('adamw 2 of 3  epoch 2/3  ━');
  expect(drawn).toContain('adamw  epoch 2/3  test accuracy 97.50 %  test loss 0.08\n');
  expect(drawn).toContain('adamw diverged: the training loss became NaN\n');
  // The cursor is hidden while the line is drawn, and shown again at the end.
  expect(text.lastIndexOf('\u001b[?25h')).toBeGreaterThan(text.lastIndexOf('\u001b[?25l'));
});
