import { describe, expect, test } from 'vitest';
import * as data from '../src/index.js';
import * as node from '../src/node.js';
import { ArgumentError } from '@core/tensor';
import { expectFailure, failure, temporaryFolder } from './support.js';

type Anything = (...values: unknown[]) => unknown;

/** A public function by name, called as from JavaScript: with whatever it gets. */
function call(name: string): Anything {
  const all: Readonly<Record<string, unknown>> = { ...data, ...node };
  // Every name below is that of an exported function; the test would fail on another one.
  return all[name] as Anything;
}

const array = data.arrayData(Float32Array.of(0, 1), [2]);
const table = data.parseCsv('a\n1\n');

const bytesReaders = [
  'decodeIdx',
  'decodeIdxImages',
  'decodeNpy',
  'decodeNpz',
  'decodeSafetensors',
  'decodeImage',
  'gunzip',
  'unzip',
  'untar',
];

describe('bytes', () => {
  test.each(bytesReaders)('%s', async (name) => {
    const wrong: [unknown, string][] = [
      [null, 'null'],
      [undefined, 'undefined'],
      ['a.npy', 'the string "a.npy"; a path'],
      [3, 'the number 3'],
      [[1, 2], 'an Array'],
      [{}, 'an object'],
      [new ArrayBuffer(4), 'an ArrayBuffer; view it with new Uint8Array'],
      [Float32Array.of(1), 'a Float32Array; view it with new Uint8Array'],
    ];
    for (const [value, got] of wrong) {
      await expectFailure(
        () => call(name)(value),
        'ARGUMENT',
        `${name}: wants the bytes as a Uint8Array`,
        got,
      );
    }
    // Bytes of another kind are another failure: that of the format.
    expect((await failure(() => call(name)(Buffer.from('?')))).code).toMatch(/^FORMAT_/);
  });

  test('every exported decoder is in the table', () => {
    const decoders = Object.keys(data).filter((name) => /^decode|^gunzip$|^un(?:zip|tar)$/.test(name));
    expect(decoders.sort()).toEqual([...bytesReaders].sort());
  });

  test.each([
    'parseCsv',
    'formatCsv',
    'csvMatrix',
    'csvColumn',
    'csvLabels',
    'encodeIdx',
    'encodeNpy',
    'encodeNpz',
    'encodeSafetensors',
    'encodePng',
    'resizeImage',
    'zip',
    'batches',
    'fieldSource',
    'splitRows',
  ])('%s of what it does not take', async (name) => {
    for (const value of [null, undefined, 3, true])
      await expectFailure(() => call(name)(value), 'ARGUMENT', `${name}: `);
  });

  test('arrays, tensors and trees of them', async () => {
    for (const value of [null, undefined, 3]) {
      for (const name of ['toTensor', 'toTensors', 'fromTensor', 'fromTensorAsync', 'takeRows', 'namedTree'])
        await expectFailure(() => call(name)(value), 'ARGUMENT', `${name}: `);
      await expectFailure(() => call('treeLike')({}, value), 'ARGUMENT', 'treeLike: ');
      await expectFailure(() => call('arrayData')(value), 'DTYPE', 'arrayData: ', String(value));
    }
  });

  test('members that are no bytes or arrays', async () => {
    const members = new Map([['a', 'text']]);
    await expectFailure(() => call('zip')(members, false), 'ARGUMENT', 'zip: a: ', 'the string "text"');
    for (const name of ['encodeNpz', 'encodeSafetensors']) {
      await expectFailure(() => call(name)({ a: null, b: array }), 'ARGUMENT', `${name}: a: `, 'null');
    }
    await expectFailure(() => call('encodeIdx')(array, { as: 'int8' }), 'ARGUMENT', "as must be 'uint8'");
  });
});

const pathReaders = [
  'readIdx',
  'readCsv',
  'readNpy',
  'readNpz',
  'readSafetensors',
  'readImage',
  'imageFolder',
  'inspectCheckpoint',
  'loadCheckpoint',
];
const pathWriters: [string, unknown][] = [
  ['writeNpy', array],
  ['writeNpz', { array }],
  ['writeSafetensors', { array }],
  ['writeFileAtomic', 'text'],
  ['saveCheckpoint', { params: {} }],
];

describe('paths', () => {
  test.each([...pathReaders.map((name): [string, unknown] => [name, undefined]), ...pathWriters])(
    '%s',
    async (name, content) => {
      const wrong: [unknown, string][] = [
        [undefined, 'undefined'],
        [null, 'null'],
        ['', 'an empty string'],
        [7, 'the number 7'],
        [new URL('file:///a'), 'fileURLToPath'],
      ];
      for (const [path, got] of wrong) {
        await expectFailure(() => call(name)(path, content), 'ARGUMENT', `${name}: wants a path`, got);
      }
    },
  );

  test.each(pathWriters)('%s without content', async (name) => {
    await expectFailure(() => call(name)('never-written', null), 'ARGUMENT', `${name}: `, 'null');
  });

  test.each(['mnist', 'fashionMnist', 'cifar10', 'movielens'])('folders of %s', async (name) => {
    for (const option of ['folder', 'cache']) {
      await expectFailure(() => call(name)({ [option]: 3 }), 'ARGUMENT', `${name}: ${option}: wants a path`);
    }
    await expectFailure(() => call(name)({ mirrors: 'x' }), 'ARGUMENT', `${name}: mirrors must be a list`);
  });

  test('a folder is no file', async () => {
    const folder = temporaryFolder();
    const error = await failure(() => node.readNpy(folder));
    expect(error.code).toBe('READ_FAILED');
    expect(error.message).toBe(`${folder} cannot be read: it is a directory`);
  });
});

describe('options', () => {
  const bytes = Uint8Array.of(0);
  const file = { urls: ['http://127.0.0.1:1/'], path: 'never-written' };
  const loader = (): data.Batches<unknown> => data.batches({ array });
  // What is called, a misspelt option, the right one.
  const calls: [name: string, wrong: string, right: string, call: (options: unknown) => unknown][] = [
    ...['decodeIdx', 'decodeNpy', 'decodeSafetensors'].map(
      (name): [string, string, string, (options: unknown) => unknown] => [
        name,
        'casts',
        'cast',
        (options) => call(name)(bytes, options),
      ],
    ),
    ['decodeNpz', 'onyl', 'only', (options) => call('decodeNpz')(bytes, options)],
    ['decodeImage', 'greyscale', 'grayscale', (options) => call('decodeImage')(bytes, options)],
    ['parseCsv', 'delimeter', 'delimiter', (options) => call('parseCsv')('a', options)],
    ['formatCsv', 'headers', 'header', (options) => call('formatCsv')([], options)],
    ['csvMatrix', 'column', 'columns', (options) => call('csvMatrix')(table, options)],
    ['csvColumn', 'dtpye', 'dtype', (options) => call('csvColumn')(table, 0, options)],
    ['encodeIdx', 'As', 'as', (options) => call('encodeIdx')(array, options)],
    ['encodeNpz', 'compres', 'compress', (options) => call('encodeNpz')({ array }, options)],
    ['encodeSafetensors', 'meta', 'metadata', (options) => call('encodeSafetensors')({ array }, options)],
    ['batches', 'batchsize', 'batchSize', (options) => call('batches')({ array }, options)],
    [
      'batches: from',
      'epoch',
      'epochs',
      // As from JavaScript.
      (options) => (loader().from as Anything)(loader().start(), options),
    ],
    ['splitRows', 'sead', 'seed', (options) => call('splitRows')({ array }, { a: 1 }, options)],
    ['readIdx', 'losy', 'lossy', (options) => call('readIdx')('none', options)],
    ['readNpy', 'losy', 'lossy', (options) => call('readNpy')('none', options)],
    ['readNpz', 'onlyy', 'only', (options) => call('readNpz')('none', options)],
    ['readSafetensors', 'losy', 'lossy', (options) => call('readSafetensors')('none', options)],
    ['readCsv', 'delimeter', 'delimiter', (options) => call('readCsv')('none', options)],
    ['readImage', 'sizes', 'size', (options) => call('readImage')('none', options)],
    ['imageFolder', 'sizes', 'size', (options) => call('imageFolder')('none', options)],
    ['writeFileAtomic', 'fss', 'fs', (options) => call('writeFileAtomic')('none', '', options)],
    ['writeNpy', 'fss', 'fs', (options) => call('writeNpy')('none', array, options)],
    ['writeNpz', 'compres', 'compress', (options) => call('writeNpz')('none', { array }, options)],
    [
      'writeSafetensors',
      'meta',
      'metadata',
      (options) => call('writeSafetensors')('none', { array }, options),
    ],
    ['digits', 'tran', 'train', (options) => call('digits')(options)],
    ['mnist', 'ofline', 'offline', (options) => call('mnist')(options)],
    ['fashionMnist', 'fodler', 'folder', (options) => call('fashionMnist')(options)],
    ['cifar10', 'tets', 'test', (options) => call('cifar10')(options)],
    ['movielens', 'varient', 'variant', (options) => call('movielens')(options)],
    ['downloadFile', 'retry', 'retries', (options) => call('downloadFile')(file, options)],
    ['saveCheckpoint', 'fss', 'fs', (options) => call('saveCheckpoint')('none', { params: {} }, options)],
    ['saveCheckpoint', 'metadata', 'meta', (content) => call('saveCheckpoint')('none', content)],
    ['loadCheckpoint', 'lik', 'like', (options) => call('loadCheckpoint')('none', options)],
    ['loadCheckpoint: like', 'parms', 'params', (like) => call('loadCheckpoint')('none', { like })],
  ];

  test.each(calls)('%s: %s is not %s', async (name, wrong, right, action) => {
    await expectFailure(
      () => action({ [wrong]: 1 }),
      'ARGUMENT',
      `${name}: there is no option '${wrong}'; did you mean '${right}'? Known are `,
      right,
    );
    for (const value of [null, 3, 'fast', [right]]) {
      const error = await failure(() => action(value));
      expect(error).toBeInstanceOf(ArgumentError);
      expect(error.message.startsWith(`${name}: `)).toBe(true);
    }
  });

  test('unequal fields are reported by the function that was called', async () => {
    const fields = { array, other: data.arrayData(Float32Array.of(1, 2, 3)) };
    for (const name of ['batches', 'fieldSource']) {
      await expectFailure(() => call(name)(fields), 'SHAPE', `${name}: 'array' has 2 rows, 'other' has 3`);
    }
  });

  test('all known ones are listed', async () => {
    await expectFailure(
      () => call('batches')({ array }, { batchsize: 2 }),
      'ARGUMENT',
      'Known are batchSize, seed, shuffle, lastBatch, prefetch',
    );
  });
});
