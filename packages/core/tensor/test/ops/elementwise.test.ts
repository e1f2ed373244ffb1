import { describe, expect, it } from 'vitest';
import * as ops from '../../src/index.js';
import { cond, grad, jit, tensor, valueAndGrad } from '../../src/index.js';
import type { DType, Tensor } from '../../src/index.js';

const floats = ['float32', 'float64'] as const;
const special = [0, -0, 1, -1, 0.5, -2.5, 1e-320, -1e-40, 1e30, -1e300, Infinity, -Infinity, NaN];
const int = (values: readonly number[]): Tensor => tensor(values, { dtype: 'int32' });

/** Elements as numbers, with -0 told from 0. */
const elements = (t: Tensor): number[] => Array.from(t.dataSync());

/** What a dtype makes of a number. */
const stored = (value: number, dtype: DType): number => (dtype === 'float32' ? Math.fround(value) : value);

/** Those computed by polynomials: within 4 units in the last place in float64, and within 2 in float32. */
const transcendental = new Set(
  'exp expm1 log log1p sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh atan2 pow'.split(' '),
);

/** Equal; for functions with a stated error (`dtype`), within it, and equal where the result is 0, infinite or NaN. */
function expectStated(
  result: readonly number[],
  expected: readonly number[],
  dtype: DType | undefined,
): void {
  const near = result.map((y, i) => {
    const wanted = expected[i]!;
    if (dtype === undefined || wanted === 0 || !Number.isFinite(wanted)) return y;
    const [relative, least] = dtype === 'float32' ? [2 ** -23, 2 ** -149] : [2 ** -52, 2 ** -1074];
    const unit = Math.max(2 ** Math.floor(Math.log2(Math.abs(wanted))) * relative, least);
    return Math.abs(y - wanted) <= (dtype === 'float32' ? 2 : 4) * unit ? wanted : y;
  });
  expect(near).toEqual(expected);
}

describe('IEEE 754 values', () => {
  const unary: Readonly<Record<string, (x: number) => number>> = {
    neg: (x) => -x,
    abs: Math.abs,
    sign: Math.sign,
    square: (x) => x * x,
    exp: Math.exp,
    expm1: Math.expm1,
    log: Math.log,
    log1p: Math.log1p,
    sqrt: Math.sqrt,
    sin: Math.sin,
    cos: Math.cos,
    tan: Math.tan,
    asin: Math.asin,
    acos: Math.acos,
    atan: Math.atan,
    sinh: Math.sinh,
    cosh: Math.cosh,
    tanh: Math.tanh,
    asinh: Math.asinh,
    acosh: Math.acosh,
    atanh: Math.atanh,
    reciprocal: (x) => 1 / x,
    floor: Math.floor,
    ceil: Math.ceil,
    trunc: Math.trunc,
    relu: (x) => (x <= 0 ? 0 : x),
  };
  const binary: Readonly<Record<string, (a: number, b: number) => number>> = {
    add: (a, b) => a + b,
    sub: (a, b) => a - b,
    mul: (a, b) => a * b,
    div: (a, b) => a / b,
    atan2: Math.atan2,
    equal: (a, b) => Number(a === b),
    notEqual: (a, b) => Number(a !== b),
    less: (a, b) => Number(a < b),
    lessEqual: (a, b) => Number(a <= b),
    greater: (a, b) => Number(a > b),
    greaterEqual: (a, b) => Number(a >= b),
    // 1 to any power and anything to the power 0 is 1, also where JS says NaN.
    pow: (a, b) => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b),
  };
  type Unary = (x: Tensor) => Tensor;
  type Binary = (a: Tensor, b: Tensor) => Tensor;
  const call = <F>(name: string): F => (ops as unknown as Record<string, F>)[name]!;

  describe.each(floats)('%s', (dtype) => {
    const inputs = special.map((x) => stored(x, dtype));

    it.each(Object.entries(unary))('%s of zeros, subnormals, huge numbers, infinities and NaN', (name, f) => {
      const result = elements(call<Unary>(name)(tensor(inputs, { dtype })));
      expectStated(result, inputs.map((x) => stored(f(x), dtype)), transcendental.has(name) ? dtype : undefined); // prettier-ignore
    });

    it.each(Object.entries(binary))('%s of all pairs of them', (name, f) => {
      const result = call<Binary>(name)(
        tensor(inputs, { dtype, shape: [inputs.length, 1] }),
        tensor(inputs, { dtype }),
      );
      const expected = inputs.flatMap((a) => inputs.map((b) => stored(f(a, b), dtype)));
      expectStated(elements(result), expected, transcendental.has(name) ? dtype : undefined);
    });

    it('NaN and infinities go through everything else', () => {
      const nan = tensor(NaN, { dtype });
      const infinity = tensor([-Infinity, Infinity], { dtype });
      for (const name of 'sigmoid softplus logSigmoid silu gelu elu leakyRelu erf erfc erfinv lgamma digamma rsqrt log2 log10 round'.split(
        ' ',
      ))
        expect([name, call<Unary>(name)(nan).item()]).toEqual([name, NaN]);
      for (const name of 'maximum minimum remainder floorDivide logaddexp'.split(' ')) {
        expect([name, call<Binary>(name)(nan, infinity).toArray()]).toEqual([name, [NaN, NaN]]);
        expect([name, call<Binary>(name)(infinity, nan).toArray()]).toEqual([name, [NaN, NaN]]);
      }
      expect(infinity.sigmoid().toArray()).toEqual([0, 1]);
      expect(infinity.softplus().toArray()).toEqual([0, Infinity]);
      expect(infinity.logSigmoid().toArray()).toEqual([-Infinity, -0]);
      expect(infinity.erf().toArray()).toEqual([-1, 1]);
      expect(infinity.erfc().toArray()).toEqual([2, 0]);
      expect(infinity.elu().toArray()).toEqual([-1, Infinity]);
      expect(infinity.relu().toArray()).toEqual([0, Infinity]);
      expect(infinity.lgamma().toArray()).toEqual([Infinity, Infinity]);
      expect(infinity.isFinite().toArray()).toEqual([false, false]);
      expect(nan.isNaN().item()).toBe(1);
      expect(ops.where(tensor([true, false]), nan, 1).toArray()).toEqual([NaN, 1]);
    });

    it('NaN and infinities go through reductions', () => {
      const x = tensor([1, NaN, Infinity], { dtype });
      for (const name of 'sum prod mean max min variance std logsumexp median cumsum'.split(' '))
        expect([name, elements(call<Unary>(name)(x)).at(-1)]).toEqual([name, NaN]);
      const y = tensor([1, -Infinity, Infinity], { dtype });
      expect(y.sum().item()).toBe(NaN);
      expect(y.max().item()).toBe(Infinity);
      expect(y.min().item()).toBe(-Infinity);
      expect(y.logsumexp().item()).toBe(Infinity);
      expect(x.argmax().item()).toBe(1);
    });

    it('rounds halves to even', () => {
      expect(elements(tensor([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 1e30], { dtype }).round())).toEqual(
        [-2, -2, -0, 0, 2, 2, 1e30].map((x) => stored(x, dtype)),
      );
    });

    it('floorDivide and remainder belong together, with the sign of the divisor', () => {
      const a = tensor([7, -7, 7, -7, 0.5], { dtype });
      const b = tensor([3, 3, -3, -3, -2], { dtype });
      expect(a.floorDivide(b).toArray()).toEqual([2, -3, -3, 2, -1]);
      expect(a.remainder(b).toArray()).toEqual([1, 2, -2, -1, -1.5]);
    });
  });
});

describe('int32', () => {
  const min = -(2 ** 31);
  const max = 2 ** 31 - 1;

  it('wraps on overflow', () => {
    expect(
      int([max, min])
        .add(int([1, -1]))
        .toArray(),
    ).toEqual([min, max]);
    expect(
      int([min, max])
        .sub(int([1, -1]))
        .toArray(),
    ).toEqual([max, min]);
    expect(
      int([65536, max, 123456789])
        .mul(int([65536, max, 987654321]))
        .toArray(),
    ).toEqual([0, 1, Math.imul(123456789, 987654321)]);
    expect(int([min]).neg().toArray()).toEqual([min]);
    expect(int([min]).abs().toArray()).toEqual([min]);
    expect(int([min]).floorDivide(-1).toArray()).toEqual([min]);
    expect(int([max, max, 2]).sum().item()).toBe(0);
    expect(int([max, max, 2]).cumsum().toArray()).toEqual([max, -2, 0]);
    expect(int([65536, 65536, 3]).prod().item()).toBe(0);
    expect(
      int([3, -3, 2])
        .pow(int([21, 21, 31]))
        .toArray(),
    ).toEqual([1870418611, -1870418611, min]);
    expect(int([46341]).square().toArray()).toEqual([Math.imul(46341, 46341)]);
    expect(
      int([max, 2])
        .dot(int([2, 2]))
        .item(),
    ).toBe(2);
  });

  it('sums a long row exactly modulo 2^32', () => {
    const n = 100_000;
    const values = Int32Array.from({ length: n }, (_, i) => Math.imul(i, 2654435761));
    let expected = 0;
    for (const value of values) expected = (expected + value) | 0;
    expect(tensor(values).sum().item()).toBe(expected);
  });

  it('has floored division and remainders', () => {
    const a = int([7, -7, 7, -7]);
    const b = int([3, 3, -3, -3]);
    expect(a.floorDivide(b).toArray()).toEqual([2, -3, -3, 2]);
    expect(a.remainder(b).toArray()).toEqual([1, 2, -2, -1]);
    expect(a.floorDivide(b).dtype).toBe('int32');
  });

  it('shifts bits out, and zeros in', () => {
    expect(
      int([1, 3, -1])
        .shiftLeft(int([31, 31, 4]))
        .toArray(),
    ).toEqual([min, min, -16]);
    expect(
      int([-1, min, 8])
        .shiftRight(int([28, 31, 1]))
        .toArray(),
    ).toEqual([15, 1, 4]);
    expect(int([1, -1]).shiftLeft(32).toArray()).toEqual([0, 0]);
    expect(
      int([-1, 5])
        .shiftRight(int([33, -1]))
        .toArray(),
    ).toEqual([0, 0]);
    expect(int([5, -1]).bitwiseNot().toArray()).toEqual([-6, 0]);
    expect(int([12]).bitwiseAnd(10).item()).toBe(8);
    expect(int([12]).bitwiseOr(10).item()).toBe(14);
    expect(int([12]).bitwiseXor(10).item()).toBe(6);
    expect(tensor([true, false]).bitwiseNot().toArray()).toEqual([false, true]);
  });

  it('compares and takes extremes exactly', () => {
    expect(
      int([max])
        .greater(int([max - 1]))
        .item(),
    ).toBe(1);
    expect(
      int([max, min])
        .maximum(int([max - 1, min + 1]))
        .toArray(),
    ).toEqual([max, min + 1]);
    expect(int([max, min]).clip(-5, 5).toArray()).toEqual([5, -5]);
    expect(int([max, min]).sign().toArray()).toEqual([1, -1]);
  });
});

describe('derivatives at the edges', () => {
  const slope = (f: (x: Tensor) => Tensor, at: number, dtype: DType = 'float64'): number =>
    grad((x: Tensor) => f(x))(tensor(at, { dtype })).item();

  it('pow at 0 and 1', () => {
    expect(slope((x) => x.pow(3), 0)).toBe(0);
    expect(slope((x) => x.pow(2), -3)).toBe(-6);
    expect(slope((x) => x.pow(0), 0)).toBe(0);
    expect(slope((x) => x.pow(1), 0)).toBe(1);
    expect(slope((x) => x.pow(0.5), 0)).toBe(Infinity);
    expect(slope((x) => tensor(0, { dtype: 'float64' }).pow(x), 2)).toBe(0);
    expect(slope((x) => tensor(2, { dtype: 'float64' }).pow(x), 3)).toBeCloseTo(8 * Math.LN2, 13);
  });

  it('ties of maximum, minimum and clip, and kinks', () => {
    const one = tensor(1, { dtype: 'float64' });
    expect(slope((x) => x.maximum(one), 1)).toBe(0.5);
    expect(slope((x) => x.minimum(one), 1)).toBe(0.5);
    expect(slope((x) => x.clip(0, 1), 0.5)).toBe(1);
    expect(slope((x) => x.clip(0, 1), 2)).toBe(0);
    expect(slope((x) => x.abs(), 0)).toBe(0);
    expect(slope((x) => x.relu(), 0)).toBe(0);
    expect(slope((x) => x.sign().add(x.floor()).add(x.round()), 0.3)).toBe(0);
  });

  it.each(floats)('are finite where values are huge or tiny, %s', (dtype) => {
    const big = dtype === 'float32' ? 1e38 : 1e308;
    for (const x of [big, -big, 1e-45, -1e-45, 0]) {
      for (const f of ['sigmoid', 'softplus', 'tanh', 'logSigmoid', 'atan', 'erf'] as const)
        expect([f, x, Number.isFinite(slope((t) => t[f](), x, dtype))]).toEqual([f, x, true]);
    }
    expect(slope((t) => t.softplus(), big, dtype)).toBe(1);
    expect(slope((t) => t.softplus(), -big, dtype)).toBe(0);
    expect(slope((t) => t.log1p(), 1e-45, dtype)).toBe(1);
  });

  it('expm1 keeps the digits of its slope', () => {
    for (const x of [-30, -100, 1e-20, 3])
      expectStated([slope((t) => t.expm1(), x)], [Math.exp(x)], 'float64');
  });

  it('where hides values of the other branch, not their derivative rules', () => {
    const safe = (x: Tensor): Tensor => {
      const positive = x.greater(0);
      return ops.where(positive, ops.where(positive, x, 1).log(), 0);
    };
    expect(slope(safe, 0)).toBe(0);
    expect(slope(safe, 2)).toBe(0.5);
  });
});

describe('logaddexp', () => {
  it.each(floats)('has no overflow and no NaN at infinities, %s', (dtype) => {
    const a = tensor([1000, -1000, 5, -Infinity, -Infinity, Infinity, Infinity, NaN], { dtype });
    const b = tensor([1000, -1000, -Infinity, 5, -Infinity, -Infinity, Infinity, 1], { dtype });
    const expected = [1000 + Math.LN2, -1000 + Math.LN2, 5, 5, -Infinity, Infinity, Infinity, NaN];
    const result = elements(a.logaddexp(b));
    result.forEach((x, i) => {
      if (Number.isFinite(expected[i])) expect(x).toBeCloseTo(expected[i]!, dtype === 'float32' ? 3 : 10);
      else expect(x).toBe(expected[i]);
    });
  });

  it('has the softmax of the operands as derivatives, also at ties and infinities', () => {
    const slopes = (x: number, y: number): number[] =>
      grad((a: Tensor, b: Tensor) => a.logaddexp(b), [0, 1])(
        tensor(x, { dtype: 'float64' }),
        tensor(y, { dtype: 'float64' }),
      ).map((t) => t.item());
    expect(slopes(2, 2)).toEqual([0.5, 0.5]);
    expect(slopes(5, -Infinity)).toEqual([1, 0]);
    expect(slopes(-Infinity, 5)).toEqual([0, 1]);
    const [a, b] = slopes(-Infinity, -Infinity);
    expect(a! + b!).toBe(1);
    expect(slopes(1, 3)[0]).toBeCloseTo(1 / (1 + Math.exp(2)), 14);
    const second = grad(grad((x: Tensor) => x.logaddexp(tensor(2, { dtype: 'float64' }))));
    expect(second(tensor(2, { dtype: 'float64' })).item()).toBeCloseTo(0.25, 14);
  });
});

describe('the others', () => {
  it('isClose follows NumPy', () => {
    const a = tensor([1, 1, Infinity, Infinity, NaN, 1e-9], { dtype: 'float64' });
    const b = tensor([1 + 1e-6, 1.1, Infinity, -Infinity, NaN, 0], { dtype: 'float64' });
    expect(ops.isClose(a, b).toArray()).toEqual([true, false, true, false, false, true]);
    expect(ops.isClose(a, b, { relative: 0.2, absolute: 0 }).toArray()).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it('logical operations take numbers for true unless 0', () => {
    const a = tensor([0, 2, 0, NaN]);
    const b = tensor([0, 0, 3, 0]);
    expect(a.logicalOr(b).toArray()).toEqual([false, true, true, true]);
    expect(a.logicalAnd(b).toArray()).toEqual([false, false, false, false]);
    expect(a.logicalXor(b).toArray()).toEqual([false, true, true, true]);
    expect(a.logicalNot().toArray()).toEqual([true, false, true, false]);
  });

  it('log2 and log10 agree with Math to the last digits', () => {
    const x = tensor([8, 1000, 0.1, 1e-300], { dtype: 'float64' });
    elements(x.log2()).forEach((y, i) => expect(y / Math.log2(x.dataSync()[i]!)).toBeCloseTo(1, 14));
    elements(x.log10()).forEach((y, i) => expect(y / Math.log10(x.dataSync()[i]!)).toBeCloseTo(1, 14));
  });

  it('broadcast in both directions and over empty axes', () => {
    expect(ops.zeros([3, 1, 0]).add(ops.zeros([2, 1])).shape).toEqual([3, 2, 0]);
    expect(
      tensor([[1], [2]])
        .mul([10, 20])
        .toArray(),
    ).toEqual([
      [10, 20],
      [20, 40],
    ]);
  });

  it('give the same bits within jit', () => {
    const f = (x: Tensor): Tensor => x.exp().add(x.pow(3)).div(x.square().add(1)).sigmoid().atan2(x);
    const x = tensor([0.3, -2, 17, 1e-3], { dtype: 'float64' });
    expect(elements(jit(f)(x))).toEqual(elements(f(x)));
    const [value, slope] = valueAndGrad((t: Tensor) => f(t).sum())(x);
    const [compiled, compiledSlope] = jit(valueAndGrad((t: Tensor) => f(t).sum()))(x);
    expect([compiled.item(), elements(compiledSlope)]).toEqual([value.item(), elements(slope)]);
  });

  it('stopGradient keeps the value and stops the derivative', () => {
    const x = tensor(3);
    expect(grad((t: Tensor) => t.mul(t.stopGradient()))(x).item()).toBe(3);
    expect(
      cond(
        true,
        (t: Tensor) => t.stopGradient(),
        (t: Tensor) => t,
        x,
      ).item(),
    ).toBe(3);
  });
});
