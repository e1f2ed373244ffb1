import { type Tensor, tensor } from '@core/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonValue, StateTree } from '../src/checkpointTree.js';
import { checkJson, putTogether, takeApart } from '../src/checkpointTree.js';
import { expectFailure } from './support.js';

/** Through JSON and back. */
function roundTrip(state: StateTree): StateTree {
  const { skeleton, tensors } = takeApart(state);
  return putTogether(JSON.parse(JSON.stringify(skeleton)) as JsonValue, (name) => tensors.get(name)!);
}

describe('state trees', () => {
  test('everything comes back', () => {
    const x = tensor([1, 2]);
    const state: StateTree = {
      step: 12,
      rate: 0.1 + 0.2,
      odd: [NaN, Infinity, -Infinity, -0, 5e-324, null, true, 'text', undefined],
      empty: [{}, []],
      $tensor: 'a key like a marker',
      nested: { $$: { $number: 'x' } },
      moments: [{ m: x, v: x }, x],
    };
    expect(roundTrip(state)).toEqual(state);
    expect(Object.is((roundTrip([-0]) as number[])[0], -0)).toBe(true);
    expect(roundTrip(x)).toBe(x);
    expect(roundTrip(undefined)).toBeUndefined();
  });

  test('names are those of the paths, and never meet', () => {
    const x = tensor([1]);
    const { tensors } = takeApart({ a: { b: x }, 'a.b': x, 'a%2Eb': x, '': x, list: [x, x] });
    expect([...tensors.keys()]).toEqual(['a.b', 'a%2Eb', 'a%252Eb', '%', 'list.0', 'list.1']);
  });

  test('any JSON-like tree with tensors', () => {
    const leaf = fc.oneof(
      fc.double(),
      fc.string(),
      fc.boolean(),
      fc.constantFrom(null, undefined, tensor([3])),
    );
    const { tree } = fc.letrec<{ tree: StateTree }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(fc.string({ unit: fc.constantFrom('$', 'a', '.', '%', '0') }), tie('tree'), {
          maxKeys: 4,
          noNullPrototype: true,
        }),
      ),
    }));
    fc.assert(
      fc.property(tree, (state) => {
        expect(roundTrip(state)).toEqual(state);
      }),
    );
  });

  test('what cannot be kept', async () => {
    const bad = (value: unknown) => () => takeApart({ a: [value] });
    await expectFailure(
      bad(() => 1),
      'TREE',
      "'a.0' is a function",
    );
    await expectFailure(bad(new Map()), 'TREE', "'a.0' is a Map");
    await expectFailure(bad(new Float32Array(1)), 'TREE', 'Float32Array');
    await expectFailure(bad(3n), 'TREE', 'bigint');
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    await expectFailure(bad(cycle), 'TREE', "'a.0.self' contains itself");
    await expectFailure(
      () => putTogether({ $strange: 1 }, () => new Proxy({} as Tensor, {})),
      'TREE',
      '$strange',
    );
  });
});

describe('checkJson', () => {
  test('accepts JSON and names the path of anything else', async () => {
    checkJson('x', { a: [1, 'b', null, true, { c: [] }] });
    for (const [value, part] of [
      [{ a: [undefined] }, 'meta.a.0 is of type undefined'],
      [{ a: NaN }, 'meta.a is NaN'],
      [{ a: new Date() }, 'meta.a is of type Date'],
      [{ a: () => 1 }, 'meta.a is of type function'],
      [{ a: 3n }, 'bigint'],
    ] as const) {
      await expectFailure(() => checkJson('x', value), 'ARGUMENT', part);
    }
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    await expectFailure(() => checkJson('x', cycle), 'ARGUMENT', 'contains itself');
  });
});
