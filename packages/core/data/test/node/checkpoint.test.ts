import { cpSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tensor, tensor, zeros } from '@core/tensor';
import type { Tree } from '@core/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StateTree } from '../../src/node.js';
import { inspectCheckpoint, loadCheckpoint, readSafetensors, saveCheckpoint } from '../../src/node.js';
import { sha256Hex } from '../../src/node/checksum.js';
import { expectFailure, temporaryFolder } from '../support.js';
import { failingDisk } from './failingDisk.js';

const model = (seed: number) => ({
  conv1: {
    weight: tensor(
      Float32Array.from({ length: 6 }, (_, i) => Math.sin(seed + i)),
      { shape: [2, 3] },
    ),
    bias: tensor([seed]),
  },
  layers: [{ scale: tensor(Float64Array.of(seed / 3)) }, {}],
});
const training = (seed: number) => ({
  step: 10 * seed,
  moments: [zeros([2, 3]), { mask: tensor(Uint8Array.of(1, 0)) }],
  rate: 0.1,
});
const meta = {
  optimizer: { use: 'optim/adamw', plugin: '@plugins/optim@0.1.0', config: { learningRate: 1e-3 } },
};

/** Bits of every tensor, and everything else, for comparisons. */
function bits(tree: StateTree): unknown {
  if (tree instanceof Tensor) {
    const data = tree.dataSync();
    return [
      tree.dtype,
      [...tree.shape],
      sha256Hex(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
    ];
  }
  if (Array.isArray(tree)) return tree.map((item: StateTree) => bits(item));
  if (typeof tree === 'object' && tree !== null) {
    return Object.fromEntries(Object.entries(tree).map(([key, item]) => [key, bits(item)]));
  }
  return tree;
}

async function save(folder: string, seed = 1): Promise<void> {
  await saveCheckpoint(folder, { params: model(seed), state: training(seed), meta });
}

async function expectSeed(folder: string, seed: number): Promise<void> {
  const { params, state } = await loadCheckpoint(folder);
  expect(bits(params)).toEqual(bits(model(seed)));
  expect(bits(state)).toEqual(bits(training(seed)));
}

describe('saving and loading', () => {
  test('gives back the same bits, structure and meta', async () => {
    const folder = join(temporaryFolder(), 'run', 'checkpoint');
    const info = await saveCheckpoint(folder, { params: model(1), state: training(1), meta });
    expect(info.files.map(({ role }) => role)).toEqual(['params', 'state']);
    await expectSeed(folder, 1);
    const loaded = await loadCheckpoint(folder);
    expect(loaded.meta).toEqual(meta);
    expect(loaded.savedAt).toBe(info.savedAt);
    expect(await inspectCheckpoint(folder)).toEqual(info);
  });

  test('the parameters are a plain safetensors file', async () => {
    const folder = temporaryFolder();
    await save(folder);
    const name = readdirSync(folder).find((file) => file.startsWith('params-'));
    const { tensors } = await readSafetensors(join(folder, name!));
    expect(Object.keys(tensors).sort()).toEqual(['conv1.bias', 'conv1.weight', 'layers.0.scale']);
    expect(tensors['conv1.weight']!.shape).toEqual([2, 3]);
  });

  test('special bits: NaN payloads, -0, subnormals', async () => {
    const folder = temporaryFolder();
    const odd = new Float32Array(Uint32Array.of(0x7fc00123, 0x80000000, 1, 0xff800000).buffer);
    const x = tensor(odd, { shape: [4] });
    await saveCheckpoint(folder, { params: { x }, state: { x: [NaN, -0, 5e-324] } });
    const { params, state } = await loadCheckpoint<{ x: Tensor }>(folder);
    expect(bits(params.x)).toEqual(bits(x));
    expect(state).toEqual({ x: [NaN, -0, 5e-324] });
  });

  test('any values', async () => {
    const folder = temporaryFolder();
    await fc.assert(
      fc.asyncProperty(
        fc.float32Array({ maxLength: 8 }),
        fc.float64Array({ maxLength: 8 }),
        fc.int32Array({ maxLength: 8 }),
        fc.double(),
        async (a, b, c, step) => {
          const params = { a: tensor(a, { shape: [a.length] }), list: [tensor(b, { shape: [b.length] })] };
          const state = { c: tensor(c, { shape: [c.length] }), step };
          await saveCheckpoint(folder, { params, state });
          const loaded = await loadCheckpoint(folder);
          expect(bits(loaded.params)).toEqual(bits(params));
          expect(bits(loaded.state)).toEqual(bits(state));
        },
      ),
      { numRuns: 20 },
    );
  });

  test('without state and meta; a single tensor', async () => {
    const folder = temporaryFolder();
    await saveCheckpoint(folder, { params: tensor([1, 2]) });
    const { params, state, meta: none } = await loadCheckpoint(folder);
    expect(bits(params)).toEqual(bits(tensor([1, 2])));
    expect(state).toBeNull();
    expect(none).toEqual({});
    expect(readdirSync(folder)).toHaveLength(2);
  });

  test('a new one replaces the old one and its files', async () => {
    const folder = temporaryFolder();
    for (const seed of [1, 2, 3]) {
      await save(folder, seed);
      await expectSeed(folder, seed);
      expect(readdirSync(folder)).toHaveLength(3);
    }
    // The same content again: the files keep their names and must survive.
    await save(folder, 3);
    await expectSeed(folder, 3);
  });

  test('leftovers of a process that died are removed once they are old, nothing else is', async () => {
    const folder = temporaryFolder();
    await save(folder, 1);
    const leftovers = ['.a.1-0123456789ab.tmp', 'params-0123456789abcdef.safetensors'];
    const mine = ['params-best.safetensors', 'notes.txt', '.hidden'];
    for (const name of [...leftovers, ...mine]) {
      writeFileSync(join(folder, name), '');
      if (mine.includes(name)) utimesSync(join(folder, name), 1000, 1000);
    }
    await save(folder, 2);
    expect(readdirSync(folder)).toHaveLength(3 + 5);
    for (const name of leftovers) utimesSync(join(folder, name), 1000, 1000);
    await save(folder, 3);
    expect(readdirSync(folder)).toHaveLength(3 + 3);
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(mine));
    await expectSeed(folder, 3);
  });

  test('a reader meets a writer', async () => {
    const folder = temporaryFolder();
    await save(folder, 0);
    const writing = (async () => {
      for (let seed = 1; seed <= 15; seed++) await save(folder, seed);
    })();
    for (let i = 0; i < 30; i++) {
      const { params, state } = await loadCheckpoint(folder);
      const seed = (state as { step: number }).step / 10;
      expect(bits(params)).toEqual(bits(model(seed)));
    }
    await writing;
  });
});

describe('a disk that fails', () => {
  test('at any byte: the old checkpoint stays whole, nothing else is left', async () => {
    const folder = temporaryFolder();
    await save(folder, 1);
    const before = readdirSync(folder).sort();
    const sizes = (await inspectCheckpoint(folder)).files.map(({ bytes }) => bytes);
    const all = sizes[0]! + sizes[1]!;
    for (const limit of [
      0,
      1,
      100,
      sizes[0]! - 1,
      sizes[0]!,
      sizes[0]! + 1,
      all - 1,
      all,
      all + 10,
      all + 500,
    ]) {
      const options = { fs: failingDisk(limit, 'ENOSPC') };
      await expectFailure(
        () => saveCheckpoint(folder, { params: model(2), state: training(2) }, options),
        'DISK_FULL',
        'ENOSPC',
        folder,
      );
      expect(readdirSync(folder).sort()).toEqual(before);
      await expectSeed(folder, 1);
    }
    await saveCheckpoint(
      folder,
      { params: model(2), state: training(2) },
      { fs: failingDisk(1e6, 'ENOSPC') },
    );
    await expectSeed(folder, 2);
  });

  test.each(['sync', 'rename'] as const)('at %s', async (step) => {
    const folder = temporaryFolder();
    await save(folder, 1);
    const options = { fs: failingDisk(0, 'EIO', step) };
    await expectFailure(() => saveCheckpoint(folder, { params: model(2) }, options), 'WRITE_FAILED', 'EIO');
    await expectSeed(folder, 1);
    expect(readdirSync(folder)).toHaveLength(3);
  });

  test('the first save leaves no half checkpoint', async () => {
    const folder = temporaryFolder();
    await expectFailure(
      () => saveCheckpoint(folder, { params: model(1) }, { fs: failingDisk(10, 'ENOSPC') }),
      'DISK_FULL',
    );
    expect(readdirSync(folder)).toEqual([]);
    await expectFailure(() => loadCheckpoint(folder), 'CHECKPOINT_MISSING', folder);
  });

  test('a file in the way of the folder', async () => {
    const folder = join(temporaryFolder(), 'x');
    writeFileSync(folder, '');
    await expectFailure(() => save(folder), 'WRITE_FAILED', folder);
    await expectFailure(() => loadCheckpoint(folder), 'CHECKPOINT_MISSING');
  });
});

describe('damage', () => {
  const files = ['checkpoint.json', 'params-', 'state-'];
  const find = (folder: string, start: string): string =>
    join(
      folder,
      readdirSync(folder).find((name) => name.startsWith(start))!,
    );

  test.each(files)('%s cut off at any place, changed, or gone', async (start) => {
    const folder = temporaryFolder();
    await save(folder);
    const path = find(folder, start);
    const whole = readFileSync(path);
    for (let length = 0; length < whole.length; length += Math.ceil(whole.length / 9)) {
      writeFileSync(path, whole.subarray(0, length));
      await expectFailure(() => loadCheckpoint(folder), 'CHECKPOINT_CORRUPT', path);
    }
    for (let at = 0; at < whole.length; at += Math.ceil(whole.length / 23)) {
      const changed = Buffer.from(whole);
      changed[at]! ^= 4;
      writeFileSync(path, changed);
      await expectFailure(() => loadCheckpoint(folder), 'CHECKPOINT_CORRUPT', path);
    }
    rmSync(path);
    const missing = start === 'checkpoint.json';
    await expectFailure(
      () => loadCheckpoint(folder),
      missing ? 'CHECKPOINT_MISSING' : 'CHECKPOINT_CORRUPT',
      missing ? folder : path,
    );
    // A damaged checkpoint can be replaced.
    await save(folder, 5);
    await expectSeed(folder, 5);
  });

  test('a torn pair: the files of two saves', async () => {
    const [one, two] = [temporaryFolder(), temporaryFolder()];
    await save(one, 1);
    await save(two, 2);
    renameSync(find(two, 'params-'), find(one, 'params-'));
    await expectFailure(() => loadCheckpoint(one), 'CHECKPOINT_CORRUPT', 'checksum');
    cpSync(join(two, 'checkpoint.json'), join(one, 'checkpoint.json'));
    await expectFailure(() => loadCheckpoint(one), 'CHECKPOINT_CORRUPT', 'missing');
  });

  test('a newer version, another kind of file', async () => {
    const folder = temporaryFolder();
    writeFileSync(
      join(folder, 'checkpoint.json'),
      JSON.stringify({ format: 'trellis-checkpoint', version: 2 }),
    );
    await expectFailure(() => loadCheckpoint(folder), 'CHECKPOINT_VERSION', 'version 2', 'up to 1');
    writeFileSync(join(folder, 'checkpoint.json'), '{"a": 1}');
    await expectFailure(() => loadCheckpoint(folder), 'CHECKPOINT_CORRUPT', 'not the manifest');
  });
});

describe('like', () => {
  test('checks names, shapes and dtypes', async () => {
    const folder = temporaryFolder();
    await save(folder);
    const like = { params: model(9), state: training(9) };
    const loaded = await loadCheckpoint(folder, { like });
    expect(loaded.params.conv1.weight.shape).toEqual([2, 3]);
    expect(loaded.state.step).toBe(10);
    const other: Tree = {
      conv1: { weight: zeros([2, 4]), bias: zeros([1], { dtype: 'float64' }), extra: zeros([1]) },
    };
    await expectFailure(
      () => loadCheckpoint(folder, { like: { params: other } }),
      'CHECKPOINT_MISMATCH',
      'conv1.weight is float32[2,3], wanted float32[2,4]',
      'conv1.bias is float32[1], wanted float64[1]',
      'conv1.extra is missing',
      'layers.0.scale is not wanted',
    );
  });
});

test('bad input', async () => {
  const folder = temporaryFolder();
  const gone = tensor([1]);
  gone.dispose();
  await expectFailure(() => saveCheckpoint(folder, { params: { gone } }), 'DISPOSED');
  await expectFailure(() => saveCheckpoint(folder, { params: { f: () => 1 } }), 'TREE', "'f'");
  await expectFailure(() => saveCheckpoint(folder, { params: 3 as unknown as Tree }), 'ARGUMENT', 'params');
  await expectFailure(
    () => saveCheckpoint(folder, { params: model(1), meta: { loss: NaN } }),
    'ARGUMENT',
    'meta.loss',
  );
  expect(readdirSync(folder)).toEqual([]);
});
