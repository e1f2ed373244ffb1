import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, beforeAll, afterAll, expect } from 'vitest';
import { arrayData, encodeIdx } from '@core/data';
import { laws } from '@core/registry/testing';
import { cifar10, fashionMnist, mnist } from '../../src/index.js';

let folder: string;

/** Small files in the formats of the public sets: 12 training and 6 test pictures. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trellis-basics-'));
  let next = 1;
  const byte = (): number => (next = (next * 73 + 41) % 251);
  const bytes = (count: number): Int32Array => Int32Array.from({ length: count }, byte);
  const idx = (values: Int32Array, shape: number[]): Uint8Array =>
    encodeIdx(arrayData(values, shape), { as: 'uint8' });
  for (const [prefix, count] of [
    ['train', 12],
    ['t10k', 6],
  ] as const) {
    const labels = Int32Array.from({ length: count }, (_, i) => i % 10);
    await writeFile(join(folder, `${prefix}-images-idx3-ubyte`), idx(bytes(count * 784), [count, 28, 28]));
    await writeFile(join(folder, `${prefix}-labels-idx1-ubyte`), idx(labels, [count]));
  }
  const records = (count: number): Uint8Array =>
    Uint8Array.from({ length: count * 3073 }, (_, i) => (i % 3073 === 0 ? (i / 3073) % 10 : byte()));
  for (let i = 1; i <= 5; i++) await writeFile(join(folder, `data_batch_${i}.bin`), records(3));
  await writeFile(join(folder, 'test_batch.bin'), records(6));
});

afterAll(() => rm(folder, { recursive: true }));

const sets = { mnist, fashionMnist, cifar10 };

describe.each(Object.entries(sets))('%s', (_, make) => {
  const small = () => make({ folder, train: 8, test: 5 });
  for (const { name, check } of laws('dataset', small)) it(name, check);

  it('knows its sizes and classes before it reads a file', () => {
    const whole = make({ folder: join(folder, 'missing') });
    expect([whole.size('train'), whole.size('test')]).toEqual([make === cifar10 ? 50_000 : 60_000, 10_000]);
    expect(whole.classNames).toHaveLength(10);
    expect(make({ train: 1e9 }).size('train')).toBe(whole.size('train'));
  });

  it('shows the pictures that load gives, channels last', async () => {
    const set = small();
    const { inputs } = await set.load('test');
    const { pixels, channels, width, height } = await set.picture!('test', 3);
    const [c, h, w] = set.inputShape as [number, number, number];
    expect([channels, height, width]).toEqual([c, h, w]);
    const values = inputs.at(3).transpose([1, 2, 0]).mul(255).round().dataSync();
    expect(Array.from(pixels)).toEqual(Array.from(values));
  });

  it('holds out the last training examples', async () => {
    const whole = make({ validation: 1000 });
    expect([whole.splits, whole.size('train'), whole.size('validation')]).toEqual([
      ['train', 'validation', 'test'],
      make().size('train') - 1000,
      1000,
    ]);
    expect(() => make({ validation: 60_000 })).toThrow('leaves nothing of the');
  });

  it('says what is missing', async () => {
    await expect(make({ folder: join(folder, 'missing') }).load('train')).rejects.toMatchObject({
      code: 'DATASET_MISSING',
    });
    await expect(make({ folder }).load('train')).rejects.toThrow(
      /train has \d+ examples, \d+ were asked for/,
    );
    await expect(small().picture!('test', 5)).rejects.toThrow(
      'there is no picture 5; test has the pictures 0 to 4',
    );
    expect(() => small().size('validation')).toThrow('there is no split validation; it has train and test');
  });
});
