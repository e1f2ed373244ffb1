import { describe, expect, it } from 'vitest';
import { grad, linalg, matmul, tensor, tree, type Tensor } from '@core/tensor';
import { adamw, muon, orthogonalize, scaleByMuon, sgd } from '../../src/index.js';
import { distance, f64, flat, follow, normals, seeds, someParams, thrown } from '../support.js';

const normal = (seed: number, shape: readonly number[]): Tensor =>
  tensor(normals(seed, shape.reduce((a, b) => a * b, 1)), { dtype: 'float64' }).reshape(shape); // prettier-ignore

describe.each(seeds)('orthogonalize, seed %i', (seed) => {
  it('keeps the singular vectors, and takes their values near 1', () => {
    for (const shape of [
      [6, 6],
      [4, 9],
      [9, 4],
    ]) {
      const x = normal(seed, shape);
      const y = orthogonalize(x);
      const [u, , vt] = linalg.svd(x);
      const inside = matmul(matmul(u, y, { transposeA: true }), vt, { transposeB: true });
      const values = flat(inside.diagonal());
      expect(Math.min(...values)).toBeGreaterThan(0.3);
      expect(Math.max(...values)).toBeLessThan(1.3);
      const off = inside.square().sum().item() - values.reduce((s, v) => s + v * v, 0); // prettier-ignore
      expect(Math.abs(off)).toBeLessThan(1e-12);
    }
  });

  it('its values are those of the quintic, step by step', () => {
    const quintic = (s: number): number => 3.4445 * s - 4.775 * s ** 3 + 2.0315 * s ** 5;
    const x = normal(seed, [5, 3]);
    const norm = Math.hypot(...flat(x));
    for (const steps of [1, 2, 5]) {
      const wanted = flat(linalg.singularValues(x)).map((s) => {
        let at = s / (norm + 1e-7);
        for (let k = 0; k < steps; k++) at = quintic(at);
        return Math.abs(at);
      });
      const got = flat(linalg.singularValues(orthogonalize(x, steps)));
      expect(distance(f64(got), f64(wanted.sort((a, b) => b - a)))).toBeLessThan(1e-12);
    }
  });

  it('a tall matrix is a wide one’s transpose, a stack is its matrices', () => {
    const x = normal(seed, [2, 5, 3]);
    const y = orthogonalize(x);
    expect(distance(orthogonalize(x.transpose([0, 2, 1])), y.transpose([0, 2, 1]))).toBeLessThan(1e-13);
    expect(distance(y.slice([1], [2]).squeeze(0), orthogonalize(x.slice([1], [2]).squeeze(0)))).toBeLessThan(
      1e-14,
    );
  });

  it('zeros stay zeros, with finite derivatives', () => {
    const zero = normal(seed, [3, 2]).mul(0);
    expect(flat(orthogonalize(zero)).every((x) => x === 0)).toBe(true);
    expect(flat(grad((x: Tensor) => orthogonalize(x).sum())(zero)).every(Number.isFinite)).toBe(true);
  });
});

describe.each(seeds)('what makes it Muon, seed %i', (seed) => {
  const params = someParams(seed);
  const grads = [1, 2, 3].map((k) => someParams(seed + 100 * k));

  it('turns with its gradients, and does not see their size', () => {
    const [w, g] = [normal(seed, [4, 4]), [1, 2, 3].map((k) => normal(10 * seed + k, [4, 4]))];
    const [u] = linalg.qr(normal(seed + 5, [4, 4]));
    const optimizer = muon({ learningRate: 0.1, weightDecay: 0.1 });
    const turned = follow(
      optimizer,
      matmul(u, w),
      g.map((x) => matmul(u, x)),
    );
    const plain = follow(optimizer, w, g);
    expect(distance(turned.params, matmul(u, plain.params))).toBeLessThan(1e-10);
    const large = follow(
      optimizer,
      w,
      g.map((x) => x.mul(1e3)),
    );
    expect(distance(large.params, plain.params)).toBeLessThan(1e-5);
  });

  it('moves matrices only; AdamW with its own rate does the rest', () => {
    const after = follow(muon({ learningRate: 0.5 }), params, grads).params;
    const rest = adamw({ learningRate: 3e-4, beta2: 0.95, epsilon: 1e-10, weightDecay: 0 });
    const wanted = follow(rest, params, grads).params;
    const biases = (p: typeof params): unknown => [p.scale, p.layers.map(({ bias }) => bias)];
    const weights = (p: typeof params): unknown => p.layers.map(({ weight }) => weight);
    expect(distance(biases(after), biases(wanted))).toBe(0);
    expect(distance(weights(after), weights(wanted))).toBeGreaterThan(0.1);
  });

  it('another optimizer, and other leaves, where told so', () => {
    const only = muon({
      learningRate: 0.5,
      matrices: (path) => path === 'layers.0.weight',
      others: sgd({ learningRate: 1 }),
    });
    const { params: after } = follow(only, params, grads.slice(0, 1));
    expect(distance(after.layers[1]!.weight, params.layers[1]!.weight.sub(grads[0]!.layers[1]!.weight))).toBe(
      0,
    );
    expect(distance(after.layers[0]!.weight, follow(muon({ learningRate: 0.5 }), params, grads.slice(0, 1)).params.layers[0]!.weight)).toBe(0); // prettier-ignore
  });

  it('one array for each parameter of a matrix', () => {
    const w = { a: normal(seed, [6, 6]) };
    const sizes = tree.leaves(muon({ weightDecay: 0.1 }).init(w)).filter((x) => x.size === 36);
    expect(sizes).toHaveLength(1);
  });
});

describe('bad input', () => {
  it('is named', () => {
    for (const [leaf, shown] of [
      [f64([1, 2]), 'float64[2]'],
      [f64(1), 'float64[]'],
      [normal(1, [0, 3]), 'float64[0,3]'],
    ] as const)
      // prettier-ignore
      expect(thrown(() => scaleByMuon().init({ w: leaf }))).toBe(
        `SHAPE: scaleByMuon: the parameter at w is a ${shown} tensor, and only matrices can be orthogonalized; ` +
          'give other leaves to another optimizer: muon does, or partition',
      );
    expect(thrown(() => orthogonalize(f64([1])))).toBe(
      'SHAPE: orthogonalize: needs a matrix or a stack of them, got a float64[1] tensor',
    );
    expect(thrown(() => orthogonalize(normal(1, [2, 2]), 0))).toBe(
      'ARGUMENT: orthogonalize: steps must be a whole number of at least 1, got 0',
    );
    expect(thrown(() => muon({ others: 3 as never }))).toBe(
      'ARGUMENT: muon: others must be an optimizer or transform ({ init, update }), got 3',
    );
  });
});
