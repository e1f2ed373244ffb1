import { describe, expect, it } from 'vitest';
import { eye, grad, jit, linalg, matmul, tensor, tree, vmap, type Tensor, type Tree } from '@core/tensor';
import {
  adam,
  adamw,
  applyUpdates,
  hyperparametersOf,
  soap,
  withHyperparameters,
  type Optimizer,
  type SoapState,
} from '../../src/index.js';
import { distance, f64, flat, follow, normals, seeds, someParams, thrown } from '../support.js';

const normal = (seed: number, shape: readonly number[]): Tensor =>
  tensor(normals(seed, shape.reduce((a, b) => a * b, 1)), { dtype: 'float64' }).reshape(shape); // prettier-ignore

/** An orthogonal matrix. */
const orthogonal = (seed: number, n: number): Tensor => linalg.qr(normal(seed, [n, n]))[0];

const gradients = (seed: number, shape: readonly number[], count: number): Tensor[] =>
  Array.from({ length: count }, (_, k) => normal(100 * seed + k, shape));

describe.each(seeds)('what makes it SOAP, seed %i', (seed) => {
  const w = normal(seed, [5, 4]);
  const grads = gradients(seed, [5, 4], 8);

  it('the first update makes a basis and changes nothing', () => {
    const optimizer = soap({ learningRate: 0.1, weightDecay: 0.5 });
    const { params, state } = follow(optimizer, w, grads.slice(0, 1));
    expect(distance(params, w)).toBe(0);
    expect(distance([state.moments.m, state.moments.v], [w.mul(0), w.mul(0)])).toBe(0);
    const { axis0: left } = state.moments.bases as Record<string, Tensor>;
    const { axis0: factor } = state.moments.factors as Record<string, Tensor>;
    const turned = matmul(matmul(left!, factor!, { transposeA: true }), left!);
    expect(distance(turned, turned.mul(eye(5, 5, { dtype: 'float64' })))).toBeLessThan(1e-14);
    const eigenvalues = flat(turned.diagonal());
    expect(eigenvalues).toEqual([...eigenvalues].sort((a, b) => b - a));
  });

  it('signs of the bases’ columns change nothing', () => {
    const optimizer = soap({ learningRate: 0.1, preconditionFrequency: 2 });
    const signs = (shape: readonly number[], k: number): Tensor => normal(seed + k, shape).sign();
    let [plain, flipped] = [follow(optimizer, w, []), follow(optimizer, w, [])];
    grads.forEach((g, k) => {
      plain = follow(optimizer, plain.params, [g], plain.state);
      flipped = follow(optimizer, flipped.params, [g], flipped.state);
      const { moments } = flipped.state;
      const bases = moments.bases as Record<string, Tensor>;
      const [rows, columns] = [signs([5, 1], k), signs([1, 4], k + 50)];
      const turned = {
        ...moments,
        m: (moments.m as Tensor).mul(rows).mul(columns),
        bases: { axis0: bases['axis0']!.mul(rows.reshape([1, 5])), axis1: bases['axis1']!.mul(columns) },
      };
      flipped = { ...flipped, state: { ...flipped.state, moments: turned } };
    });
    expect(distance(plain.params, flipped.params)).toBeLessThan(1e-10);
  });

  it('a leaf without a basis is Adam’s, one step late, with ε in front of the bias correction', () => {
    const shapes = [[4], [], [5, 4]] as const;
    for (const shape of shapes) {
      const optimizer = soap({
        learningRate: 0.1,
        epsilon: 0.1,
        weightDecay: 0,
        maxPreconditionDimension: 3,
      });
      const start = normal(seed, shape);
      const all = gradients(seed, shape, 5);
      const wanted = flat(start).map((x, i) => {
        let [at, m, v] = [x, 0, 0];
        all.slice(1).forEach((g, k) => {
          const gi = flat(g)[i] ?? NaN;
          m = 0.95 * m + 0.05 * gi;
          v = 0.95 * v + 0.05 * gi * gi;
          const correction = Math.sqrt(1 - 0.95 ** (k + 1)) / (1 - 0.95 ** (k + 1));
          at -= (0.1 * correction * m) / (Math.sqrt(v) + 0.1);
        });
        return at;
      });
      expect(distance(follow(optimizer, start, all).params, f64(wanted))).toBeLessThan(1e-13);
    }
    // Without ε the place of ε does not matter.
    const options = { learningRate: 0.1, beta1: 0.95, beta2: 0.95, epsilon: 0 };
    const late = follow(soap({ ...options, weightDecay: 0, maxPreconditionDimension: 3 }), w, grads);
    expect(distance(late.params, follow(adam(options), w, grads.slice(1)).params)).toBeLessThan(1e-12);
  });

  it('is one-sided where a side is too long', () => {
    const optimizer = soap({ learningRate: 0.1, preconditionFrequency: 2, maxPreconditionDimension: 4 });
    const { params, state } = follow(optimizer, w, grads);
    expect(Object.keys(state.moments.bases)).toEqual(['axis1']);
    // Rows are then neighbours that do not know of each other: in another order they give the same.
    const order = [3, 0, 4, 1, 2];
    const mixed = follow(
      optimizer,
      w.take(order),
      grads.map((g) => g.take(order)),
    );
    expect(distance(mixed.params, params.take(order))).toBeLessThan(1e-10);
    expect(follow(soap({ maxPreconditionDimension: 5 }), w, grads).state.moments.bases).toHaveProperty(
      'axis0',
    );
  });

  it('turns with its gradients, which Adam does not', () => {
    const [u, v] = [orthogonal(seed + 7, 5), orthogonal(seed + 8, 4)];
    const turn = (x: Tensor): Tensor => matmul(matmul(u, x), v, { transposeB: true });
    const apart = (optimizer: Optimizer): number =>
      distance(turn(follow(optimizer, w, grads).params), follow(optimizer, turn(w), grads.map(turn)).params);
    for (const weightDecay of [0, 0.1]) {
      for (const preconditionFrequency of [1, 3])
        expect(apart(soap({ learningRate: 0.1, weightDecay, preconditionFrequency }))).toBeLessThan(1e-6);
      expect(apart(soap({ learningRate: 0.1, weightDecay, factorised: true }))).toBeLessThan(1e-6);
      expect(apart(adamw({ learningRate: 0.1, weightDecay }))).toBeGreaterThan(1e-2);
    }
  });

  it('float32 leaves follow float64 ones, with decompositions as exact', () => {
    const options = { learningRate: 0.1, preconditionFrequency: 2 };
    const narrow = follow(
      soap(options),
      w.cast('float32'),
      grads.map((g) => g.cast('float32')),
    );
    expect(distance(narrow.params, follow(soap(options), w, grads).params)).toBeLessThan(1e-4);
    expect(new Set(tree.leaves(narrow.state.moments.bases).map((q) => q.dtype))).toEqual(
      new Set(['float32']),
    );
  });
});

describe('the basis', () => {
  const off = (state: SoapState, name: string): number => {
    const q = (state.moments.bases as Record<string, Tensor>)[name]!;
    const turned = matmul(matmul(q, (state.moments.factors as Record<string, Tensor>)[name]!, { transposeA: true }), q); // prettier-ignore
    const inside = turned.diagonal().square().sum().item();
    return 1 - inside / turned.square().sum().item();
  };
  it.each(seeds)('stays orthogonal, and comes nearer to the eigenvectors, seed %i', (seed) => {
    for (const dtype of ['float32', 'float64'] as const) {
      const [a, b] = [normal(seed, [6, 6]), normal(seed + 1, [5, 5])];
      const draw = (k: number): Tensor => matmul(matmul(a, normal(1000 * seed + k, [6, 5])), b).cast(dtype);
      const optimizer = soap({ preconditionFrequency: 20, shampooBeta: 0.99 });
      const step = jit((g: Tensor, s: SoapState, p: Tensor) => {
        const { updates, state } = optimizer.update(g, s, p);
        return { params: applyUpdates(p, updates), state };
      });
      let at = { params: draw(0), state: optimizer.init(draw(0)) };
      const mass: number[] = [];
      for (let k = 0; k < 200; k++) {
        at = step(draw(k), at.state, at.params);
        if (k === 19 || k === 199) mass.push(off(at.state, 'axis0'), off(at.state, 'axis1'));
      }
      for (const q of tree.leaves(at.state.moments.bases)) {
        const square = matmul(q, q, { transposeA: true });
        expect(distance(square, eye(square.shape[0]!, square.shape[0], { dtype }))).toBeLessThan(1e-6);
      }
      const [left = 0, right = 0, leftLater = 1, rightLater = 1] = mass;
      expect(leftLater).toBeLessThan(0.5 * left);
      expect(rightLater).toBeLessThan(0.5 * right);
      step.dispose();
    }
  });

  it('of a gradient without rank is still orthogonal', () => {
    const g = matmul(f64([[1], [2], [3]]), f64([[1, -1, 2]]));
    const optimizer = soap({ preconditionFrequency: 1 });
    for (const all of [
      [g, g, g],
      [g.mul(0), g.mul(0), g.mul(0)],
      [g.mul(0), g, g],
    ]) {
      const { params, state } = follow(optimizer, g, all);
      for (const q of tree.leaves(state.moments.bases))
        expect(distance(matmul(q, q, { transposeA: true }), eye(3, 3, { dtype: 'float64' }))).toBeLessThan(
          1e-12,
        );
      expect(flat(params).every(Number.isFinite)).toBe(true);
    }
  });
});

describe('factorised', () => {
  it('keeps vectors in place of the second moment', () => {
    const sizes = (factorised: boolean): number[] =>
      tree.leaves(soap({ factorised }).init(normal(1, [6, 4])).moments.v).map((x) => x.size);
    expect([sizes(true), sizes(false)]).toEqual([[6, 4], [24]]);
  });

  it('is the whole one where squares are of rank one', () => {
    const scales = matmul(f64([[1], [2], [0.5]]), f64([[3, 1, 0.1]]));
    const grads = [1, 2, 3, 4].map((k) => scales.mul(normal(k, [3, 3]).sign()));
    // Without a basis the squares stay what they are.
    const options = { maxPreconditionDimension: 1, learningRate: 0.1 };
    const w = normal(9, [3, 3]);
    const [one, all] = [soap({ ...options, factorised: true }), soap(options)];
    expect(distance(follow(one, w, grads).params, follow(all, w, grads).params)).toBeLessThan(1e-14);
  });
});

describe('state', () => {
  it('has 2 m n + 2 m² + 2 n² numbers for a matrix', () => {
    const size = (options: object): number => {
      const { count: _, hyperparameters: __, ...kept } = soap(options).init(normal(1, [6, 4])).moments;
      return tree.leaves(kept).reduce((sum, x) => sum + x.size, 0);
    };
    expect(size({})).toBe(2 * 24 + 2 * 36 + 2 * 16);
    expect(size({ factorised: true })).toBe(24 + 10 + 2 * 36 + 2 * 16);
    expect(size({ maxPreconditionDimension: 5 })).toBe(2 * 24 + 2 * 16);
  });

  it('without shampooBeta the factors follow beta2, also where it is changed', () => {
    const [w, g] = [normal(1, [3, 3]), normal(2, [3, 3])];
    const optimizer = soap();
    const { state } = follow(optimizer, w, [g]);
    expect(hyperparametersOf(state).has('shampooBeta')).toBe(false);
    const next = follow(optimizer, w, [g], withHyperparameters(state, { beta2: 0 })).state;
    const { axis0 } = next.moments.factors as Record<string, Tensor>;
    expect(distance(axis0, matmul(g, g, { transposeB: true }))).toBeLessThan(1e-14);
  });

  it('the frequency may change while a compiled step runs on', () => {
    const [w, ...grads] = gradients(3, [4, 4], 9);
    const optimizer = soap({ preconditionFrequency: 100 });
    const step = jit((g: Tensor, s: SoapState, p: Tensor) => optimizer.update(g, s, p));
    let state = optimizer.init(w!);
    const changed = grads.map((g, k) => {
      if (k === 5) state = withHyperparameters(state, { preconditionFrequency: 2 });
      const before = state.moments.bases;
      ({ state } = step(g, state, w!));
      return distance(before, state.moments.bases) > 1e-9;
    });
    expect(changed).toEqual([true, false, false, false, false, false, true, false]);
  });

  it('of other parameters or options is refused', () => {
    const w = { a: normal(1, [3, 2]) };
    const state = soap().init(w);
    const other = { a: normal(1, [2, 2]) };
    expect(thrown(() => soap().update(other, state, other))).toBe(
      "SHAPE: scaleBySoap: the state's m at a has a float64[3,2] tensor, wanted the shape [2,2]",
    );
    expect(thrown(() => soap({ factorised: true }).update(w, state, w))).toBe(
      "TREE: scaleBySoap: the state's v at a should be { axis0, axis1 }; it was made with other options or for other parameters",
    );
    const more = { ...w, b: normal(1, [2]) };
    expect(thrown(() => soap().update(more, state, more))).toBe(
      "TREE: scaleBySoap: the state's m has another structure than the parameters",
    );
    const narrow = { a: w.a.cast('float32') };
    expect(thrown(() => soap().update(narrow, state, narrow))).toBe(
      "DTYPE: scaleBySoap: the state's m at a has a float64[3,2] tensor, wanted float32",
    );
    expect(thrown(() => soap().init({ a: normal(1, [0, 3]) }))).toMatch(
      /^SHAPE: scaleBySoap: the parameter at a is a float64\[0,3\] tensor; a leaf without elements/,
    );
  });
});

describe('inside transforms', () => {
  it.each(seeds)('derivatives through refreshes are those of differences, seed %i', (seed) => {
    const start = normal(seed, [3, 2]);
    const loss = (p: Tensor): Tensor =>
      p
        .sub(0.5)
        .square()
        .mul(normal(seed + 9, [3, 2]).square())
        .sum();
    const after = (p: Tensor): Tensor => {
      const optimizer = soap({ learningRate: 0.1, preconditionFrequency: 2 });
      let at = { params: p, state: optimizer.init(p) };
      for (let k = 0; k < 4; k++) {
        // Gradients that span every axis, or the QR of a refresh had no derivative.
        const g = grad(loss)(at.params).add(normal(seed + 20 + k, [3, 2]));
        const { updates, state } = optimizer.update(g, at.state, at.params);
        at = { params: applyUpdates(at.params, updates as Tensor), state };
      }
      return loss(at.params);
    };
    const slope = flat(grad(after)(start));
    const difference = (i: number, h: number): number => {
      const unit = f64(flat(start).map((_, j) => (i === j ? h : 0))).reshape([3, 2]);
      return (after(start.add(unit)).item() - after(start.sub(unit)).item()) / (2 * h);
    };
    slope.forEach((x, i) => {
      // Richardson's: two differences without their quadratic error.
      const wanted = (4 * difference(i, 2e-5) - difference(i, 4e-5)) / 3;
      expect(Math.abs(x - wanted)).toBeLessThan(1e-6 * Math.max(1, Math.abs(wanted)));
    });
  });

  it.each(seeds)('its numbers may be tensors, and have derivatives, seed %i', (seed) => {
    const w = normal(seed, [3, 3]);
    const grads = gradients(seed, [3, 3], 4);
    const values = [0.1, 0.8, 0.9, 0.7, 0.01, 0.1];
    const after = (numbers: Tensor): Tensor => {
      const number = (i: number): Tensor => numbers.slice([i], [i + 1]).squeeze(0);
      const decays = { beta1: number(1), beta2: number(2), shampooBeta: number(3) };
      const others = { learningRate: number(0), epsilon: number(4), weightDecay: number(5) };
      const optimizer = soap({ ...others, ...decays, preconditionFrequency: 1 });
      return follow(optimizer, w, grads)
        .params.mul(normal(seed + 1, [3, 3]))
        .sum();
    };
    const compiled = jit(grad(after));
    flat(compiled(f64(values))).forEach((slope, i) => {
      const at = (h: number): number => after(f64(values.map((x, j) => (i === j ? x + h : x)))).item();
      expect(Math.abs(slope - (at(1e-6) - at(-1e-6)) / 2e-6)).toBeLessThan(
        1e-6 * Math.max(1, Math.abs(slope)),
      );
    });
    compiled.dispose();
  });

  it('a batch whose members are at different steps', () => {
    const optimizer = soap({ preconditionFrequency: 2 });
    const all = [1, 2, 3].map((k) => ({ at: follow(optimizer, someParams(k), [1, 2, 3].slice(0, k).map((j) => someParams(j))), grads: someParams(k + 5) })); // prettier-ignore
    const pile = (...xs: Tree[]): Tree => tree.map((...ts: Tensor[]) => tensor(ts.map((t) => t.toArray()) as never, { dtype: ts[0]!.dtype }), xs[0]!, ...xs.slice(1)); // prettier-ignore
    const batched = vmap((g: Tree, s: SoapState, p: Tree) => optimizer.update(g, s, p).updates)(
      pile(...all.map(({ grads }) => grads)),
      pile(...all.map(({ at }) => at.state)) as SoapState,
      pile(...all.map(({ at }) => at.params)),
    );
    const alone = pile(...all.map(({ grads, at }) => optimizer.update(grads, at.state, at.params).updates));
    expect(distance(batched, alone)).toBeLessThan(1e-12);
  });
});
