import { describe, expect, it } from 'vitest';
import { attachProvenance, provenanceOf, recordable } from '../src/provenance.js';

describe('provenance', () => {
  it('is kept beside frozen objects and functions', () => {
    const provenance = { use: 'a/b', plugin: 'a@1.0.0', contract: 1, config: {} };
    for (const created of [Object.freeze({}), () => 1]) {
      attachProvenance(created, provenance);
      expect(provenanceOf(created)).toBe(provenance);
      expect(Object.keys(created)).toEqual([]);
    }
    expect(provenanceOf({})).toBeUndefined();
  });
});

describe('recordable', () => {
  it('copies plain data, frozen', () => {
    const config = { a: [1, { b: null }], c: 'x', d: undefined };
    const copy = recordable(config) as { a: unknown[] };
    expect(copy).toEqual({ a: [1, { b: null }], c: 'x' });
    expect(Object.isFrozen(copy) && Object.isFrozen(copy.a)).toBe(true);
  });

  it('names what JSON cannot hold', () => {
    expect(recordable({ f: () => 1, d: new Date(), n: NaN, i: -Infinity })).toEqual({
      f: '[function]',
      d: '[Date]',
      n: 'NaN',
      i: '-Infinity',
    });
  });
});
