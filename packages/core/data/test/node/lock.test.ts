import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { withLock } from '../../src/node/lock.js';
import { expectFailure, temporaryFolder } from '../support.js';

test('one at a time, also after a failure', async () => {
  const path = join(temporaryFolder(), 'x.lock');
  let inside = 0;
  const action = async (): Promise<void> => {
    expect(++inside).toBe(1);
    await sleep(10);
    inside--;
  };
  await Promise.all([withLock(path, action), withLock(path, action), withLock(path, action)]);
  await expect(withLock(path, () => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
  expect(existsSync(path)).toBe(false);
  expect(await withLock(path, () => Promise.resolve(5))).toBe(5);
});

test('a live holder is waited for, then an error; one that fell silent is taken over', async () => {
  const path = join(temporaryFolder(), 'x.lock');
  writeFileSync(path, JSON.stringify({ pid: process.pid, host: hostname() }));
  await expectFailure(() => withLock(path, () => Promise.resolve(), { waitMs: 150 }), 'LOCK_TIMEOUT', path);
  utimesSync(path, 1000, 1000);
  expect(await withLock(path, () => Promise.resolve(5), { waitMs: 150 })).toBe(5);
});
