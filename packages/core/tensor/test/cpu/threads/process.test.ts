import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let folder = '';
const script = (): string => join(folder, 'threads.mjs');
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trellis-'));
  await build({
    logLevel: 'error',
    configFile: false,
    ssr: { noExternal: true, external: ['koffi'] },
    build: {
      ssr: new URL('../../fixtures/threads.ts', import.meta.url).pathname,
      outDir: folder,
      rollupOptions: { output: { entryFileNames: 'threads.mjs' } },
    },
  });
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

/** What the process says before it ends by itself; one that does not end is an error. */
async function run(mode: string, threads: number): Promise<unknown> {
  const env = { ...process.env, TRELLIS_THREADS: String(threads) };
  // koffi is found from here.
  const cwd = new URL('../../..', import.meta.url).pathname;
  const options = { env, cwd, timeout: 15_000 };
  const { stdout } = await promisify(execFile)(process.execPath, [script(), mode], options);
  return JSON.parse(stdout);
}

describe('a process with worker threads', () => {
  it('ends when it is done, with workers waiting for work', async () => {
    expect(await run('once', 3)).toEqual({ helped: true, right: true });
  });

  it('has none with TRELLIS_THREADS=1', async () => {
    expect(await run('once', 1)).toEqual({ helped: false, right: true });
  });

  it('ends when its workers have called BLAS', async () => {
    for (let times = 0; times < 3; times++)
      expect(await run('products', 3)).toEqual({ helped: true, right: true });
  });

  it('may compute in a worker thread of its own, with workers there', async () => {
    expect(await run('nested', 2)).toEqual({ helped: true, right: true });
  });

  it.skipIf(process.platform === 'win32')('leaves nothing behind when it is killed', async () => {
    // A process group of its own: as long as one process of it lives, the group can be signalled.
    const child = spawn(process.execPath, [script(), 'forever'], {
      detached: true,
      env: { ...process.env, TRELLIS_THREADS: '3' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const said = await new Promise<string>((resolve) => child.stdout.once('data', (text) => resolve(String(text)))); // prettier-ignore
    expect(JSON.parse(said)).toEqual({ helped: true, right: true });
    const group = -child.pid!;
    expect(process.kill(group, 0)).toBe(true);
    const ended = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
    child.kill('SIGKILL');
    expect(await ended).toBe('SIGKILL');
    expect(() => process.kill(group, 0)).toThrowError(/ESRCH/);
  });

  it.skipIf(process.platform !== 'linux')('stops the workers of engines that were dropped', async () => {
    const { more, left } = (await run('dropped', 1)) as { more: number; left: number };
    expect(more).toBeGreaterThanOrEqual(8);
    // Each engine had two; the platform itself may have started one meanwhile.
    expect(left).toBeLessThan(2);
  });
});
