import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tensor, tree } from '../src/index.js';
import type { Tensor } from '../src/index.js';
import { expectError } from './support/errors.js';

const t = (value: number): Tensor => tensor(value);
const values = (found: readonly Tensor[]): number[] => found.map((x) => x.item());

class Settings {
  readonly rate = 3;
}

describe('flatten and unflatten', () => {
  it('visit keys in sorted order, whatever order they were set in', () => {
    const a = tree.flatten({ w: t(1), b: t(2), layers: [t(3), { z: t(4), y: t(5) }] });
    const b = tree.flatten({ layers: [t(3), { y: t(5), z: t(4) }], b: t(2), w: t(1) });
    expect(values(a.leaves)).toEqual([2, 3, 5, 4, 1]);
    expect(values(b.leaves)).toEqual(values(a.leaves));
    expect(b.definition.key).toBe(a.definition.key);
  });

  it('keep everything that is no tensor as part of the structure', () => {
    const settings = new Settings();
    const date = new Date(0);
    const f = (): number => 1;
    const value = { w: t(1), n: null, u: undefined, s: 'a', k: 3, f, settings, date, empty: {}, none: [] };
    const { leaves, definition } = tree.flatten(value);
    expect(leaves).toEqual([value.w]);
    const back = tree.unflatten(definition, leaves) as typeof value;
    expect(back).toEqual(value);
    expect(back.settings).toBe(settings);
    expect(back.date).toBe(date);
  });

  it('tell structures apart by primitive values and by identity', () => {
    const key = (x: unknown): string => tree.flatten(x).definition.key;
    const pairs: readonly [unknown, unknown][] = [
      [{ k: 1 }, { k: 2 }],
      [{ k: 1 }, { k: '1' }],
      [{ k: null }, { k: undefined }],
      [{ k: 0 }, { k: -0 }],
      [{ k: true }, { k: 'true' }],
      [[t(1)], [t(1), t(1)]],
      [[], {}],
      [{ a: t(1) }, { b: t(1) }],
      [new Settings(), new Settings()],
      [{ 'a,"b': t(1) }, { a: t(1), b: t(1) }],
      [[['x'], []], [['x', []]]],
    ];
    for (const [a, b] of pairs) {
      expect(key(a)).toBe(key(a));
      expect(key(a)).not.toBe(key(b));
    }
    expect(key({ k: NaN })).toBe(key({ k: NaN }));
  });

  it('take objects without prototype, holes and odd keys', () => {
    const bare = Object.assign(Object.create(null) as Record<string, Tensor>, { b: t(1), a: t(2) });
    expect(values(tree.leaves(bare))).toEqual([2, 1]);
    const odd = { ['__proto__']: t(1), constructor: t(2), '': t(3) };
    const back = tree.map((x) => x.add(1), odd);
    expect(Object.keys(back).sort()).toEqual(Object.keys(odd).sort());
    expect(tree.unflatten(tree.flatten([t(1), , t(2)]).definition, [1, 2])).toEqual([1, undefined, 2]); // eslint-disable-line no-sparse-arrays
  });

  it('refuse what does not fit', () => {
    const { definition } = tree.flatten([t(1), t(2)]);
    expectError(
      () => tree.unflatten(definition, [t(1)]),
      'TREE',
      'tree.unflatten: the structure has 2 leaves, got 1',
    );
    expectError(
      () => tree.unflatten(null as never, []),
      'TREE',
      'needs the definition that tree.flatten gives, got null',
    );
    const round: Record<string, unknown> = { w: t(1) };
    round.self = round;
    expectError(() => tree.flatten(round), 'TREE', 'does an object contain itself?');
  });
});

describe('map, reduce, paths', () => {
  const params = { conv: { weight: t(1), bias: t(2) }, layers: [t(3), { g: t(4) }], note: 'x' };

  it('map over one tree and over several', () => {
    const doubled = tree.map((x) => x.mul(2), params);
    expect(values(tree.leaves(doubled))).toEqual([4, 2, 6, 8]);
    expect(doubled.note).toBe('x');
    const sum = tree.map((x, y, z) => x.add(y).add(z), params, doubled, params);
    expect(values(tree.leaves(sum))).toEqual([8, 4, 12, 16]);
    expect(tree.map((x) => x.neg(), t(3)).item()).toBe(-3);
  });

  it('say where trees differ', () => {
    const cases: readonly [unknown, unknown, string][] = [
      [{ a: [t(1)] }, { a: [t(1), t(2)] }, 'trees differ at a: arrays of length 1 and 2'],
      [{ a: { b: t(1) } }, { a: { c: t(1) } }, "trees differ at a: key 'b' is only in the first"],
      [{ a: t(1) }, { a: t(1), b: t(1) }, "trees differ at the root: key 'b' is only in the second"],
      [{ a: [{ b: t(1) }] }, { a: [{ b: [t(1)] }] }, 'trees differ at a.0.b: a tensor [] and an array of 1'],
      [{ n: 1 }, { n: 2 }, 'trees differ at n: 1 and 2'],
      [t(1), null, 'trees differ at the root: a tensor [] and null'],
      [{ a: t(1) }, { a: t(2) }, 'equal'],
    ];
    for (const [a, b, text] of cases) {
      if (text !== 'equal') {
        expect(tree.difference(a, b)).toBe(text);
        expectError(() => tree.map((x) => x, a, b), 'TREE', `tree.map: ${text}`);
      }
    }
  });

  it('paths name leaves as checkpoints do', () => {
    expect(tree.paths(params)).toEqual(['conv.bias', 'conv.weight', 'layers.0', 'layers.1.g']);
    expect(tree.paths(t(1))).toEqual(['']);
    const named = tree.mapWithPath((path, x) => x.mul(path.endsWith('bias') ? 0 : 1), params);
    expect(values(tree.leaves(named))).toEqual([0, 1, 3, 4]);
  });

  it('reduce folds from the left', () => {
    expect(tree.reduce((text, x) => `${text}${x.item()}`, params, '')).toBe('2134');
    expect(tree.reduce((n, x) => n + x.size, null, 5)).toBe(5);
  });
});

describe('laws', () => {
  const { tree: anyTree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.integer().map(t),
      fc.constantFrom(null, 'a', 7, true, undefined),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(fc.string({ maxLength: 3 }), tie('tree'), { maxKeys: 3 }),
    ),
  }));

  it('unflatten undoes flatten; map of the identity changes nothing; leaves and paths go together', () => {
    fc.assert(
      fc.property(anyTree, (value) => {
        const { leaves, definition } = tree.flatten(value);
        expect(definition.leafCount).toBe(leaves.length);
        const back = tree.unflatten(definition, leaves);
        const again = tree.flatten(back);
        expect(again.definition.key).toBe(definition.key);
        expect(again.leaves.every((leaf, i) => leaf === leaves[i])).toBe(true);
        expect(tree.leaves(tree.map((leaf) => leaf, value)).every((leaf, i) => leaf === leaves[i])).toBe(
          true,
        );
        expect(tree.paths(value)).toHaveLength(leaves.length);
      }),
      { seed: 2, numRuns: 150 },
    );
  });

  it('map of a composition is the composition of maps', () => {
    fc.assert(
      fc.property(anyTree, (value) => {
        const together = tree.map((x) => x.add(1).mul(2), value);
        const apart = tree.map(
          (x) => x.mul(2),
          tree.map((x) => x.add(1), value),
        );
        expect(values(tree.leaves(together))).toEqual(values(tree.leaves(apart)));
      }),
      { seed: 3, numRuns: 50 },
    );
  });
});
