import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPath, isPlainObject, parsePath, valueAt, withValueAt } from '../src/path.js';

describe('formatPath and parsePath', () => {
  it.each([
    [['optimizers', 1, 'learningRate'], 'optimizers[1].learningRate'],
    [['a', 'x-y'], 'a.x-y'],
    [['a.b', 'c'], '["a.b"].c'],
    [['a', '3d'], 'a["3d"]'],
    [[0, 'x'], '[0].x'],
    [['a', 'say "no"'], 'a["say \\"no\\""]'],
  ])('%j is %s', (path, text) => {
    expect(formatPath(path)).toBe(text);
    expect(parsePath(text)).toEqual(path);
  });

  it('undo each other', () => {
    const path = fc.array(fc.oneof(fc.string(), fc.nat(50)), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(path, (parts) => {
        expect(parsePath(formatPath(parts))).toEqual(parts);
      }),
    );
  });

  it('takes a number after a dot as an index', () => {
    expect(parsePath('optimizers.0.use')).toEqual(['optimizers', 0, 'use']);
  });

  it.each(['', '.', '.a', 'a.', 'a..b', 'a[', 'a[x]', 'a b', 'a]'])('refuses %j', (text) => {
    expect(parsePath(text)).toBeUndefined();
  });
});

describe('values at paths', () => {
  const data = { list: [{ use: 'a' }, { use: 'b' }], other: { deep: 1 } };

  it('are read from own properties only', () => {
    expect(valueAt(data, ['list', 1, 'use'])).toBe('b');
    expect(valueAt(data, ['list', 7, 'use'])).toBeUndefined();
    expect(valueAt(data, ['constructor'])).toBeUndefined();
    expect(valueAt(null, ['a'])).toBeUndefined();
  });

  it('are set in a copy that shares the rest', () => {
    const next = withValueAt(data, ['list', 0, 'use'], 'c') as typeof data;
    expect(next).toEqual({ list: [{ use: 'c' }, { use: 'b' }], other: { deep: 1 } });
    expect(next.other).toBe(data.other);
    expect(next.list[1]).toBe(data.list[1]);
    expect(data.list[0]?.use).toBe('a');
    expect(withValueAt({}, ['a', 'b'], 1)).toEqual({ a: { b: 1 } });
  });

  it('never reach a prototype', () => {
    const next = withValueAt({}, ['__proto__', 'polluted'], true) as object;
    expect(Object.hasOwn(next, '__proto__')).toBe(true);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('isPlainObject', () => {
  it('takes what literals and JSON make', () => {
    expect([{}, Object.create(null), JSON.parse('{"a":1}')].every(isPlainObject)).toBe(true);
    expect([null, [], new Date(), new Map(), () => 1, 'x'].some(isPlainObject)).toBe(false);
  });
});
