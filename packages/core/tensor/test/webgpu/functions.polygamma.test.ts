import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Stream } from '../../src/backends/webgpu/stream.js';
import { startStream } from './device.js';
import { byReference, codeOf, onDevice, ulpAt, ulps, worst } from './elements.js';
import { deviceIsMissing } from './swiftShader.js';

describe.skipIf(await deviceIsMissing())('polygamma on WebGPU', () => {
  let stream: Stream;
  beforeAll(async () => {
    stream = await startStream();
  });
  afterAll(() => {
    stream.destroy();
  });

  const special = [0, -0, 1, 2, -1, -2, -20, 8, 0.5, -0.5, 1.4616321, 1.4616323, 1e-3, 1e-20, 1e10, 1e30, Infinity, -Infinity, NaN, 10, 9.99]; // prettier-ignore
  const between = (low: number, high: number): number[] =>
    Array.from({ length: 2000 }, (_, i) => low + ((high - low) * (i + 0.37)) / 2000);
  const positive = Float32Array.from([...special, ...between(0, 4), ...between(0, 100)]);
  const negative = Float32Array.from([...between(-0.5, 0), ...between(-8, 0)]);

  it.each([
    [0, 5, 8],
    [1, 5, 10],
    [2, 6, 12],
    [3, 7, 15],
    [5, 9, 20],
    [10, 16, 40],
    [20, 30, 80],
  ])(
    'polygamma of order %i is within %f ulp, and %f ulp of the terms below 0',
    async (order, bound, mirroredBound) => {
      const problem = { primitive: 'polygamma', operands: [positive], params: { order } } as const;
      expect(worst(problem, ...(await errors(problem)))).toBeLessThan(bound);

      const mirrored = { ...problem, operands: [negative] };
      // Two terms may cancel: the error is counted in units of the larger one, of which ψ(1 - x) is one
      // (which may be next to its zero, itself).
      const other = byReference({ ...problem, operands: [negative.map((x) => 1 - x)] });
      const ulp = (i: number, y: number): number =>
        Math.max(ulpAt(y), ulpAt(other[i]!), order === 0 ? ulpAt(1) : 0);
      expect(worst(mirrored, ...(await errors(mirrored, ulp)))).toBeLessThan(mirroredBound);
    },
  );

  async function errors(
    problem: Parameters<typeof onDevice>[1],
    ulp?: Parameters<typeof ulps>[2],
  ): Promise<[Awaited<ReturnType<typeof onDevice>>, Float64Array]> {
    const y = await onDevice(stream, problem);
    return [y, ulps(y, byReference(problem), ulp)];
  }

  it('leaves orders to the host whose factors are too large for float32', () => {
    expect(codeOf({ primitive: 'polygamma', params: { order: 22 } }, ['float32'])).toBeDefined();
    expect(codeOf({ primitive: 'polygamma', params: { order: 40 } }, ['float32'])).toBeUndefined();
  });
});
