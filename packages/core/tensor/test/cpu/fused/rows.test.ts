import { describe, expect, it } from 'vitest';
import { jit, logSoftmax, profile, softmax, tensor, valueAndGrad } from '../../../src/index.js';
import type { DType, Tensor } from '../../../src/index.js';
import { generator, integer } from '../../support/kernels.js';

/** Some function of rows: elementwise steps, reductions over the last axis, and broadcasts of what they give. */
function rowFunction(
  random: () => number,
  steps: number,
): (x: Tensor, row: Tensor, column: Tensor) => Tensor[] {
  const choices = Array.from({ length: steps }, () => [random(), random(), random()] as const);
  return (x, row, column) => {
    const full = [x];
    const rows: Tensor[] = [row];
    for (const [what, which, other] of choices) {
      const a = full[Math.floor(which * full.length)]!;
      const r = rows[Math.floor(other * rows.length)]!;
      if (what < 0.25) {
        const reduce = (['sum', 'max', 'min', 'mean'] as const)[Math.floor(other * 4)]!;
        rows.push(a[reduce](-1, { keepDims: true }));
      } else if (what < 0.35) rows.push(r.mul(0.5).add(rows[0]!));
      else if (what < 0.55) full.push(a.sub(r));
      else if (what < 0.7) full.push(a.mul(full[Math.floor(other * full.length)]!));
      else if (what < 0.8) full.push(a.add(column));
      else if (what < 0.9) full.push(a.abs().add(1).div(r.abs().add(1)));
      else full.push(a.mul(0.25).tanh());
    }
    return [full.at(-1)!, rows.at(-1)!, full[Math.floor(full.length / 2)]!];
  };
}

const bytes = (x: Tensor): Uint8Array => new Uint8Array(x.dataSync().buffer);

function uniform(random: () => number, shape: readonly number[], dtype: DType): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Array.from({ length: size }, () => random() * 2 - 1),
    { shape, dtype },
  );
}

describe('row steps', () => {
  it('give the bits of single operations, for random functions of rows', () => {
    let joined = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const random = generator(seed);
      const dtype = seed % 3 === 0 ? 'float64' : 'float32';
      const length = [2, 3, 7, 16, 33, 100, 1030][seed % 7]!;
      const leading =
        seed % 2 === 0 ? [integer(random, 1, 9)] : [integer(random, 1, 3), integer(random, 1, 4)];
      const f = rowFunction(random, 4 + (seed % 12));
      const x = uniform(random, [...leading, length], dtype);
      const row = uniform(random, [...leading, 1], dtype);
      const column = uniform(random, [length], dtype);
      const compiled = jit(f);
      const expected = f(x, row, column);
      compiled(x, row, column).forEach((y, i) => {
        expect(bytes(y), `seed ${seed}, output ${i}`).toEqual(bytes(expected[i]!));
      });
      joined += profile(() => compiled(x, row, column)).kernels.filter(({ kernel }) => kernel.startsWith('rows(')).length; // prettier-ignore
    }
    expect(joined).toBeGreaterThan(40);
  });

  it('compute softmax, its logarithm and their gradients in one or two walks', () => {
    const x = uniform(generator(1), [5, 40], 'float32');
    const y = uniform(generator(2), [5, 40], 'float32');
    for (const f of [softmax, logSoftmax]) {
      const compiled = jit((t: Tensor) => f(t, -1));
      expect(bytes(compiled(x))).toEqual(bytes(f(x, -1)));
      expect(profile(() => compiled(x)).kernels.map(({ kernel }) => kernel.slice(0, 5))).toEqual(['rows(']);
      const loss = (t: Tensor): Tensor => f(t, -1).mul(y).sum();
      const [value, gradient] = jit(valueAndGrad(loss))(x);
      const [wantedValue, wantedGradient] = valueAndGrad(loss)(x);
      expect(value.item()).toBeCloseTo(wantedValue.item(), 4);
      const wanted = wantedGradient.dataSync();
      gradient.dataSync().forEach((g, i) => expect(g).toBeCloseTo(wanted[i]!, 6));
    }
  });

  it('reduce rows of every length as one by one, also in pieces', () => {
    for (const length of [1, 2, 5, 15, 16, 17, 1023, 1024, 1025, 32768, 32769, 70001]) {
      for (const dtype of ['float32', 'float64', 'int32'] as const) {
        const values = Array.from({ length }, (_, i) => ((i * 7919) % 101) - 50);
        const x = tensor([...values, ...values.map((v) => v + 1)], { shape: [2, length], dtype });
        const stored = (sum: number): number => (dtype === 'float32' ? Math.fround(sum) : sum);
        const total = values.reduce((a, b) => a + b, 0);
        expect(x.sum(1).toArray(), `${dtype} ${length}`).toEqual([total, total + length]);
        expect(x.max(1).toArray()).toEqual([Math.max(...values), Math.max(...values) + 1]);
        expect(x.min(1).toArray()).toEqual([Math.min(...values), Math.min(...values) + 1]);
        const squares = jit((t: Tensor) => [t.mul(t), t.mul(t).sum(1)] as const)(x);
        expect(squares[1].toArray()).toEqual(
          [0, 1].map((k) => stored(values.reduce((a, v) => a + (v + k) ** 2, 0))),
        );
        expect(squares[0].sum(1).toArray()).toEqual(squares[1].toArray());
      }
    }
  });

  it('let NaN win in extremes wherever it stands', () => {
    for (const at of [0, 3, 4, 15, 16, 18]) {
      const values = Array.from({ length: 19 }, (_, i) => (i === at ? NaN : i));
      for (const dtype of ['float32', 'float64'] as const) {
        expect(tensor([values], { dtype }).max(1).item()).toBeNaN();
        expect(tensor([values], { dtype }).min(1).item()).toBeNaN();
        expect(tensor([values], { dtype }).sum(1).item()).toBeNaN();
      }
    }
  });
});
