import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FileSystem } from '../../src/node.js';
import { writeFileAtomic } from '../../src/node.js';
import { expectFailure, temporaryFolder } from '../support.js';
import { failingDisk } from './failingDisk.js';

test('writes, replaces, makes folders, leaves nothing behind', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'a', 'b', 'x.bin');
  await writeFileAtomic(path, Uint8Array.of(1, 2, 3));
  await writeFileAtomic(path, 'größe');
  expect(await fs.readFile(path, 'utf8')).toBe('größe');
  expect(await fs.readdir(join(folder, 'a', 'b'))).toEqual(['x.bin']);
});

test('a write in pieces is completed', async () => {
  const path = join(temporaryFolder(), 'x');
  const piecewise: FileSystem = {
    ...fs,
    async open(name, flags) {
      const file = await fs.open(name, flags);
      return {
        write: (bytes, offset, length) => file.write(bytes, offset, Math.min(length, 3)),
        sync: () => file.sync(),
        close: () => file.close(),
      };
    },
  };
  await writeFileAtomic(path, 'more than three bytes', { fs: piecewise });
  expect(await fs.readFile(path, 'utf8')).toBe('more than three bytes');
});

describe('a full disk', () => {
  test.each([
    ['ENOSPC', 'DISK_FULL'],
    ['EDQUOT', 'DISK_FULL'],
    ['EFBIG', 'DISK_FULL'],
    ['EIO', 'WRITE_FAILED'],
  ])('%s: the old file stays, the temporary one goes', async (errno, code) => {
    const folder = temporaryFolder();
    const path = join(folder, 'x');
    await writeFileAtomic(path, 'old');
    for (const limit of [0, 2]) {
      await expectFailure(
        () => writeFileAtomic(path, 'new one', { fs: failingDisk(limit, errno) }),
        code,
        errno,
        path,
        'intact',
      );
    }
    await expectFailure(
      () => writeFileAtomic(path, 'new one', { fs: failingDisk(100, errno, 'sync') }),
      code,
    );
    await expectFailure(
      () => writeFileAtomic(path, 'new one', { fs: failingDisk(100, errno, 'rename') }),
      code,
    );
    expect(await fs.readFile(path, 'utf8')).toBe('old');
    expect(await fs.readdir(folder)).toEqual(['x']);
  });

  // The system itself refuses here: a limit on file sizes, set by the shell, with its signal ignored.
  test.skipIf(process.platform === 'win32')('a file-size limit of the system', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'x');
    await writeFileAtomic(path, 'old');
    const program = `
      const fs = require('node:fs');
      fs.promises.open(${JSON.stringify(join(folder, 'probe'))}, 'wx').then(async (file) => {
        const bytes = new Uint8Array(4096);
        let at = 0;
        try { while (at < bytes.length) at += (await file.write(bytes, at, bytes.length - at)).bytesWritten; }
        catch (error) { console.log(error.code + ' after ' + at); }
      });`;
    const output = execFileSync(
      'bash',
      ['-c', 'trap "" XFSZ; ulimit -f 1; exec "$0" -e "$1"', process.execPath, program],
      {
        encoding: 'utf8',
      },
    );
    // Node reports the limit as the error that writeFileAtomic takes for a full disk, after a partial write.
    expect(output).toMatch(/^EFBIG after (512|1024)/);
  });
});

test('a folder in the way', async () => {
  const folder = temporaryFolder();
  await fs.mkdir(join(folder, 'x', 'y'), { recursive: true });
  await expectFailure(() => writeFileAtomic(join(folder, 'x'), 'new'), 'WRITE_FAILED', join(folder, 'x'));
  await fs.writeFile(join(folder, 'file'), '');
  await expectFailure(() => writeFileAtomic(join(folder, 'file', 'z'), 'new'), 'WRITE_FAILED');
  expect((await fs.readdir(folder)).sort()).toEqual(['file', 'x']);
});
