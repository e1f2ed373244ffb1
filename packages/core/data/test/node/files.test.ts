import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { ArrayData } from '../../src/index.js';
import { CsvError, encodeIdx } from '../../src/index.js';
import {
  readCsv,
  readIdx,
  readImage,
  readNpy,
  readNpz,
  readSafetensors,
  writeNpy,
  writeNpz,
  writeSafetensors,
} from '../../src/node.js';
import { expectFailure, failure, goldenPath, temporaryFolder } from '../support.js';

const array: ArrayData = { shape: [2, 2], dtype: 'int32', data: Int32Array.of(1, -2, 3, 2147483647) };

test('IDX, plain and gzip', async () => {
  const folder = temporaryFolder();
  const bytes = encodeIdx(array);
  writeFileSync(join(folder, 'a'), bytes);
  writeFileSync(join(folder, 'a.gz'), gzipSync(bytes));
  expect(await readIdx(join(folder, 'a'))).toEqual(array);
  expect(await readIdx(join(folder, 'a.gz'))).toEqual(array);
  expect((await readIdx(join(folder, 'a'), { cast: 'float64' })).dtype).toBe('float64');
  writeFileSync(join(folder, 'cut.gz'), gzipSync(bytes).subarray(0, 20));
  await expectFailure(() => readIdx(join(folder, 'cut.gz')), 'FORMAT_CHECKSUM', join(folder, 'cut.gz'));
  writeFileSync(join(folder, 'cut'), bytes.subarray(0, 20));
  await expectFailure(
    () => readIdx(join(folder, 'cut')),
    'FORMAT_TRUNCATED',
    join(folder, 'cut'),
    'int32[2,2]',
  );
});

test('NPY, NPZ, safetensors', async () => {
  const folder = temporaryFolder();
  await writeNpy(join(folder, 'a.npy'), array);
  expect(await readNpy(join(folder, 'a.npy'))).toEqual(array);
  await writeNpz(join(folder, 'a.npz'), { array }, { compress: true });
  expect(await readNpz(join(folder, 'a.npz'))).toEqual({ array });
  await writeSafetensors(join(folder, 'a.safetensors'), { array }, { metadata: { by: 'us' } });
  expect(await readSafetensors(join(folder, 'a.safetensors'))).toEqual({
    tensors: { array },
    metadata: { by: 'us' },
  });
});

test('CSV, and its errors with file and line', async () => {
  const path = join(temporaryFolder(), 'a.csv.gz');
  writeFileSync(path, gzipSync('a;b\n1;2\n'));
  expect(await readCsv(path, { delimiter: ';' })).toMatchObject({ header: ['a', 'b'], rows: [['1', '2']] });
  writeFileSync(path, 'a,b\n1\n');
  const error = await failure(() => readCsv(path));
  expect(error).toBeInstanceOf(CsvError);
  expect(error).toMatchObject({ code: 'CSV_RAGGED', line: 2 });
  expect(error.message.startsWith(path)).toBe(true);
});

test('images', async () => {
  expect((await readImage(goldenPath('images/rgb.png'))).shape).toEqual([3, 5, 7]);
  await expectFailure(() => readImage(goldenPath('npy/bool.npy')), 'FORMAT_MAGIC', 'bool.npy');
});

test('a file that is not there', async () => {
  const path = join(temporaryFolder(), 'none.npy');
  await expectFailure(() => readNpy(path), 'READ_FAILED', path, 'no such file');
});
