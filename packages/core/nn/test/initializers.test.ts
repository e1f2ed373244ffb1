import { eye, random } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import {
  fanInUniform,
  fans,
  gain,
  heNormal,
  heUniform,
  normal,
  onesInitializer,
  orthogonal,
  truncatedNormal,
  xavierNormal,
  xavierUniform,
  zerosInitializer,
} from '../src/index.js';
import type { Initializer, Nonlinearity } from '../src/index.js';
import { distance, expectClose, expectError, seeds } from './support/checks.js';

const shape = [100, 20, 3, 3];
const { fanIn, fanOut } = fans(shape);

/** The standard deviation that each promises; uniform ones stay within √3 times it. */
const promised: Readonly<Record<string, { make: Initializer; std: number; uniform?: true }>> = {
  xavierUniform: { make: xavierUniform(), std: Math.sqrt(2 / (fanIn + fanOut)), uniform: true },
  xavierNormal: { make: xavierNormal(), std: Math.sqrt(2 / (fanIn + fanOut)) },
  heUniform: { make: heUniform(), std: Math.sqrt(2 / fanIn), uniform: true },
  heNormal: { make: heNormal(), std: Math.sqrt(2 / fanIn) },
  'heNormal, outputs': { make: heNormal({ mode: 'out' }), std: Math.sqrt(2 / fanOut) },
  'heNormal, average': { make: heNormal({ mode: 'average' }), std: Math.sqrt(4 / (fanIn + fanOut)) },
  'heNormal for tanh': { make: heNormal({ nonlinearity: 'tanh' }), std: 5 / 3 / Math.sqrt(fanIn) },
  fanInUniform: { make: fanInUniform, std: 1 / Math.sqrt(3 * fanIn), uniform: true },
  normal: { make: normal(0.3), std: 0.3 },
  // Variance of a standard normal cut at ±2: 1 - 2·2φ(2)/(Φ(2)-Φ(-2)).
  truncatedNormal: { make: truncatedNormal(0.3), std: 0.3 * Math.sqrt(0.7737413) },
};

describe('initialisers', () => {
  it.each(Object.entries(promised))(
    '%s has mean 0 and its standard deviation',
    (_, { make, std, uniform }) => {
      for (const seed of seeds) {
        const x = make(random.key(seed), shape, { dtype: 'float64' });
        expect(x.shape).toEqual(shape);
        expect(x.dtype).toBe('float64');
        expect(Math.abs(x.mean().item()) / std).toBeLessThan(5 / Math.sqrt(x.size));
        expect(Math.abs(x.std().item() / std - 1)).toBeLessThan(5 / Math.sqrt(2 * x.size));
        if (uniform) expect(x.abs().max().item()).toBeLessThanOrEqual(Math.sqrt(3) * std);
        expect(distance(make(random.key(seed), shape), make(random.key(seed), shape))).toBe(0);
        expect(make(random.key(seed), shape).dtype).toBe('float32');
      }
    },
  );

  it('truncatedNormal stays within two standard deviations', () => {
    expect(truncatedNormal(0.5)(random.key(1), [10_000]).abs().max().item()).toBeLessThanOrEqual(1);
  });

  it('orthogonal: QᵀQ = I for tall, QQᵀ = I for wide and for kernels', () => {
    for (const seed of seeds) {
      const draw = (of: number[], scale?: number) =>
        orthogonal(scale)(random.key(seed), of, { dtype: 'float64' });
      const tall = draw([7, 4]);
      expectClose(tall.transpose().matmul(tall), eye(4, 4, { dtype: 'float64' }));
      const wide = draw([4, 7]);
      expectClose(wide.matmul(wide.transpose()), eye(4, 4, { dtype: 'float64' }));
      const kernel = draw([4, 2, 3, 3], 2).reshape([4, 18]);
      expectClose(kernel.matmul(kernel.transpose()), eye(4, 4, { dtype: 'float64' }).mul(4));
    }
  });

  it('zeros and ones', () => {
    expect(zerosInitializer(random.key(1), [2]).toArray()).toEqual([0, 0]);
    expect(onesInitializer(random.key(1), [2], { dtype: 'float64' }).toArray()).toEqual([1, 1]);
  });

  it('gain follows PyTorch', () => {
    expect(gain('leakyRelu', 0.2)).toBeCloseTo(Math.sqrt(2 / 1.04), 15);
    expect(gain('leakyRelu')).toBeCloseTo(Math.sqrt(2 / 1.0001), 15);
    expect([gain('linear'), gain('sigmoid'), gain('selu')]).toEqual([1, 1, 0.75]);
  });

  it('refuse what does not fit', () => {
    const key = random.key(1);
    expectError(
      () => xavierUniform()(key, [3]),
      'ARGUMENT',
      'fans need a shape [out, in, ...kernel], got [3]',
    );
    expectError(
      () => orthogonal()(key, [3]),
      'ARGUMENT',
      'orthogonal: needs a shape [out, in, ...kernel], got [3]',
    );
    expectError(
      () => normal(NaN),
      'ARGUMENT',
      'normal: standardDeviation must be a finite number of at least 0',
    );
    expectError(() => truncatedNormal(-1), 'ARGUMENT', 'truncatedNormal: standardDeviation');
    expectError(() => orthogonal(NaN), 'ARGUMENT', 'orthogonal: scale must be a finite number');
    expectError(
      () => heNormal({ nonlinearity: 'gelu' as Nonlinearity }),
      'ARGUMENT',
      'there is none for gelu',
    );
    expectError(
      () => heNormal({ mode: 'out ' as 'out' }),
      'ARGUMENT',
      'mode must be in, out or average, got out ',
    );
    expectError(() => heNormal()(key, [3, 0]), 'ARGUMENT', 'got [3,0]');
    expectError(() => heNormal()(key, [3, 2], { dtype: 'int32' }), 'DTYPE', 'int32');
  });
});
