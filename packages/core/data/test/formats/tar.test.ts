import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { untar } from '../../src/index.js';
import { expectFailure, temporaryFolder } from '../support.js';
import { tar } from './tarball.js';

test('files of an archive, with a folder and a prefix', async () => {
  const long = `${'d'.repeat(90)}/${'e'.repeat(60)}.bin`;
  const archive = tar([
    ['folder/', new Uint8Array(0)],
    ['folder/a.bin', Uint8Array.of(1, 2, 3)],
    [long, new Uint8Array(513).fill(7)],
    ['empty', new Uint8Array(0)],
  ]);
  const files = untar(archive);
  expect([...files.keys()]).toEqual(['folder/a.bin', long, 'empty']);
  expect(files.get('folder/a.bin')).toEqual(Uint8Array.of(1, 2, 3));
  expect(files.get(long)).toHaveLength(513);
  await expectFailure(
    () => untar(archive.subarray(0, archive.length - 1024)),
    'FORMAT_TRUNCATED',
    'end marker',
  );
  await expectFailure(() => untar(archive.subarray(0, 1200)), 'FORMAT_TRUNCATED', 'cut off');
  await expectFailure(() => untar(new Uint8Array(512).fill(1)), 'FORMAT_MAGIC', 'tar');
  const damaged = archive.slice();
  damaged[5]! ^= 1;
  await expectFailure(() => untar(damaged), 'FORMAT_CHECKSUM', 'byte 0');
});

test('an archive of the tar command', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'in'));
  writeFileSync(join(folder, 'in', 'x.bin'), Buffer.alloc(1000, 9));
  execFileSync('tar', ['--format=ustar', '-cf', join(folder, 'x.tar'), '-C', folder, 'in']);
  const files = untar(new Uint8Array(readFileSync(join(folder, 'x.tar'))));
  expect([...files].map(([name, { length }]) => [name, length])).toEqual([['in/x.bin', 1000]]);
});
