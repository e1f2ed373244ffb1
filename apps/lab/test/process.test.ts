import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { runProcess, type Stopping } from '../src/process.js';
import { processTerminal } from '../src/terminal/terminal.js';
import { lab, project } from './support/harness.js';
import { toyRecipe } from './support/toyPlugin.js';

/** A stream whose reader went away after one write, as that of `| head -1` does. */
class ClosedPipe extends EventEmitter {
  written = '';
  write(text: string): boolean {
    if (this.written === '') this.written = text;
    else
      process.nextTick(() => this.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })));
    return true;
  }
}

class TestHost extends EventEmitter {
  readonly stdout = new ClosedPipe();
  readonly stderr = Object.assign(new EventEmitter(), {
    text: '',
    write(text: string) {
      this.text += text;
    },
  });
  exitCode: number | string | null | undefined;
  readonly exits: number[] = [];
  exit(code: number): void {
    this.exits.push(code);
  }
}

/** A program that never ends by itself. */
const stuck = (): Promise<number> => new Promise(() => undefined);

test('a run whose reader goes away trains on and writes its results', async () => {
  const cwd = project({ 'stripes.yaml': toyRecipe });
  const host = new TestHost();
  // All that the terminal uses of a stream is there.
  const stdout = host.stdout as unknown as NodeJS.WriteStream;
  await new Promise<void>((resolve) => {
    runProcess(host, async (stopping) => {
      const terminal = processTerminal(stdout, stdout, {});
      const { code } = await lab(['run', 'stripes.yaml', '--out', 'run'], { cwd, terminal, ...stopping });
      resolve();
      return code;
    });
  });
  await vi.waitFor(() => expect(host.exitCode).toBe(0));
  expect(host.exits).toEqual([]);
  expect(host.stdout.written).toMatch(/^Training /);
  expect(JSON.parse(readFileSync(join(cwd, 'run/run.json'), 'utf8'))).toMatchObject({ status: 'finished' });
  expect(readFileSync(join(cwd, 'run/report.html'), 'utf8')).toMatch(/<\/html>\n$/);
});

test('other errors of standard output are not hidden', () => {
  const host = new TestHost();
  runProcess(host, stuck);
  expect(() => host.stdout.emit('error', new Error('EIO'))).toThrow('EIO');
});

test('a program that can never end is a failure, not a success', async () => {
  const host = new TestHost();
  runProcess(host, stuck);
  host.emit('beforeExit');
  expect(host.exitCode).toBe(2);
  expect(host.stderr.text).toMatch(/^defect: .*can no longer happen/);
  const fine = new TestHost();
  runProcess(fine, () => Promise.resolve(0));
  await vi.waitFor(() => expect(fine.exitCode).toBe(0));
  fine.emit('beforeExit');
  expect(fine.exitCode).toBe(0);
});

describe('signals', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('the first %s asks, the second ends the process', (name, code) => {
    const host = new TestHost();
    let seen: AbortSignal | undefined;
    runProcess(host, ({ signal }) => {
      seen = signal;
      return stuck();
    });
    host.emit(name);
    expect(seen?.aborted).toBe(true);
    expect(host.exits).toEqual([]);
    host.emit(name);
    expect(host.exits).toEqual([code]);
  });

  test('what does not stop is ended after five seconds, unless it said that it stops itself', () => {
    const ended = (program: (stopping: Stopping) => Promise<number>): TestHost => {
      const host = new TestHost();
      runProcess(host, program);
      host.emit('SIGTERM');
      vi.advanceTimersByTime(6000);
      return host;
    };
    const hung = ended(stuck);
    expect(hung.exits).toEqual([143]);
    expect(hung.stderr.text).toContain('did not stop within 5 s of SIGTERM');
    expect(
      ended(({ stopsItself }) => {
        stopsItself();
        return stuck();
      }).exits,
    ).toEqual([]);
  });
});
