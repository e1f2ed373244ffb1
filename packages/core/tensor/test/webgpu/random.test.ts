import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Kernel, Rule } from '../../src/backends/webgpu/kernel.js';
import { randomRules } from '../../src/backends/webgpu/kernels/random.js';
import type { Stream } from '../../src/backends/webgpu/stream.js';
import { allocate } from '../../src/dtype.js';
import type { TypedArray } from '../../src/dtype.js';
import type { PrimitiveParameters } from '../../src/primitives/parameters.js';
import { lookupPrimitive } from '../../src/primitives/primitive.js';
import type { HostArray } from '../../src/primitives/primitive.js';
import type { Aval } from '../../src/shape.js';
import { sizeOf } from '../../src/shape.js';
import { runKernel, startStream } from './device.js';
import '../../src/index.js';
import { deviceIsMissing } from './swiftShader.js';

describe.skipIf(await deviceIsMissing())('random numbers on WebGPU', () => {
  let stream: Stream;
  let narrow: Stream;
  beforeAll(async () => {
    stream = await startStream();
    narrow = await startStream({ bindingBytes: 4096 });
  });
  afterAll(() => {
    stream.destroy();
    narrow.destroy();
  });

  type Name = 'randomBits' | 'splitKey' | 'randomGamma' | 'randomGammaGrad';

  interface RandomProblem {
    readonly primitive: Name;
    readonly inputs: readonly HostArray[];
    readonly params?: PrimitiveParameters[Name];
  }

  /** The device's result and the reference kernel's, which is computed in the dtype `exactly`. */
  async function both(
    { primitive, inputs, params = {} }: RandomProblem,
    on = stream,
  ): Promise<[TypedArray, TypedArray]> {
    const { shape, kernel } = lookupPrimitive(primitive);
    const [output] = shape(inputs, params);
    const problem = { primitive, params, inputs, outputs: [output!] };
    const made = (randomRules[primitive] as Rule<Name>)(problem as never, on.gpu.capabilities);
    const elements = sizeOf(output!.shape);
    const data = inputs.map((x) => x.data);
    const [result] = await runKernel(on, made as Kernel, data, [{ dtype: output!.dtype, elements }]);
    const expected = { ...(output as Aval), data: allocate(output!.dtype, elements) };
    kernel(inputs, [expected], params, () => undefined);
    return [result!, expected.data];
  }

  const key = (...shape: number[]): HostArray => {
    const data = Int32Array.from({ length: sizeOf(shape) * 2 }, (_, i) => Math.imul(i + 1, 0x9e3779b1));
    return { shape: [...shape, 2], dtype: 'int32', data };
  };
  const floats = (shape: number[], data: ArrayLike<number>): HostArray => ({
    shape,
    dtype: 'float32',
    data: Float32Array.from(data),
  });

  it.each([[[], 1], [[], 1000], [[], 5], [[3], 7], [[2, 2], 513], [[300], 1], [[2], 0]] as [number[], number][])(
  'keys %j give %i random words or keys: the bits of the reference kernel',
  async (shape, count) => {
    for (const on of [stream, narrow]) {
      const [bits, expected] = await both({ primitive: 'randomBits', inputs: [key(...shape)], params: { size: count } }, on);
      expect(bits).toEqual(expected);
      const [keys, others] = await both({ primitive: 'splitKey', inputs: [key(...shape)], params: { count } }, on);
      expect(keys).toEqual(others);
    }
  },
); // prettier-ignore

  it('one key gives words beyond 65,535 workgroups', async () => {
    const size = 65536 * 1024 + 5;
    const problem = { primitive: 'randomBits', params: { size }, inputs: [key()], outputs: [{ shape: [size], dtype: 'int32' }] } as const; // prettier-ignore
    const { passes } = randomRules.randomBits!(problem, stream.gpu.capabilities) as Kernel;
    expect(passes[0]!.workgroups).toEqual([65535, 2]);
  });

  it('shaders of one key do not depend on how many numbers are asked for', () => {
    const make = (size: number): Kernel =>
      randomRules.randomBits!(
        {
          primitive: 'randomBits',
          params: { size },
          inputs: [key()],
          outputs: [{ shape: [size], dtype: 'int32' }],
        },
        stream.gpu.capabilities,
      ) as Kernel;
    expect(make(10).passes[0]!.wgsl).toBe(make(1000).passes[0]!.wgsl);
  });

  it('gamma samples are the reference kernel’s, but for decisions that fall the other way', async () => {
    const alphas = [0.01, 0.05, 0.3, 0.9, 1, 1.5, 4, 30, 1000, 1e5, 1e8];
    const perKey = 1000;
    const data = Float32Array.from({ length: 4 * perKey }, (_, i) => alphas[i % alphas.length]!);
    for (const on of [stream, narrow]) {
      const inputs = [key(4), floats([4, perKey], data)];
      const [samples, expected] = await both({ primitive: 'randomGamma', inputs }, on);
      const errors = Array.from(
        samples,
        (x, i) => Math.abs(x - expected[i]!) / Math.max(expected[i]!, 1e-30),
      );
      expect(errors.filter((error) => !(error < 1e-5)).length).toBeLessThan(4);
    }
  });

  it('no samples', async () => {
    const none = floats([2, 0], []);
    for (const problem of [
      { primitive: 'randomGamma', inputs: [key(2), none] },
      { primitive: 'randomGammaGrad', inputs: [none, none] },
    ] as const)
      expect((await both(problem))[0]).toHaveLength(0);
  });

  it('gamma samples of one key, and of unusual parameters', async () => {
    const alpha = [0, -0, -1, NaN, Infinity, -Infinity, 1e-20, 3e38, 2, 0.5];
    const [samples, expected] = await both({
      primitive: 'randomGamma',
      inputs: [key(), floats([alpha.length], alpha)],
    });
    samples.forEach((x, i) => {
      if (Number.isFinite(expected[i]))
        expect(Math.abs(x - expected[i]!)).toBeLessThanOrEqual(1e-4 * expected[i]!);
      else expect(x).toBe(expected[i]);
    });
  });

  it('derivatives of gamma samples', async () => {
    const alphas = [
      1e-4, 0.01, 0.1, 0.5, 0.9, 1, 1.1, 2, 5, 10, 30, 100, 199, 201, 500, 3000, 9e4, 1.1e5, 1e7,
    ];
    const quantiles = Array.from({ length: 41 }, (_, i) => (i - 20) / 4);
    const pairs = alphas.flatMap((alpha) =>
      quantiles.map((z) => {
        // About the quantile z of the normal distribution (E. Wilson and M. Hilferty).
        const root = 1 - 1 / (9 * alpha) + z / (3 * Math.sqrt(alpha));
        return [
          alpha,
          alpha >= 1 ? Math.max(alpha * root ** 3, 1e-6) : alpha * 10 ** (z > 0 ? z / 2 : 3 * z),
        ];
      }),
    );
    const [alpha, x] = [0, 1].map((k) => floats([pairs.length], pairs.map((pair) => pair[k]!))); // prettier-ignore
    const [slopes, expected] = await both({ primitive: 'randomGammaGrad', inputs: [alpha!, x!] });
    let worst = 0;
    slopes.forEach((slope, i) => {
      const error = Math.abs(slope - expected[i]!) / Math.abs(expected[i]!);
      if (!(error <= worst)) worst = error;
    });
    expect(worst).toBeLessThan(1e-5);
  });

  it('derivatives for unusual samples', async () => {
    const alpha = [0, -1, NaN, Infinity, 1, 1, 1, 2, 3e3, 1];
    const sample = [1, 1, 1, 1, -1, NaN, Infinity, 0, 4e3, 40];
    const [slopes, expected] = await both({
      primitive: 'randomGammaGrad',
      inputs: [floats([alpha.length], alpha), floats([alpha.length], sample)],
    });
    slopes.forEach((slope, i) => {
      if (Number.isNaN(expected[i]!)) expect(slope).toBeNaN();
      else expect(Math.abs(slope - expected[i]!)).toBeLessThanOrEqual(1e-5 * Math.abs(expected[i]!));
    });
  });

  it('leaves float64 to the host', () => {
    const alpha = { shape: [3], dtype: 'float64' } as const;
    const { capabilities } = stream.gpu;
    const sample = {
      primitive: 'randomGamma',
      params: {},
      inputs: [key(), alpha],
      outputs: [alpha],
    } as const;
    const slope = {
      primitive: 'randomGammaGrad',
      params: {},
      inputs: [alpha, alpha],
      outputs: [alpha],
    } as const;
    expect(randomRules.randomGamma!(sample, capabilities)).toBe('the device has no float64');
    expect(randomRules.randomGammaGrad!(slope, capabilities)).toBe('the device has no float64');
  });
});
