import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Stream } from '../../src/backends/webgpu/stream.js';
import { startStream } from './device.js';
import { byReference, onDevice, ulpAt, ulps, worst } from './elements.js';
import { deviceIsMissing } from './swiftShader.js';

describe.skipIf(await deviceIsMissing())('functions of one number on WebGPU', () => {
  let stream: Stream;
  beforeAll(async () => {
    stream = await startStream();
  });
  afterAll(() => {
    stream.destroy();
  });

  /** Floats of all exponents and signs, and the ends. */
  const everywhere = new Float32Array(6000);
  new Int32Array(everywhere.buffer).forEach((_, i, bits) => {
    const word = Math.imul(i, 0x9e3779b1) ^ (i << 3);
    bits[i] = (word & 0x7f800000) === 0 ? word | 0x3f800000 : word; // devices may take subnormal numbers as 0
  });
  const special = [
  0, -0, Infinity, -Infinity, NaN, 1, -1, 2 ** -126, -(2 ** -126), 3.4028234663852886e38,
  -3.4028234663852886e38, 0.5, -0.5, 1.5, 2.5, -1.5, 88.72283, 88.72284, 89, -87.4, -103.97, -104, 8, 16, 17, -17,
  65536, 1e5, 1e10, 16367173, 2, 3, -2, -3,
]; // prettier-ignore
  const between = (low: number, high: number, count = 3000): number[] =>
    Array.from({ length: count }, (_, i) => low + ((high - low) * (i + 0.37)) / count);

  const points = (...ranges: [number, number][]): Float32Array =>
    Float32Array.from([...special, ...everywhere, ...ranges.flatMap(([low, high]) => between(low, high))]);

  it.each([
    ['exp', 1, points([-104, 89], [-1, 1])],
    ['expm1', 2.3, points([-20, 89], [-1, 1])],
    ['sigmoid', 2.7, points([-104, 20], [-2, 2])],
    ['log', 1.1, points([0.5, 2], [0, 100])],
    ['log1p', 1.7, points([-1, 1], [-0.1, 0.1], [0, 100])],
    ['softplus', 2.2, points([-104, 20], [-2, 2])],
    ['sqrt', 0.6, points([0.25, 4])],
    ['sin', 2.8, points([-10, 10], [0, 1e5])],
    ['cos', 2.8, points([-10, 10], [0, 1e5])],
    ['tan', 4.2, points([-10, 10], [0, 1e5])],
    ['asin', 2.8, points([-1, 1])],
    ['acos', 1.6, points([-1, 1])],
    ['atan', 1.6, points([-4, 4])],
    ['sinh', 2, points([-90, 90], [-2, 2])],
    ['cosh', 1.5, points([-90, 90], [-2, 2])],
    ['tanh', 1.7, points([-10, 10], [-1, 1])],
    ['asinh', 2.2, points([-4, 4], [0, 20000])],
    ['acosh', 2.7, points([1, 1.1], [1, 20], [0, 20000])],
    ['atanh', 2.6, points([-1, 1])],
    ['erf', 1.8, points([-4, 4], [-1, 1])],
    ['erfc', 4.3, points([-4, 11], [-1, 1])],
    ['erfinv', 3.3, points([-1, 1], [0.99, 1])],
    ['lgamma', 3.5, points([0, 3], [3, 20]).filter((x) => !(x < 0))],
  ] as const)('%s is within %f ulp', async (primitive, bound, x) => {
    const problem = { primitive, operands: [x] };
    const y = await onDevice(stream, problem);
    expect(worst(problem, y, ulps(y, byReference(problem)))).toBeLessThan(bound);
  });

  it('lgamma below 0 is within 7 ulp of the terms', async () => {
    const x = Float32Array.from([...special.filter((each) => each < 0), ...between(-0.5, 0), ...between(-8, 0), ...between(-80, 0)]); // prettier-ignore
    const problem = { primitive: 'lgamma', operands: [x] } as const;
    const y = await onDevice(stream, problem);
    // Next to its zeros two terms cancel, one of which is log Γ(1 - x).
    const other = byReference({ primitive: 'lgamma', operands: [x.map((each) => 1 - each)] });
    const errors = ulps(y, byReference(problem), (i, exact) => Math.max(ulpAt(exact), ulpAt(other[i]!)));
    expect(worst(problem, y, errors)).toBeLessThan(7);
  });

  it('logarithms of subnormal numbers', async () => {
    const x = Float32Array.from([2 ** -149, 3 * 2 ** -149, 2 ** -130, 2 ** -127, 2 ** -126 - 2 ** -149]);
    const problem = { primitive: 'log', operands: [x] } as const;
    const y = await onDevice(stream, problem);
    expect(worst(problem, y, ulps(y, byReference(problem)))).toBeLessThan(1);
  });
});
