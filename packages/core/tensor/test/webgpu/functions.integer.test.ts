import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Stream } from '../../src/backends/webgpu/stream.js';
import { elementRules } from '../../src/backends/webgpu/functions/index.js';
import { elementwisePrimitives } from '../../src/primitives/elementwise.js';
import { startStream } from './device.js';
import { byReference, codeOf, onDevice } from './elements.js';
import type { ElementProblem } from './elements.js';
import { deviceIsMissing } from './swiftShader.js';

describe.skipIf(await deviceIsMissing())('integers, bools and casts on WebGPU', () => {
  let stream: Stream;
  beforeAll(async () => {
    stream = await startStream();
  });
  afterAll(() => {
    stream.destroy();
  });

  const lowest = -(2 ** 31);
  const special = [
    0,
    1,
    -1,
    2,
    -2,
    3,
    7,
    -7,
    31,
    32,
    33,
    -32,
    100,
    46341,
    65536,
    -65536,
    2 ** 31 - 1,
    lowest,
    lowest + 1,
  ];
  const random = Array.from({ length: 500 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >> (i % 31));
  const first = [...special.flatMap((a) => special.map(() => a)), ...random];
  const second = [...special.flatMap(() => special), ...random.map((_, i) => random[(i * 7 + 3) % 500]!)];
  const a = Int32Array.from(first);
  const b = Int32Array.from(second);
  const bools = [Uint8Array.of(0, 0, 1, 1), Uint8Array.of(0, 1, 0, 1)];

  async function expectEqual(problem: ElementProblem): Promise<void> {
    const result = await onDevice(stream, problem);
    expect(Array.from(result)).toEqual(Array.from(byReference(problem)));
  }

  it('every elementwise primitive has a rule', () => {
    expect(Object.keys(elementRules).sort()).toEqual(Object.keys(elementwisePrimitives).sort());
  });

  it('float64 is left to the host', () => {
    expect(codeOf({ primitive: 'exp' }, ['float64'])).toBeUndefined();
    expect(codeOf({ primitive: 'add' }, ['float64', 'float64'])).toBeUndefined();
    expect(codeOf({ primitive: 'where' }, ['bool', 'float64', 'float64'])).toBeUndefined();
    expect(codeOf({ primitive: 'polygamma', params: { order: 1 } }, ['float64'])).toBeUndefined();
    expect(codeOf({ primitive: 'cast', params: { dtype: 'float64' } }, ['int32'])).toBeUndefined();
    expect(codeOf({ primitive: 'cast', params: { dtype: 'int32' } }, ['float64'])).toBeUndefined();
  });

  describe('int32', () => {
    it.each(['neg', 'abs', 'sign', 'not', 'isNaN', 'isFinite'] as const)('%s', async (primitive) => {
      await expectEqual({ primitive, operands: [a] });
    });

    it.each([
    'add', 'sub', 'mul', 'maximum', 'minimum', 'equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual',
    'and', 'or', 'xor', 'shiftLeft', 'shiftRight',
  ] as const)('%s', async (primitive) => {
    await expectEqual({ primitive, operands: [a, b] });
  }); // prettier-ignore

    it.each(['floorDivide', 'remainder'] as const)('%s, and its error', async (primitive) => {
      const divisor = b.map((x) => (x === 0 ? 5 : x));
      await expectEqual({ primitive, operands: [a, divisor] });
      await expectEqualError({ primitive, operands: [Int32Array.of(1, 2), Int32Array.of(3, 0)] });
    });

    it('pow, and its error', async () => {
      await expectEqual({ primitive: 'pow', operands: [a, b.map((x) => x & 0x7fffffff)] });
      await expectEqualError({ primitive: 'pow', operands: [Int32Array.of(1, 2), Int32Array.of(3, -4)] });
    });
  });

  async function expectEqualError(problem: ElementProblem): Promise<void> {
    let expected: unknown;
    try {
      byReference(problem);
    } catch (error) {
      expected = error;
    }
    const actual: unknown = await onDevice(stream, problem).catch((error: unknown) => error);
    expect(actual).toBeInstanceOf(Error);
    expect(actual).toEqual(expected);
  }

  it.each(['and', 'or', 'xor', 'equal', 'notEqual'] as const)('%s of bools', async (primitive) => {
    await expectEqual({ primitive, operands: bools });
  });

  it('not of bools', async () => {
    await expectEqual({ primitive: 'not', operands: [bools[0]!] });
  });

  it('where, of each dtype', async () => {
    const condition = Uint8Array.of(0, 1, 1, 0);
    for (const [yes, no] of [
      [Float32Array.of(1, NaN, -0, Infinity), Float32Array.of(NaN, 2, 3, -Infinity)],
      [Int32Array.of(1, 2, 3, 4), Int32Array.of(-1, -2, -3, -4)],
      bools,
    ] as const)
      await expectEqual({ primitive: 'where', operands: [condition, yes, no] });
  });

  describe('cast', () => {
    const floats = Float32Array.of(
    0, -0, 0.9, -0.9, 1.5, -1.5, 1e9, -1e9, 2147483520, -(2 ** 31), 2 ** 31, 3e9, -3e9, 2 ** 33 + 2 ** 12, 1e20, -1e12,
    2 ** 54, 2 ** 55, NaN, Infinity, -Infinity, 1e-30, 16777217,
  ); // prettier-ignore
    const sources = { float32: floats, int32: a, bool: bools[1]! };
    it.each(['float32', 'int32', 'bool'] as const)('from each dtype to %s', async (dtype) => {
      for (const source of Object.values(sources)) {
        const problem = { primitive: 'cast', operands: [source], params: { dtype } } as const;
        const result = await onDevice(stream, problem);
        expect(Array.from(result)).toEqual(
          Array.from(byReference(problem), (x) => (dtype === 'float32' ? Math.fround(x) : x)),
        );
      }
    });
  });
});
