import { beforeAll, describe, expect, it } from 'vitest';
import * as trellis from '../src/index.js';
import { TrellisError, random, tensor, zeros } from '../src/index.js';
import type { Tensor } from '../src/index.js';
import { expectError } from './support/errors.js';
import { functions, validCalls } from './support/surface.js';

/** What may stand in any place by mistake. */
const wrongValues: readonly [string, unknown][] = [
  ['null', null],
  ['undefined', undefined],
  ['a string', 'abc'],
  ['an object', { a: 1 }],
  ['an object without prototype', Object.create(null)],
  ['a bigint', 5n],
  ['a symbol', Symbol('s')],
  ['a function', () => 1],
  ['true', true],
  ['NaN', NaN],
  ['-1', -1],
  ['2.5', 2.5],
  ['1e300', 1e300],
  ['Infinity', Infinity],
  ['[]', []],
  ['[NaN]', [NaN]],
  ['[-1]', [-1]],
  ['[1e12]', [1e12]],
  ['[null]', [null]],
  ['a ragged array', [[1], [1, 2]]],
  ['a Map', new Map()],
  ['a Date', new Date(0)],
  ['a promise', Promise.resolve(1)],
  ['a BigInt64Array', new BigInt64Array(3)],
  ['a DataView', new DataView(new ArrayBuffer(8))],
  ['a bool tensor', tensor(true)],
  ['an int32 tensor', tensor([1, 2, 3], { dtype: 'int32' })],
  ['an empty tensor', zeros([0])],
  ['a tensor of five axes', zeros([1, 1, 1, 1, 1])],
];

/** Positions whose value the function hands on without looking at it. */
const handedOn: Readonly<Record<string, readonly number[]>> = {
  'tree.reduce': [2],
  'tree.paths': [1],
  'tree.difference': [2],
};

type Loose = (...args: readonly unknown[]) => unknown;
const call = (name: string): Loose => functions.get(name) as Loose;

/** Options objects are left out by leaving them out; null in their place is not looked for. */
const isOptions = (value: unknown): boolean => Object.getPrototypeOf(value ?? 0) === Object.prototype;

describe.each(Object.entries(validCalls).filter(([name]) => name !== 'registerBackend'))(
  '%s',
  (name, args) => {
    it('refuses with a TrellisError, or makes sense of, whatever stands in the place of an argument', () => {
      const places = args.map((_, i) => i).filter((i) => handedOn[name]?.includes(i) !== true);
      for (const place of places) {
        for (const [label, value] of wrongValues) {
          if (value === null && isOptions(args[place])) continue;
          try {
            let result = call(name)(...args.map((arg, i) => (i === place ? value : arg)));
            // A transform's own arguments are looked at when it is made, or when its function is first called.
            if (typeof result === 'function') result = (result as Loose)(tensor([0.25, -0.5, 0.75]));
            if (result instanceof Promise) result.catch(() => undefined);
          } catch (error) {
            const what = `${name} with ${label} as argument ${place}`;
            expect(error, what).toBeInstanceOf(TrellisError);
            const { code, message } = error as TrellisError;
            expect(code, what).toMatch(/^[A-Z]+$/);
            expect(message.length, what).toBeGreaterThan(20);
          }
        }
      }
    });
  },
);

describe('tensors', () => {
  const takesTensors = Object.entries(validCalls).filter(
    ([name, args]) =>
      // These take shape and dtype, take structures apart, or keep the tensor for later.
      !/^(zerosLike|onesLike|fullLike|closureConvert|tree\..*)$/.test(name) &&
      args.some((arg) => arg instanceof trellis.Tensor),
  );

  it.each(takesTensors)(
    '%s names itself when a string, null or undefined stands for a tensor',
    (name, args) => {
      args.forEach((arg, place) => {
        if (!(arg instanceof trellis.Tensor)) return;
        for (const wrong of ['abc', null, undefined, {}]) {
          if (wrong === undefined && call(name).length <= place) continue;
          // Bounds may be missing; a function's own arguments are the function's business.
          if (name === 'clip' || /^(vjp|linearize|hvp|scan|cond)$/.test(name)) continue;
          let message = 'nothing thrown';
          try {
            call(name)(...args.map((x, i) => (i === place ? wrong : x)));
          } catch (error) {
            message = error instanceof TrellisError ? error.message : String(error);
          }
          const short = name.split('.').at(-1)!;
          expect(message, `${name} ${place}`).toContain(short === 'splitStack' ? 'split' : short);
        }
      });
    },
  );

  // Nothing to do means that the very argument comes back.
  const nothingToDo = ['flatten', 'transpose', 'squeeze'];

  it.each(takesTensors.filter(([name]) => !nothingToDo.includes(name)))(
    '%s refuses a disposed one',
    (name, args) => {
      args.forEach((arg, place) => {
        if (!(arg instanceof trellis.Tensor)) return;
        const gone = arg.add(0).cast(arg.dtype);
        gone.dispose();
        expect(
          () => call(name)(...args.map((x, i) => (i === place ? gone : x))),
          `${name} ${place}`,
        ).toThrowError(expect.objectContaining({ code: 'DISPOSED' }));
      });
    },
  );
});

const x = tensor([1, 2, 3]);
const m = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);
const i = tensor([1, 2], { dtype: 'int32' });
const key = random.key(1);
const image = zeros([1, 1, 4, 4]);
const wrong = (value: unknown): never => value as never;

describe('messages say what was got and what would have been right', () => {
  const cases: readonly [string, () => unknown, string, string][] = [
    ['shapes', () => x.add(zeros([2])), 'SHAPE', 'add: shapes [3] and [2] do not broadcast'],
    ['where', () => trellis.where(x.greater(0), x, zeros([2])), 'SHAPE', 'where: shapes'],
    ['division of ints', () => i.div(i), 'DTYPE', 'write floorDivide(a, b) for whole numbers, or cast'],
    ['division by a whole number', () => i.div(2), 'DTYPE', "a.cast('float32').div(b)"],
    ['bools', () => x.greater(0).add(x.greater(1)), 'DTYPE', 'add: makes no sense on two bools'],
    [
      'bits',
      () => x.bitwiseAnd(1),
      'DTYPE',
      "bitwiseAnd: needs int32 or bool, got float32[3]; cast it first: x.cast('int32')",
    ],
    [
      'rounding bools',
      () => trellis.floor(true),
      'DTYPE',
      'floor: needs float32 or float64 or int32, got bool[]',
    ],
    ['int division by 0', () => i.floorDivide(0), 'ARGUMENT', 'floorDivide: integer division by zero'],
    ['int remainder by 0', () => i.remainder(0), 'ARGUMENT', 'remainder: integer division by zero'],
    ['negative int power', () => i.pow(-1), 'ARGUMENT', 'pow: integer power with the negative exponent -1'],
    [
      'dtype',
      () => x.cast(wrong('float16')),
      'DTYPE',
      "cast: unknown dtype 'float16'; known are float32, float64, int32, bool",
    ],
    ['clip', () => x.clip(null, null), 'ARGUMENT', 'clip: give min, max or both'],
    [
      'polygamma',
      () => trellis.polygamma(-1, x),
      'ARGUMENT',
      'polygamma: order must be a whole number from 0 to 100, got -1',
    ],
    [
      'gelu',
      () => x.gelu({ approximate: wrong('erf') }),
      'ARGUMENT',
      "gelu: approximate must be 'none' or 'tanh', got 'erf'",
    ],
    ['slope', () => x.leakyRelu(NaN), 'ARGUMENT', 'leakyRelu: slope must be a finite number, got NaN'],
    ['alpha', () => x.elu(wrong('1')), 'ARGUMENT', "elu: alpha must be a finite number, got '1'"],
    [
      'tolerance',
      () => trellis.isClose(x, x, { relative: -1 }),
      'ARGUMENT',
      'isClose: relative must be a finite number of at least 0, got -1',
    ],
    ['axis', () => x.softmax(1), 'INDEX', 'softmax: axis 1 is out of range for 1 axes; use -1..0'],
    [
      'axis of a scalar',
      () => tensor(1).logSoftmax(),
      'INDEX',
      'logSoftmax: axis -1 given, but a scalar has no axes',
    ],
    ['axis NaN', () => m.sum(NaN), 'INDEX', 'sum: axis NaN is out of range for 2 axes; use -2..1'],
    ['repeated axis', () => m.sum([0, -2]), 'ARGUMENT', 'sum: axis 0 is given twice'],
    [
      'axis by name',
      () => m.mean(wrong('rows')),
      'ARGUMENT',
      "mean: axis must be a whole number or an array of them, got 'rows'",
    ],
    ['mean of nothing', () => zeros([0, 2]).mean(0), 'SHAPE', 'mean: float32[0,2] has no elements'],
    ['max of nothing', () => zeros([2, 0]).max(1), 'SHAPE', 'ax'],
    ['argmax of nothing', () => zeros([0]).argmax(), 'SHAPE', ''],
    [
      'ddof',
      () => x.std(null, { ddof: -1 }),
      'ARGUMENT',
      'std: ddof must be a finite number of at least 0, got -1',
    ],
    ['item', () => x.item(), 'SHAPE', 'item: needs a tensor with one element, got float32[3]'],
    ['JS number', () => Number(x), 'SHAPE', 'cannot be used as a JS number'],
    [
      'ragged',
      () => tensor([[1, 2], [3]]),
      'SHAPE',
      'tensor: ragged nesting: expected arrays of length 2 at depth 1, got length 1',
    ],
    ['deep', () => tensor(wrong([1, [2]])), 'SHAPE', 'tensor: ragged nesting'],
    [
      'elements',
      () => tensor(wrong([1, 'a'])),
      'ARGUMENT',
      "tensor: elements must be numbers or booleans, got 'a'",
    ],
    ['elements', () => tensor(wrong([1, 5n])), 'ARGUMENT', 'got bigint 5n'],
    [
      'int32',
      () => tensor([1, 2.5], { dtype: 'int32' }),
      'DTYPE',
      'tensor: 2.5 at position 1 is not an int32',
    ],
    [
      'int32 range',
      () => tensor([2 ** 31], { dtype: 'int32' }),
      'DTYPE',
      'tensor: 2147483648 at position 0 is not an int32',
    ],
    [
      'int32 NaN',
      () => tensor(NaN, { dtype: 'int32' }),
      'DTYPE',
      'tensor: NaN at position 0 is not an int32',
    ],
    [
      'shape',
      () => tensor([1, 2, 3], { shape: [2] }),
      'SHAPE',
      'tensor: 3 elements do not fill shape [2] of 2',
    ],
    ['typed array', () => tensor(wrong(new Int16Array(2))), 'DTYPE', 'no dtype stores a Int16Array'],
    [
      'size',
      () => zeros([2, -1]),
      'ARGUMENT',
      'shape [2,-1] has the size -1; sizes are integers of at least 0',
    ],
    ['size', () => zeros([NaN]), 'ARGUMENT', 'shape [NaN] has the size NaN'],
    ['size', () => zeros(wrong(3)), 'ARGUMENT', 'shape must be an array of sizes, got 3'],
    ['too large', () => zeros([1e9, 1e9]), 'BACKEND', 'more than the JS engine can give'],
    ['full', () => trellis.full([2], 0.5, { dtype: 'int32' }), 'DTYPE', 'full: 0.5 is not an int32'],
    ['like', () => trellis.fullLike(i, 0.5), 'DTYPE', 'fullLike: 0.5 is not an int32'],
    [
      'like',
      () => trellis.zerosLike(wrong(null)),
      'ARGUMENT',
      'zerosLike: needs a tensor whose shape and dtype to take, got null',
    ],
    ['eye', () => trellis.eye(-1), 'ARGUMENT', 'eye: shape [-1,-1] has the size -1'],
    [
      'eye',
      () => trellis.eye(2, 2, { offset: NaN }),
      'ARGUMENT',
      'eye: offset must be a whole number, got NaN',
    ],
    [
      'arange',
      () => trellis.arange(0, 1, 0),
      'ARGUMENT',
      'arange: needs finite numbers and a step other than 0, got 0, 1, 0',
    ],
    [
      'arange',
      () => trellis.arange(0, 1, 0.25, { dtype: 'int32' }),
      'DTYPE',
      'choose dtype float32 or float64',
    ],
    ['arange', () => trellis.arange(2 ** 31, 2 ** 31 + 2), 'DTYPE', 'arange: from 2147483648'],
    [
      'linspace',
      () => trellis.linspace(0, 1, -1),
      'ARGUMENT',
      'linspace: count must be a whole number of at least 0, got -1',
    ],
    ['linspace', () => trellis.linspace(-1e308, 1e308), 'ARGUMENT', 'a finite distance apart'],
    ['reshape', () => x.reshape([2, -1]), 'SHAPE', 'float32[3] has 3 elements'],
    [
      'tile',
      () => x.tile(wrong(null)),
      'ARGUMENT',
      'tile: repetitions must be a whole number or an array of them, got null',
    ],
    ['pool', () => image.maxPool2d(5), 'SHAPE', 'maxPool2d'],
    ['pool', () => image.avgPool2d(0), 'ARGUMENT', 'avgPool2d: window must be a whole number of at least 1'],
    ['conv', () => trellis.conv2d(image, zeros([1, 2, 2, 2])), 'SHAPE', 'conv2d'],
    ['conv', () => trellis.conv2d(image, zeros([1, 1, 2, 2]), { stride: 0 }), 'ARGUMENT', 'conv2d: stride'],
    [
      'matmul',
      () => zeros([32, 784]).matmul(zeros([10, 784])),
      'SHAPE',
      'matmul: inner sizes differ: [32,784] x [10,784]; did you mean b.T?',
    ],
    ['einsum', () => trellis.einsum('ij,jk', m, m), 'SHAPE', 'einsum'],
    [
      'key',
      () => random.normal(wrong(7), [2]),
      'ARGUMENT',
      'the first argument must be a key, got the number 7; make one with random.key(seed)',
    ],
    ['seed', () => random.key(-1), 'ARGUMENT', 'random.key: the seed must be a whole number from 0'],
    [
      'dtype',
      () => random.normal(key, [2], { dtype: 'int32' }),
      'DTYPE',
      'dtype must be float32 or float64, got int32',
    ],
    ['gather', () => x.gather([5]), 'INDEX', '5'],
    ['gather', () => x.gather(tensor([0.5])), 'DTYPE', 'gather: indices must be int32'],
    ['gather', () => x.gather([0.5]), 'DTYPE', 'gather: 0.5 at position 0 is not an int32'],
    ['slice', () => x.slice([0], [9]), 'INDEX', 'does not lie within axis 0'],
    ['topK', () => x.topK(4), 'ARGUMENT', 'topK: k is 4, but axis 0 of float32[3] has only 3 elements'],
    ['function', () => trellis.grad(wrong('loss')), 'ARGUMENT', "grad: needs a function, got 'loss'"],
    ['function', () => trellis.jit(wrong(null)), 'ARGUMENT', 'jit: needs a function, got null'],
    ['function', () => trellis.vmap(wrong(undefined)), 'ARGUMENT', 'vmap: needs a function, got undefined'],
    ['function', () => trellis.scope(wrong(1)), 'ARGUMENT', 'scope: needs a function, got 1'],
    [
      'argnums',
      () => trellis.grad((t: Tensor) => t.sum(), wrong('0')),
      'ARGUMENT',
      "grad: argnums must be a whole number or an array of them, got '0'",
    ],
    [
      'jvp',
      () => trellis.jvp((t: Tensor) => t, wrong(x), wrong(x)),
      'ARGUMENT',
      'jvp: primals and tangents are arrays with one entry per argument, got float32[3]',
    ],
    [
      'hasAux',
      () => trellis.valueAndGrad((_t: Tensor) => wrong(undefined), { hasAux: true })(x),
      'TREE',
      'valueAndGrad: with hasAux the function must return [loss, aux]',
    ],
    [
      'inAxes',
      () => trellis.vmap((t: Tensor) => t, { inAxes: wrong('rows') })(x),
      'ARGUMENT',
      "vmap: inAxes: a tensor needs one axis or null, got 'rows'",
    ],
    ['scan', () => trellis.scan(wrong(5), x, x), 'ARGUMENT', 'scan: needs a function, got 5'],
    [
      'profile',
      () => trellis.profile(wrong(async () => Promise.resolve(1))),
      'PROFILE',
      'profile: the function is asynchronous',
    ],
    [
      'scope',
      () => trellis.scope(async () => Promise.reject(new Error('x'))),
      'SCOPE',
      'scope: the function is asynchronous',
    ],
    ['dtypes', () => trellis.promote('float32', wrong('half')), 'DTYPE', "promote: unknown dtype 'half'"],
    ['dtypes', () => trellis.bytesPerElement(wrong(null)), 'DTYPE', 'bytesPerElement: unknown dtype null'],
  ];
  it.each(cases)('%s: %s', (_label, run, code, text) => {
    expectError(run, code, text);
  });
});

describe('nothing is left behind', () => {
  beforeAll(() =>
    expectError(() => x.add('y' as never), 'ARGUMENT', "add: needs a tensor or a number, got 'y'"),
  );

  it('by a refused call inside a transform', () => {
    expect(() => trellis.grad((t: Tensor) => t.add(zeros([2])).sum())(x)).toThrowError(/do not broadcast/);
    expect(() => trellis.jit((t: Tensor) => t.add(zeros([2])))(x)).toThrowError(/do not broadcast/);
    expect(x.add(1).toArray()).toEqual([2, 3, 4]);
    expect(
      trellis
        .grad((t: Tensor) => t.square().sum())(x)
        .toArray(),
    ).toEqual([2, 4, 6]);
  });

  it('by an error within a compiled program', () => {
    const pick = trellis.jit((t: Tensor, at: Tensor) => t.gather(at));
    expect(() => pick(x, tensor([7], { dtype: 'int32' }))).toThrowError(
      expect.objectContaining({ code: 'INDEX' }),
    );
    expect(pick(x, tensor([2], { dtype: 'int32' })).toArray()).toEqual([3]);
  });
});
