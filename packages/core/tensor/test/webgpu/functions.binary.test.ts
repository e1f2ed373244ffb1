import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Stream } from '../../src/backends/webgpu/stream.js';
import { startStream } from './device.js';
import { byReference, onDevice, ulps, worst } from './elements.js';
import type { ElementProblem } from './elements.js';
import { deviceIsMissing } from './swiftShader.js';

describe.skipIf(await deviceIsMissing())('functions of two numbers on WebGPU', () => {
  let stream: Stream;
  beforeAll(async () => {
    stream = await startStream();
  });
  afterAll(() => {
    stream.destroy();
  });

  const special = [
  0, -0, Infinity, -Infinity, NaN, 1, -1, 2, -2, 0.5, -0.5, 3, -3, 1.5, 2 ** -126, -(2 ** -126), 3.4028234663852886e38,
  -3.4028234663852886e38, 2 ** 24, 2 ** 24 + 2, -(2 ** 24), 2 ** 23 + 1, 1e-20, -1e20, 0.1, 7, -7,
]; // prettier-ignore

  /** Numbers between 0 and 1 that look random. */
  const uniform = (i: number): number => (Math.imul(i + 1, 0x9e3779b1) >>> 0) / 2 ** 32;

  /** All pairs of special numbers, then pairs of random ones. */
  function pairs(first: (u: number) => number, second: (u: number) => number, count = 6000): Float32Array[] {
    const random = Array.from({ length: count }, (_, i) => [
      first(uniform(2 * i)),
      second(uniform(2 * i + 1)),
    ]);
    const all = [...special.flatMap((a) => special.map((b) => [a, b])), ...random];
    return [0, 1].map((k) => Float32Array.from(all, (pair) => pair[k]!));
  }
  const anywhere = (u: number): number => (u < 0.5 ? -1 : 1) * 2 ** (((u * 2) % 1) * 250 - 125);
  const near = (u: number): number => (u - 0.5) * 40;

  async function error(problem: ElementProblem): Promise<number> {
    const y = await onDevice(stream, problem);
    return worst(problem, y, ulps(y, byReference(problem)));
  }

  it.each([
    ['div', 0.6],
    ['pow', 1],
    ['atan2', 1.8],
    ['add', 0.51],
    ['sub', 0.51],
    ['mul', 0.51],
  ] as const)('%s is within %f ulp', async (primitive, bound) => {
    expect(await error({ primitive, operands: pairs(anywhere, anywhere) })).toBeLessThan(bound);
    expect(await error({ primitive, operands: pairs(near, near) })).toBeLessThan(bound);
  });

  it('pow keeps its digits for large results and bases next to 1', async () => {
    const [base, exponent] = pairs((u) => u * 4, (u) => (u - 0.5) * 256); // prettier-ignore
    expect(await error({ primitive: 'pow', operands: [base!, exponent!] })).toBeLessThan(1);
    const operands = pairs((u) => 1 + (u - 0.5) * 1e-3, (u) => (u - 0.5) * 1e5); // prettier-ignore
    expect(await error({ primitive: 'pow', operands })).toBeLessThan(1);
  });

  it('pow of whole numbers is exact where the result has no more digits', async () => {
    const [base, exponent] = [0, 1].map((k) =>
      Float32Array.from(Array.from({ length: 8192 }, (_, i) => (k === 0 ? Math.floor(i / 8) - 512 : i % 8))),
    );
    const problem = { primitive: 'pow', operands: [base!, exponent!] } as const;
    const y = await onDevice(stream, problem);
    byReference(problem).forEach((exact, i) => {
      if (Math.fround(exact) === exact) expect(y[i]).toBe(exact);
    });
  });

  it.each(['remainder', 'maximum', 'minimum'] as const)('%s is exact', async (primitive) => {
    for (const operands of [pairs(anywhere, anywhere), pairs(near, near), pairs((u) => near(u) * 1e6, near)])
      expect(await error({ primitive, operands })).toBeLessThan(0.51);
  });

  it('floorDivide has the floor of the exact quotient', async () => {
    for (const operands of [pairs(near, near), pairs((u) => near(u) * 1e4, near)])
      expect(await error({ primitive: 'floorDivide', operands })).toBe(0);
    const whole = pairs((u) => Math.round(near(u) * 5), (u) => Math.round(near(u) / 4)); // prettier-ignore
    expect(await error({ primitive: 'floorDivide', operands: whole })).toBe(0);
    expect(await error({ primitive: 'floorDivide', operands: pairs(anywhere, anywhere) })).toBeLessThan(1.01);
  });

  it.each(['equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual'] as const)(
    '%s compares floats, also with NaN',
    async (primitive) => {
      const operands = pairs((u) => Math.round(u * 4), (u) => Math.round(u * 4)); // prettier-ignore
      expect(await onDevice(stream, { primitive, operands })).toEqual(byReference({ primitive, operands }));
    },
  );

  it.each(['neg', 'abs', 'sign', 'floor', 'ceil', 'round', 'trunc', 'isNaN', 'isFinite'] as const)(
    '%s of a float is exact',
    async (primitive) => {
      for (const [x] of [pairs(anywhere, anywhere), pairs((u) => Math.round(u * 100 - 50) / 4, near)]) {
        const y = await onDevice(stream, { primitive, operands: [x!] });
        const exact = byReference({ primitive, operands: [x!] });
        expect(Array.from(y)).toEqual(Array.from(exact));
      }
    },
  );
});
