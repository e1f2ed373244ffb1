import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { profile, random, registerBackend, tensor, useBackend } from '../../src/index.js';
import type { Tensor } from '../../src/index.js';
import { createReferenceBackend } from '../../src/backends/reference/index.js';
import { allocate } from '../../src/dtype.js';
import type { DType } from '../../src/dtype.js';
import type { BinaryName, PrimitiveName, UnaryName } from '../../src/primitives/parameters.js';
import { primitives } from '../../src/primitives/index.js';
import { TrellisError } from '../../src/errors.js';
import { bind } from '../../src/trace.js';
import { startTfjs } from './support.js';

/* Where engines differ from the records if they differ at all: NaN, infinities, zeros, overflow, ties, long sums. */

const floats = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 1e-4, -1e-4, 1e-20, 88, -88, 200, -200, 3e38]; // prettier-ignore
const integers = [0, 1, -1, 2, -2, 7, 46341, -46341, 123456789, 2 ** 31 - 1, -(2 ** 31)];
const values: Record<string, readonly number[]> = { float32: floats, int32: integers, bool: [0, 1] };

const unaryNames = 'neg abs sign exp expm1 log log1p sqrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh sigmoid softplus erf erfc erfinv lgamma floor ceil round trunc isNaN isFinite not'.split(' ') as UnaryName[]; // prettier-ignore
const binaryNames = 'add sub mul div floorDivide remainder pow atan2 maximum minimum equal notEqual less lessEqual greater greaterEqual and or xor shiftLeft shiftRight'.split(' ') as BinaryName[]; // prettier-ignore

/** Everything computed on one backend, as plain numbers; what is refused says so. */
type Results = Map<string, ArrayLike<number> | string>;

function attempt(into: Results, key: string, compute: () => Tensor): void {
  try {
    into.set(key, compute().dataSync());
  } catch (error) {
    if (!(error instanceof TrellisError)) throw error;
    into.set(key, `${error.code}: ${error.message}`);
  }
}

const of = (dtype: DType, list: readonly number[], shape: readonly number[] = [list.length]): Tensor => {
  const data = allocate(dtype, list.length);
  data.set(list);
  return tensor(data, { shape });
};

const apply = (name: PrimitiveName, inputs: readonly Tensor[], params: unknown = {}): Tensor =>
  bind(name, inputs, params as never)[0]!;

const text = (found: ArrayLike<number> | string): string =>
  typeof found === 'string' ? found : Array.from(found).join();

function everything(): Results {
  const results: Results = new Map();
  for (const dtype of ['float32', 'int32', 'bool'] as const) {
    const list = values[dtype]!;
    const n = list.length;
    for (const name of unaryNames) attempt(results, `${name} ${dtype}`, () => apply(name, [of(dtype, list)]));
    for (const name of binaryNames) {
      // Every pair, and for operations that refuse some (division by zero, negative powers) the others too.
      attempt(results, `${name} ${dtype}`, () =>
        apply(name, [of(dtype, list, [n, 1]), of(dtype, list, [1, n])]),
      );
      const positive = list.filter((x) => x > 0 && x < 40);
      attempt(results, `${name} ${dtype} by positive ones`, () =>
        apply(name, [of(dtype, list, [n, 1]), of(dtype, positive)]),
      );
    }
    for (const to of ['float32', 'int32', 'bool'] as const)
      attempt(results, `cast ${dtype} to ${to}`, () =>
        apply('cast', [of(dtype, to === 'int32' ? list.filter((x) => Math.abs(x) < 2 ** 31) : list)], {
          dtype: to,
        }),
      );
    attempt(results, `where ${dtype}`, () =>
      apply('where', [of('bool', [1, 0], [2, 1]), of(dtype, list), of(dtype, [list[0]!], [])]),
    );
    const rows = of(dtype, [...list, ...[...list].reverse()], [2, n]);
    const finite = of(dtype, list.filter(Number.isFinite), [1, list.filter(Number.isFinite).length]);
    for (const [what, x] of [
      ['rows', rows],
      ['finite ones', finite],
    ] as const)
      // prettier-ignore
      for (const axis of [0, 1]) {
        for (const name of ['sum', 'prod', 'reduceMax', 'reduceMin'] as const)
          attempt(results, `${name} ${dtype} of ${what} along ${axis}`, () => apply(name, [x], { axes: [axis] }));
        for (const name of ['argMax', 'argMin'] as const)
          attempt(results, `${name} ${dtype} of ${what} along ${axis}`, () => apply(name, [x], { axis }));
        for (const flag of [false, true]) {
          attempt(results, `cumsum ${dtype} of ${what} along ${axis}, ${flag}`, () =>
            apply('cumsum', [x], { axis, reverse: flag }),
          );
          attempt(results, `argsort ${dtype} of ${what} along ${axis}, ${flag}`, () =>
            apply('argsort', [x], { axis, descending: flag }),
          );
        }
      }
    attempt(results, `ties ${dtype}`, () => apply('argMax', [of(dtype, [0, 1, 1, 0, 1])], { axis: 0 }));
    attempt(results, `matmul ${dtype}`, () =>
      apply('matmul', [of(dtype, list.slice(-4), [1, 2, 2]), of(dtype, list.slice(-4), [1, 2, 2])], {
        transposeA: false,
        transposeB: true,
      }),
    );
    attempt(
      results,
      `pad ${dtype}`,
      () =>
      apply('pad', [of(dtype, list)], { low: [-1], high: [2], interior: [2], value: dtype === 'float32' ? NaN : 1 }), // prettier-ignore
    );
    attempt(results, `empty ${dtype}`, () => apply('sum', [of(dtype, [], [2, 0])], { axes: [1] }));
    attempt(results, `empty concat ${dtype}`, () =>
      apply('concat', [of(dtype, [], [0]), of(dtype, list)], { axis: 0 }),
    );
    // Kernels of tfjs go to six axes, some of them silently.
    const deep = of(dtype, [...list, ...list, ...list, ...list].slice(0, 8), [1, 2, 1, 1, 2, 1, 2]);
    attempt(results, `deep transpose ${dtype}`, () =>
      apply('transpose', [deep], { permutation: [6, 4, 2, 0, 1, 3, 5] }),
    );
    attempt(results, `deep broadcast ${dtype}`, () =>
      apply('broadcastTo', [deep], { shape: [2, 2, 2, 1, 2, 2, 2] }),
    );
    attempt(results, `deep maximum ${dtype}`, () =>
      apply('maximum', [deep, of(dtype, list.slice(0, 2), [2, 1, 1, 1, 1, 1, 1])]),
    );
    attempt(results, `deep sum ${dtype}`, () => apply('sum', [deep], { axes: [1, 6] }));
    attempt(results, `deep pad ${dtype}`, () =>
      apply('pad', [deep], {
        low: [0, 1, 0, 0, 1, 0, 0],
        high: [0, 0, 0, 0, 0, 0, 1],
        interior: [0, 0, 0, 0, 0, 0, 1],
        value: 1,
      }),
    );
  }
  const table = () => of('float32', [1, 2, 3, 4, 5, 6], [1, 3, 2]);
  for (const list of [
    [0, -1, 2],
    [3, 0, 0],
    [0, -4, 0],
  ])
    // prettier-ignore
    attempt(results, `gather ${list.join()}`, () => apply('gather', [table(), of('int32', list, [1, 3])]));
  for (const start of [-5, 1, 99])
    attempt(results, `dynamicSlice ${start}`, () =>
      apply('dynamicSlice', [of('int32', integers), of('int32', [start], [])], { sizes: [4] }),
    );
  const long = Array.from({ length: 100_003 }, (_, i) => Math.fround(0.1 + (i % 7) * 1e-3));
  attempt(results, 'a long sum', () => apply('sum', [of('float32', long)], { axes: [0] }));
  attempt(results, 'long sums of columns', () =>
    apply('sum', [of('float32', long.slice(0, 60_000), [20_000, 3])], { axes: [0] }),
  );
  attempt(results, 'random bits', () => apply('randomBits', [random.key(7)], { size: 100 }));
  attempt(results, 'a stream of random numbers', () => random.uniform(random.key(3), [50]));
  return results;
}

let expected: Results;

beforeAll(async () => {
  registerBackend('reference', createReferenceBackend);
  await useBackend('reference');
  expected = everything();
});

describe.each(['cpu', 'wasm'] as const)('numbers on the %s engine', (engine) => {
  beforeAll(async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    await startTfjs(engine);
  });
  afterAll(async () => {
    vi.restoreAllMocks();
    await useBackend('cpu');
  });

  it('are those of the records at the edges', () => {
    const wrong: string[] = [];
    for (const [key, found] of everything()) {
      const right = expected.get(key)!;
      if (typeof found === 'string' || typeof right === 'string') {
        if (found !== right) wrong.push(`${key}: ${text(found)} instead of ${text(right)}`);
        continue;
      }
      for (let i = 0; i < right.length; i++) {
        const [a, b] = [found[i]!, right[i]!];
        // Both zeros are equal; denormal results may be flushed.
        if (a === b || (a !== a && b !== b)) continue;
        if (!(Math.abs(a - b) <= 3e-6 * Math.abs(b) + 1e-37))
          wrong.push(`${key}: element ${i} is ${a} instead of ${b}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('of random generators have the same bits', () => {
    for (const key of ['random bits', 'a stream of random numbers'])
      expect(everything().get(key)).toEqual(expected.get(key));
  });

  it('are counted under their primitive, marked where the host computed them', () => {
    const x = of('float32', floats);
    const names = profile(() => [x.exp(), x.erfinv(), x.mul(2)]).kernels.map(({ kernel }) => kernel);
    expect(names).toEqual(expect.arrayContaining(['exp', 'mul', 'erfinv (host)']));
    expect(Object.keys(primitives)).toEqual(expect.arrayContaining(['exp', 'mul', 'erfinv']));
  });
});
