import { describe, expect, it } from 'vitest';
import { vectorRules } from '../../../src/backends/cpu/elements/index.js';
import type { DType, TypedArray } from '../../../src/dtype.js';
import { allocate } from '../../../src/dtype.js';
import { applyRule, type ElementName, pairs, reference, relaxedModes } from './support.js';

const comparisons = ['equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual'] as const;
const tests = ['isNaN', 'isFinite'] as const;

/** Every primitive whose rule has the reference kernel's bits, by dtype. */
const exact: Readonly<Record<DType, readonly ElementName[]>> = {
  float32: [],
  float64: [],
  int32: ['neg', 'abs', 'sign', 'add', 'sub', 'mul', 'maximum', 'minimum', 'and', 'or', 'xor', 'not', 'shiftLeft', 'shiftRight'],
  bool: ['and', 'or', 'xor', 'not'],
}; // prettier-ignore
const floats: readonly ElementName[] = [
  'neg', 'abs', 'sign', 'sqrt', 'floor', 'ceil', 'round', 'trunc', 'add', 'sub', 'mul', 'div', 'floorDivide', 'remainder', 'maximum', 'minimum',
]; // prettier-ignore

const bytesOf = { float32: 4, float64: 8, int32: 4, bool: 4 } as const;

/** Zeros, halves, neighbours of powers of two, ends of the range, subnormals, NaN: no pair is left out. */
const floatValues = [
  0, 0.5, 1, 1.5, 2, 2.5, 3, 0.1, 0.3, 0.49999997, 0.99999994, 7, 100.5, 8388607.5, 8388609, 2 ** 31, 1e-20, 3e20, 4e-45, 1e-40,
  2 ** -126, 3.4028234663852886e38, 2 ** 52 + 1, 2 ** 53, 5e-324, 1e300, 1.7976931348623157e308, Infinity,
].flatMap((x) => [x, -x]).concat(NaN); // prettier-ignore
const integerValues = [
  0,
  1,
  2,
  3,
  5,
  31,
  32,
  33,
  64,
  255,
  65536,
  46341,
  2 ** 30,
  2 ** 31 - 1,
  123456789,
].flatMap((x) => [x, -x, ~x]);

function valuesOf(dtype: DType, values: readonly number[]): TypedArray {
  const data = dtype === 'bool' ? new Int32Array(values.length) : allocate(dtype, values.length);
  data.set(dtype === 'bool' ? values.map((x) => (x ? -1 : 0)) : values);
  return data;
}

function check(name: ElementName, dtype: DType, relaxed: boolean, toBool: boolean): void {
  const numbers = dtype === 'bool' ? [0, 1] : dtype === 'int32' ? integerValues : floatValues;
  const operands = pairs(numbers);
  const inputs = operands.map((values) => valuesOf(dtype, values));
  const plain = dtype === 'bool' ? operands.map((values) => Uint8Array.from(values)) : inputs;
  const arity = ['neg', 'abs', 'sign', 'sqrt', 'floor', 'ceil', 'round', 'trunc', 'not', ...tests].includes(
    name,
  )
    ? 1
    : 2;
  const result = toBool ? 'bool' : dtype;
  const want = reference(name, plain.slice(0, arity), [dtype, dtype], result);
  const buffer = applyRule(name, dtype, relaxed, inputs.slice(0, arity));
  const mask = toBool || dtype === 'bool';
  const got = !mask
    ? new (dtype === 'float32' ? Float32Array : dtype === 'float64' ? Float64Array : Int32Array)(buffer)
    : bytesOf[dtype] === 8
      ? Array.from(new BigInt64Array(buffer), Number)
      : new Int32Array(buffer);
  for (let i = 0; i < want.length; i++) {
    const expected = mask ? (want[i] ? -1 : 0) : want[i];
    if (!Object.is(got[i], expected))
      expect.fail(`${name}(${operands[0][i]}, ${operands[1][i]}) is ${got[i]}, expected ${expected}`);
  }
}

describe.each(relaxedModes)('relaxed: %s', (relaxed) => {
  for (const dtype of ['float32', 'float64', 'int32', 'bool'] as const) {
    const names = dtype === 'float32' || dtype === 'float64' ? floats : exact[dtype];
    it.each(names)(`%s of ${dtype} has the reference kernel's bits`, (name) =>
      check(name, dtype, relaxed, false),
    );
    const masks = dtype === 'bool' ? (['equal', 'notEqual'] as const) : [...comparisons, ...tests];
    it.each(masks)(`%s of ${dtype} is a mask`, (name) => check(name, dtype, relaxed, true));
  }
});

it('leaves to the reference kernels what may throw or has no vector form', () => {
  expect(vectorRules.floorDivide).not.toHaveProperty('int32');
  expect(vectorRules.remainder ?? {}).not.toHaveProperty('int32');
  expect(vectorRules.pow ?? {}).not.toHaveProperty('int32');
  expect(vectorRules).not.toHaveProperty('polygamma');
  expect(vectorRules.add).not.toHaveProperty('bool');
});
