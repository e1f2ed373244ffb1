import * as nodeFs from 'node:fs/promises';
import { appendFileSync, existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FileSystem } from '@core/data/node';
import { resolveRecipe } from '@core/registry';
import { openRegistry } from '../../src/plugins.js';
import { loadRecipe } from '../../src/recipe/load.js';
import { trainRecipe } from '../../src/recipe/schema.js';
import { runRecipe } from '../../src/run/run.js';
import { createRunFolder, slug, type Disk } from '../../src/store/folder.js';
import { project } from '../support/harness.js';
import { toy, toyRecipe } from '../support/toyPlugin.js';

const date = new Date('2026-11-23T14:05:00Z');

/** A disk that takes so many bytes and then none, as a full one does: the write that fills it is cut short. */
function fullDisk(bytes: number): Disk {
  let room = bytes;
  const full = (): Error => Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  const fs: FileSystem = {
    open: async (path, flags) => {
      const file = await nodeFs.open(path, flags);
      return {
        write: async (data, offset, length) => {
          const fits = Math.min(room, length);
          room -= fits;
          if (fits === 0) throw full();
          return file.write(data, offset, fits);
        },
        sync: () => file.sync(),
        close: () => file.close(),
      };
    },
    rename: nodeFs.rename,
    unlink: nodeFs.unlink,
  };
  const append = async (path: string, text: string): Promise<void> => {
    const fits = Math.min(room, text.length);
    room -= fits;
    appendFileSync(path, text.slice(0, fits));
    if (fits < text.length) throw full();
  };
  return { fs, append };
}

test('missing folders are made level by level; where none can be made that is said, and soon', async () => {
  const cwd = project({ file: '' });
  const deep = await createRunFolder({ cwd, out: 'a/b/c', name: 'x', date });
  expect(deep.path).toBe(join(cwd, 'a/b/c'));
  await expect(createRunFolder({ cwd, out: 'file/run', name: 'x', date })).rejects.toMatchObject({
    code: 'RUN_FOLDER',
  });
  if (!existsSync('/proc/self')) return; // only Linux has a folder that answers like this
  for (const out of ['/proc/x', '/proc/x/y']) {
    await expect(createRunFolder({ cwd, out, name: 'x', date })).rejects.toMatchObject({
      code: 'RUN_FOLDER',
      message: `the run folder cannot be made in ${out}: /proc takes no new folders; --out chooses another place`,
    });
  }
});

describe('names', () => {
  test('a folder of its own for each run', async () => {
    const cwd = project();
    const options = { cwd, name: 'Digits (v2)', date };
    const [one, two] = [await createRunFolder(options), await createRunFolder(options)];
    expect(one.id).toMatch(/^2026-11-23-digits-v2-[2-9a-hjkmnp-z]{4}$/);
    expect(two.path).not.toBe(one.path);
  });

  test.each([
    ['Ünïcode näme', 'u-ni-code-na-me'],
    ['../../etc', 'etc'],
    ['***', 'run'],
  ])('%s', (name) => {
    expect(slug(name)).toMatch(/^[a-z0-9][a-z0-9_-]*$/);
  });
});

test('files of reports and plugins cannot leave the folder', async () => {
  const folder = await createRunFolder({ cwd: project(), name: 'x', date });
  await expect(folder.write('../escape.txt', '')).rejects.toThrow('outside of the run folder');
  await expect(folder.write('/etc/escape', '')).resolves.toBeUndefined(); // joined below the folder
  expect(existsSync(join(folder.path, 'etc/escape'))).toBe(true);
});

test('a whole file is replaced or stays; half a line is taken back', async () => {
  const cwd = project();
  const folder = await createRunFolder({ cwd, name: 'x', date, disk: fullDisk(30) });
  await folder.write('a.txt', 'first');
  await folder.append('log', '{"n":1}\n');
  await expect(folder.write('a.txt', 'x'.repeat(100))).rejects.toMatchObject({ code: 'DISK_FULL' });
  expect(readFileSync(join(folder.path, 'a.txt'), 'utf8')).toBe('first');
  await expect(folder.append('log', '{"n":2}\n')).rejects.toMatchObject({ code: 'RUN_FOLDER' });
  expect(readFileSync(join(folder.path, 'log'), 'utf8')).toBe('{"n":1}\n');
  expect(readdirSync(folder.path).sort()).toEqual(['a.txt', 'log']);
});

describe('a disk that fills up during a run', () => {
  test.each([0, 400, 1500, 4000, 9000, 14_000])(
    'after %i bytes: everything that is there is whole',
    async (bytes) => {
      const cwd = project({ 'stripes.yaml': toyRecipe, 'old/run.json': '{"status":"finished"}' });
      const loaded = await loadRecipe('stripes.yaml', [], cwd);
      const registry = await openRegistry({ from: [], extra: [toy] });
      const plan = await resolveRecipe(registry, loaded.recipe, trainRecipe);
      const run = runRecipe({ registry, loaded, plan, cwd, out: 'new', disk: fullDisk(bytes) });
      await expect(run).rejects.toThrow(/what was there before is intact/);
      expect(readFileSync(join(cwd, 'old/run.json'), 'utf8')).toBe('{"status":"finished"}');
      if (!existsSync(join(cwd, 'new'))) return;
      const files = readdirSync(join(cwd, 'new'), { recursive: true, withFileTypes: true }).filter((entry) =>
        entry.isFile(),
      );
      for (const { name, parentPath } of files) {
        expect(name).not.toMatch(/\.tmp$/);
        const text = readFileSync(join(parentPath, name), 'utf8');
        if (name.endsWith('.json')) expect(() => JSON.parse(text) as unknown).not.toThrow();
        if (name === 'metrics.jsonl')
          for (const line of text.split('\n').filter(Boolean))
            expect(() => JSON.parse(line) as unknown).not.toThrow();
        if (name === 'report.html') expect(text).toMatch(/<\/html>\n$/);
      }
    },
  );
});

test('a component that fails in the middle leaves a run marked as failed, with its report', async () => {
  const cwd = project({ 'stripes.yaml': toyRecipe });
  const loaded = await loadRecipe('stripes.yaml', [], cwd);
  const registry = await openRegistry({ from: [], extra: [toy] });
  const plan = await resolveRecipe(registry, loaded.recipe, trainRecipe);
  const [first, second] = plan.slots.optimizers;
  if (first === undefined || second === undefined) throw new Error('the recipe has two optimizers');
  let made = 0;
  // The first time is the check before the run.
  const fails = {
    ...second,
    create: async () => (++made === 1 ? second.create() : Promise.reject(new Error('lost its mind'))),
  };
  const broken = { ...plan, slots: { ...plan.slots, optimizers: [first, fails] } };
  await expect(runRecipe({ registry, loaded, plan: broken, cwd, out: 'run' })).rejects.toThrow(
    'lost its mind',
  );
  const record = JSON.parse(readFileSync(join(cwd, 'run/run.json'), 'utf8')) as object;
  expect(record).toMatchObject({
    status: 'failed',
    reason: 'lost its mind',
    results: [{ name: 'steep', status: 'finished' }],
  });
  expect(readFileSync(join(cwd, 'run/report.html'), 'utf8')).toContain('lost its mind');
});
