import { tensor } from '@core/tensor';
import type { Tree } from '@core/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromTensor, namedTree, treeLike, treeNames } from '../src/index.js';
import { expectFailure } from './support.js';

const t = (...values: number[]) => tensor(values);

describe('names', () => {
  const weight = t(1, 2);
  const bias = t(3);

  test('of objects and lists', () => {
    const tree = { conv1: { weight, bias }, blocks: [{ scale: weight }, { scale: bias }] };
    const names = treeNames(tree);
    expect(names).toEqual({
      'conv1.weight': weight,
      'conv1.bias': bias,
      'blocks.0.scale': weight,
      'blocks.1.scale': bias,
    });
    expect(namedTree(names)).toEqual(tree);
  });

  test('empty layers leave no name', () => {
    expect(Object.keys(treeNames([{ weight }, {}, [], { weight }]))).toEqual(['0.weight', '3.weight']);
  });

  test('lists of more than ten keep their order', () => {
    const tree = Array.from({ length: 12 }, (_, i) => t(i));
    expect(namedTree(treeNames(tree))).toEqual(tree);
  });

  test('every tree without empty containers comes back', () => {
    const key = fc.stringMatching(/^[a-z_]{1,4}$/);
    const { tree } = fc.letrec<{ tree: Tree; node: Tree }>((tie) => ({
      tree: fc.oneof(
        fc.array(tie('node'), { minLength: 1, maxLength: 12 }),
        fc.dictionary(key, tie('node'), { minKeys: 1, maxKeys: 4 }),
      ),
      node: fc.oneof({ maxDepth: 3 }, fc.constant(weight), tie('tree')),
    }));
    fc.assert(
      fc.property(tree, (any) => {
        expect(JSON.stringify(namedTree(treeNames(any)))).toBe(JSON.stringify(any));
      }),
    );
  });

  test('what has no good name', async () => {
    await expectFailure(() => treeNames(weight), 'TREE', 'wrap it');
    await expectFailure(() => treeNames({ 'a.b': weight }), 'TREE', "'a.b'");
    await expectFailure(() => treeNames({ '': weight }), 'TREE', "''");
    await expectFailure(() => treeNames({ a: { '0': weight } }), 'TREE', "'a'", 'list');
    await expectFailure(() => treeNames({ a: 3 }), 'TREE', "'a' is a number");
    await expectFailure(() => treeNames({ a: null }), 'TREE', 'null');
  });

  test('names that contradict each other', async () => {
    await expectFailure(() => namedTree({ a: 1, 'a.b': 2 }), 'TREE', "'a'");
    await expectFailure(() => namedTree({ 'a.b': 2, a: 1 }), 'TREE', "'a'");
    await expectFailure(() => namedTree({ 'a..b': 1 }), 'ARGUMENT', "'a..b'");
    await expectFailure(
      () => namedTree(JSON.parse('{"__proto__.x": 1}') as Record<string, number>),
      'ARGUMENT',
    );
  });

  test('a gap makes no list', () => {
    expect(namedTree({ 'a.0': 1, 'a.2': 3 })).toEqual({ a: { '0': 1, '2': 3 } });
  });
});

describe('treeLike', () => {
  const model = [{ weight: t(0, 0), bias: t(0) }, {}, { weight: t(0, 0) }];

  test('fills a known structure, from tensors or arrays', () => {
    const named = { '0.weight': t(1, 2), '0.bias': fromTensor(t(3)), '2.weight': t(4, 5) };
    const filled = treeLike(model, named);
    expect(filled[1]).toEqual({});
    expect(filled[0]!.weight).toBe(named['0.weight']);
    expect(Array.from(filled[0]!.bias!.dataSync())).toEqual([3]);
  });

  test('lists everything that does not fit', async () => {
    const named = { '0.weight': t(1), '2.weight': tensor([1, 2], { dtype: 'float64' }), other: t(1) };
    await expectFailure(
      () => treeLike(model, named),
      'TREE',
      '0.weight is float32[1], wanted float32[2]',
      '0.bias is missing',
      '2.weight is float64[2]',
      'other is not wanted',
    );
  });
});
