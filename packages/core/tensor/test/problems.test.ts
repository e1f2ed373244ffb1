import { describe, expect, it } from 'vitest';
import { jit, ones, tensor } from '../src/index.js';
import { lookupPrimitive } from '../src/primitives/primitive.js';
import type { PrimitiveName, PrimitiveParameters } from '../src/primitives/parameters.js';
import { problemOf } from '../src/problems.js';
import type { Aval } from '../src/shape.js';

const float = (...shape: number[]): Aval => ({ shape, dtype: 'float32' });
const find = <N extends PrimitiveName>(name: N, params: PrimitiveParameters[N], ...inputs: Aval[]) =>
  problemOf(lookupPrimitive(name), inputs, params);

describe('problemOf', () => {
  it('gives the same problem the same equation', () => {
    expect(find('add', {}, float(2, 3), float(3))).toBe(find('add', {}, float(2, 3), float(3)));
    expect(find('sum', { axes: [1] }, float(2, 3))).toBe(find('sum', { axes: [1] }, float(2, 3)));
  });

  it('tells problems apart by shapes, dtypes and parameters, also where their hashes are equal', () => {
    const equations = [
      find('sum', { axes: [0] }, float(2, 3)),
      find('sum', { axes: [1] }, float(2, 3)),
      find('sum', { axes: [0, 1] }, float(2, 3)),
      find('sum', { axes: [0] }, { shape: [2, 3], dtype: 'float64' }),
      find('sum', { axes: [0] }, { shape: [2, 3], dtype: 'int32' }),
      // 31 · 1 + 36 = 31 · 2 + 5
      find('sum', { axes: [0] }, float(1, 36)),
      find('sum', { axes: [0] }, float(2, 5)),
      find('sum', { axes: [0] }, float(6)),
    ];
    expect(new Set(equations).size).toBe(equations.length);
    for (let i = 0; i < 3; i++) {
      expect(find('sum', { axes: [0] }, float(1, 36)).outputs[0]!.shape).toEqual([36]);
      expect(find('sum', { axes: [0] }, float(2, 5)).outputs[0]!.shape).toEqual([5]);
    }
  });

  it('tells zeros of both signs and NaN apart', () => {
    const full = (value: number) => find('full', { shape: [], dtype: 'float64', value });
    expect(full(0)).not.toBe(full(-0));
    expect(full(NaN)).toBe(full(NaN));
    expect(full(NaN)).not.toBe(full(0));
    expect(Object.is(tensor([0], { dtype: 'float64' }).mul(-0).item(), -0)).toBe(true);
  });

  it('holds no tensor and no program', () => {
    const x = ones([2, 2]);
    const { inputs } = find('add', {}, x, x);
    expect(Object.keys(inputs[0]!)).toEqual(['shape', 'dtype']);
    expect(jit((t: typeof x) => t.add(1))(x).toArray()).toEqual([[2, 2], [2, 2]]); // prettier-ignore
  });

  it('asks the shape rule again after an error', () => {
    for (let i = 0; i < 3; i++) expect(() => ones([2]).add(ones([3]))).toThrowError(/do not broadcast/);
  });

  it('keeps few, however many there are', () => {
    for (let n = 1; n < 1000; n++) expect(ones([n]).sum().item()).toBe(n);
  });
});
