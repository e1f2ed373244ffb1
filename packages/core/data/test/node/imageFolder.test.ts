import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { batches, encodePng } from '../../src/index.js';
import { imageFolder } from '../../src/node.js';
import { expectFailure, golden, temporaryFolder } from '../support.js';

async function picture(path: string, value: number, height = 2, width = 2): Promise<void> {
  const data = new Float32Array(height * width).fill(value);
  writeFileSync(path, await encodePng({ shape: [1, height, width], dtype: 'float32', data }));
}

async function folder(): Promise<string> {
  const root = temporaryFolder();
  for (const name of ['dogs', 'cats', 'cats/more']) mkdirSync(join(root, name));
  await picture(join(root, 'dogs', '1.PNG'), 1);
  await picture(join(root, 'cats', '2.png'), 0.2);
  await picture(join(root, 'cats', '1.png'), 0);
  await picture(join(root, 'cats', 'more', 'x.png'), 0.4);
  writeFileSync(join(root, 'cats', 'notes.txt'), 'not an image');
  writeFileSync(join(root, 'readme.md'), 'not a class');
  return root;
}

describe('imageFolder', () => {
  test('classes, files and labels, sorted', async () => {
    const root = await folder();
    const set = await imageFolder(root);
    expect(set.classes).toEqual(['cats', 'dogs']);
    expect(set.files).toEqual(
      ['cats/1.png', 'cats/2.png', 'cats/more/x.png', 'dogs/1.PNG'].map((file) => join(root, file)),
    );
    expect(set.labels).toEqual([0, 0, 0, 1]);
    expect(set.size).toBe(4);
  });

  test('batches', async () => {
    const loader = batches(await imageFolder(await folder()), { batchSize: 3, shuffle: false });
    const seen: number[] = [];
    for await (const { data } of loader.epoch(0)) {
      expect(data.images.shape.slice(1)).toEqual([1, 2, 2]);
      seen.push(...data.labels.dataSync());
      seen.push(
        ...Array.from(data.images.dataSync())
          .filter((_, i) => i % 4 === 0)
          .map((x) => Math.round(x * 255)),
      );
    }
    expect(seen).toEqual([0, 0, 0, 0, 51, 102, 1, 255]);
  });

  test('images of different shapes want options', async () => {
    const root = await folder();
    writeFileSync(join(root, 'dogs', '2.jpg'), golden('images/rgb.jpg'));
    const all = Int32Array.of(0, 4);
    const plain = await imageFolder(root);
    await expectFailure(
      () => plain.get(all),
      'DATASET_INVALID',
      '2.jpg',
      '[3,16,24]',
      '[1,2,2]',
      'grayscale',
    );
    const alike = await imageFolder(root, { size: [4, 4], grayscale: true });
    expect((await alike.get(all)).images.shape).toEqual([2, 1, 4, 4]);
  });

  test('bad input', async () => {
    const root = temporaryFolder();
    await expectFailure(() => imageFolder(join(root, 'none')), 'DATASET_MISSING', 'none');
    await expectFailure(() => imageFolder(root), 'DATASET_MISSING', 'one folder of images per class');
    mkdirSync(join(root, 'empty'));
    await expectFailure(() => imageFolder(root), 'DATASET_MISSING', 'empty', 'no PNG or JPEG');
    writeFileSync(join(root, 'empty', 'x.png'), 'not a picture');
    const set = await imageFolder(root);
    await expectFailure(async () => set.get(Int32Array.of(0)), 'FORMAT_MAGIC', 'x.png');
  });
});
