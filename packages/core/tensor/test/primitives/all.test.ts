import { describe, expect, it } from 'vitest';
import '../../src/index.js';
import { dtypes, isFloat } from '../../src/dtype.js';
import { primitives } from '../../src/primitives/index.js';
import type { PrimitiveName } from '../../src/primitives/parameters.js';
import type { Primitive } from '../../src/primitives/primitive.js';
import { TrellisError } from '../../src/errors.js';
import type { Tensor } from '../../src/tensor.js';
import { bind } from '../../src/trace.js';
import { checkDerivatives, checkJit, checkVmap } from '../support/derivatives.js';
import { generator } from '../support/kernels.js';
import { samples } from '../support/samples.js';

const names = Object.keys(primitives) as PrimitiveName[];
const seeds = [1, 2, 3, 4, 5];

const apply =
  (name: PrimitiveName, params: unknown) =>
  (...inputs: Tensor[]): Tensor[] =>
    bind(name, inputs, params as never);

/**
 * randomGamma accepts or rejects proposals, so its samples jump where alpha crosses a threshold: its declared derivative
 * is that of the quantile function (checked in random.test.ts), not of the sampling program, and the two precisions
 * draw different bits.
 */
const samplesByRejection: readonly PrimitiveName[] = ['randomGamma'];

/** dtypes a primitive takes, by asking it. */
function accepted(name: PrimitiveName): string[] {
  return dtypes.filter((dtype) => {
    try {
      const { inputs, params } = samples[name]({ random: generator(1), dtype });
      apply(name, params)(...inputs);
      return true;
    } catch (error) {
      if (error instanceof TrellisError) return false;
      throw error;
    }
  });
}

describe('every primitive', () => {
  it('has a sample', () => {
    expect(Object.keys(samples).sort()).toEqual([...names].sort());
  });

  describe.each(names)('%s', (name) => {
    const primitive = primitives[name] as Primitive;
    const takesFloat64 = accepted(name).includes('float64');
    const dtype = takesFloat64 ? 'float64' : 'int32';

    it.each(seeds)('seed %i: derivatives, first and second order', (seed) => {
      const { inputs, params } = samples[name]({ random: generator(seed), dtype });
      if ('notDifferentiable' in primitive) {
        expect(primitive.notDifferentiable.length).toBeGreaterThan(10);
        return;
      }
      if (samplesByRejection.includes(name)) return;
      checkDerivatives(name, apply(name, params), inputs, { seed });
    });

    it.each(seeds)('seed %i: vmap equals a loop', (seed) => {
      const random = generator(seed);
      // One structure, several values: the same seed decides shapes, the tensors are then moved.
      const first = samples[name]({ random, dtype });
      if (first.inputs.length === 0) return;
      const others = [1, 2].map((k) => first.inputs.map((x) => (isFloat(x.dtype) ? x.mul(1 + 0.05 * k) : x)));
      checkVmap(name, apply(name, first.params), [first.inputs, ...others], 1e-9);
    });

    it.each(seeds)('seed %i: jit gives the same bits', (seed) => {
      const { inputs, params } = samples[name]({ random: generator(seed), dtype });
      checkJit(name, apply(name, params), inputs);
    });

    it('gives in float32 what it gives in float64, rounded', () => {
      if (!takesFloat64 || !accepted(name).includes('float32') || samplesByRejection.includes(name)) return;
      const wide = samples[name]({ random: generator(7), dtype: 'float64' });
      const narrow = samples[name]({ random: generator(7), dtype: 'float32' });
      const expected = apply(name, wide.params)(...wide.inputs);
      apply(
        name,
        narrow.params,
      )(...narrow.inputs).forEach((y, i) => {
        const [a, b] = [y.dataSync(), expected[i]!.dataSync()];
        for (let k = 0; k < a.length; k++)
          expect(Math.abs(a[k]! - b[k]!), `${name} element ${k}: ${a[k]} against ${b[k]}`).toBeLessThan(
            2e-5 * Math.max(1, Math.abs(b[k]!)),
          );
      });
    });
  });
});
