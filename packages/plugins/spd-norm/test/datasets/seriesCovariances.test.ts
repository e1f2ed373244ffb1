import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { linalg } from '@core/tensor';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seriesCovariances } from '../../src/index.js';
import { elements, f64, relativeError } from '../support.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'series-'));
});
afterEach(() => rm(folder, { recursive: true }));
const write = (name: string, text: string): Promise<void> =>
  writeFile(join(folder, name), name.endsWith('.gz') ? gzipSync(text) : text);

const ts = (data: string): string =>
  ['# words', '@problemName Tiny', '@timeStamps false', '@dimensions 2', '@classLabel true up down', '@data', data].join('\n'); // prettier-ignore

describe('UEA sets', () => {
  it('are covariances of series of any length, from .ts', async () => {
    await write('Tiny_TRAIN.ts', ts('1,2,3:0,1,5:up\n3,1:2,2.5:down\n'));
    await write('Tiny_TEST.ts.gz', ts('0,1,0,1:1,1,0,0:down'));
    const data = await seriesCovariances({ folder, shrinkage: 0.1 });
    expect([data.name, data.inputShape, data.size('train'), data.size('test')]).toEqual(['Tiny, covariances', [2, 2], 2, 1]); // prettier-ignore
    const { inputs, targets } = await data.load('train');
    expect(elements(targets)).toEqual([0, 1]);
    // Variances 1 and 7, covariance 5/2; tr / 2 = 4.
    const plain = f64([[1, 2.5], [2.5, 7]]); // prettier-ignore
    expect(relativeError(inputs.at(0), plain.mul(0.9).add(f64([[0.4, 0], [0, 0.4]])))).toBeLessThan(1e-14); // prettier-ignore
    // Two times make a singular covariance, and shrinkage a positive one.
    expect(linalg.eigvalsh(inputs.at(1)).min().item()).toBeGreaterThan(0);
    expect(elements((await data.load('test')).targets)).toEqual([1]);
  });

  it('are the same from relational .arff, by the beginning of the name', async () => {
    const arff = (data: string): string =>
      `@relation Tiny\n@attribute Tiny relational\n@attribute t0 numeric\n@attribute t1 numeric\n@end Tiny\n@attribute activity {up,down}\n@data\n${data}\n`;
    await write('Tiny_TRAIN.arff', arff(`'1,2\\n0,5',up\n% a comment\n'3,1\\n2,2.5',down`));
    await write('Tiny_TEST.arff', arff(`"0,1\\n1,1",down`));
    await write('Other_TRAIN.ts', ts('1,2:1,2:up'));
    const data = await seriesCovariances({ folder, set: 'Tiny', shrinkage: 0, epsilon: 1 });
    const { inputs, targets } = await data.load('train');
    expect(elements(targets)).toEqual([0, 1]);
    expect(relativeError(inputs.at(0), f64([[1.5, 2.5], [2.5, 13.5]]))).toBeLessThan(1e-14); // prettier-ignore
  });
});

it('cuts a recording into windows within segments, and splits by segments', async () => {
  // Segments of 9, 8, 7, 3 and 6 times; a spike in the first.
  const lengths = [9, 8, 7, 3, 6];
  const rows = lengths.flatMap(
    (length, segment) =>
    Array.from({ length }, (_, i) => `${segment + 0.1 * i},${i % 2},${segment === 0 && i === 4 ? 9999 : i},${segment % 2 === 0 ? 'open' : 'shut'}`), // prettier-ignore
  );
  rows.push(...Array.from({ length: 6 }, (_, i) => `${i},${i},${i},shut`));
  const head = ['a', 'b', 'c'].map((name) => `@ATTRIBUTE ${name} NUMERIC`).join('\n');
  await write(
    'eyes.arff',
    `@RELATION eyes\n${head}\n@ATTRIBUTE eye {open,shut}\n@DATA\n${rows.join('\n')}\n`,
  );
  const data = await seriesCovariances({ folder, window: 4, testShare: 0.4 });
  expect(data.inputShape).toEqual([3, 3]);
  // open: 8 of 9 times without the spike make two windows, then one, then one, of which 40 % are two; shut: two, none, one.
  expect([data.size('train'), data.size('test')]).toEqual([4, 3]);
  expect(elements((await data.load('train')).targets)).toEqual([0, 0, 1, 1]);
  expect(elements((await data.load('test')).targets)).toEqual([0, 0, 1]);
  await expect(seriesCovariances({ folder, window: 8 })).rejects.toThrow(/class open has 1 segments of at least 8 times, and needs two/); // prettier-ignore
});

it('says what is wrong, and where', async () => {
  await expect(seriesCovariances({} as never)).rejects.toThrow('seriesCovariances: folder is missing');
  await expect(seriesCovariances({ folder: join(folder, 'none') })).rejects.toThrow('cannot be read');
  await expect(seriesCovariances({ folder })).rejects.toThrow('found none among 0 files');
  await write('A_TRAIN.ts', ts('1,2:3,?:up'));
  await write('A_TEST.ts', ts('1,2:3,4:up'));
  await expect(seriesCovariances({ folder })).rejects.toThrow('A_TRAIN.ts, line 7: expected a number, got "?"'); // prettier-ignore
  await write('A_TRAIN.ts', ts('1,2:3,4:left'));
  await expect(seriesCovariances({ folder })).rejects.toThrow('there is no class "left"; there are up, down');
  await write('A_TRAIN.ts', ts('1,2:3,4,5:up'));
  await expect(seriesCovariances({ folder })).rejects.toThrow('channels must have one length of at least 2, got 2, 3'); // prettier-ignore
  await write('A_TRAIN.ts', ts('1,2:3,4:2,1:up'));
  await expect(seriesCovariances({ folder })).rejects.toThrow('must have 3 channels, one for test has 2');
  await write('B_TRAIN.ts', ts('1,2:3,4:up'));
  await expect(seriesCovariances({ folder })).rejects.toThrow('found A_TEST.ts, A_TRAIN.ts, B_TRAIN.ts');
});
