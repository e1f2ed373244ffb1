import { describe, expect, it } from 'vitest';
import { jit, tree, vmap, zeros, type Tensor, type Tree } from '@core/tensor';
import {
  accumulate,
  adam,
  adamw,
  applyUpdates,
  chain,
  clipByGlobalNorm,
  identity,
  lion,
  lookahead,
  masked,
  partition,
  scale,
  addDecayedWeights,
  scaleByAdam,
  scaleByLearningRate,
  scaleByLion,
  setToZero,
  sgd,
  type Optimizer,
} from '../../src/index.js';
import { distance, f64, flat, follow, randomTensor, seeds, someParams } from '../support.js';

const gradients = (seed: number, count: number): Tree[] =>
  Array.from({ length: count }, (_, i) => someParams(100 * seed + i));

describe.each(seeds)('composition, seed %i', (seed) => {
  const params = someParams(seed);
  const grads = gradients(seed, 6);

  it('chain: identity is neutral, nesting does not matter, names do not either', () => {
    const [a, b, c] = [clipByGlobalNorm(1), scaleByAdam(), scaleByLearningRate(0.1)] as const;
    const want = follow(chain(a, b, c), params, grads).params;
    for (const same of [
      chain(identity(), a, identity(), b, c),
      chain(chain(a, b), c),
      chain(a, chain(b, c)),
      chain({ z: a, y: b, x: c }),
      chain(a, adam({ learningRate: 0.1 })),
    ] as readonly Optimizer[]) {
      expect(distance(follow(same, params, grads).params, want)).toBe(0);
    }
  });

  it('aliases are the chains that they say they are', () => {
    const decayed = chain(scaleByAdam(), addDecayedWeights(0.3), scaleByLearningRate(0.1));
    const w = adamw({ learningRate: 0.1, weightDecay: 0.3 });
    expect(distance(follow(w, params, grads).params, follow(decayed, params, grads).params)).toBe(0);
    const clipped = chain(clipByGlobalNorm(1), lion({ learningRate: 0.1, weightDecay: 0.2 }));
    const spelled = chain(clipByGlobalNorm(1), scaleByLion(), addDecayedWeights(0.2), scale(-0.1));
    expect(
      distance(follow(clipped, params, grads).params, follow(spelled, params, grads).params),
    ).toBeLessThan(1e-12);
  });

  it('weight decay reaches only what its mask chooses', () => {
    const optimizer = lion({ learningRate: 0.1, weightDecay: 0.5, weightDecayMask: (_, p) => p.ndim > 1 });
    const still = tree.map((p: Tensor) => p.mul(0), params);
    const after = follow(optimizer, params, [still]).params;
    expect(distance(after.layers[0]?.bias, params.layers[0]?.bias)).toBe(0);
    expect(distance(after.layers[0]?.weight, params.layers[0]?.weight.mul(0.95))).toBeLessThan(1e-15);
  });

  it('masked: the chosen leaves are transformed as alone, the others pass by', () => {
    const inner = scaleByAdam();
    const optimizer = masked(inner, (path) => path.endsWith('weight'));
    const { updates } = follow(chain(optimizer, scale(1)), params, grads);
    const alone = follow(inner, { w: params.layers[1]?.weight as Tensor }, grads.map((g) => ({ w: at(g, 'layers.1.weight') }))); // prettier-ignore
    expect(distance(at(updates, 'layers.1.weight'), alone.updates)).toBeLessThan(1e-14);
    expect(distance(at(updates, 'layers.1.bias'), at(grads.at(-1) as Tree, 'layers.1.bias'))).toBe(0);
    expect(tree.paths(optimizer.init(params).inner.m)).toEqual(['layers.0.weight', 'layers.1.weight']);
  });

  it('masks may be trees whose branches end early', () => {
    const byTree = masked(scale(-1), { layers: [true, { weight: false, bias: true }], scale: false });
    const byPath = masked(scale(-1), (path) => path.startsWith('layers.0') || path === 'layers.1.bias');
    expect(distance(follow(byTree, params, grads).updates, follow(byPath, params, grads).updates)).toBe(0);
  });

  it('partition: every group moves as if it were alone', () => {
    const groups = { fast: sgd({ learningRate: 1, momentum: 0.9 }), slow: adam(), frozen: setToZero() };
    const label = (path: string): keyof typeof groups =>
      path === 'scale' ? 'frozen' : path.endsWith('bias') ? 'slow' : 'fast';
    const optimizer = partition(groups, label);
    const { params: after, state } = follow(optimizer, params, grads);
    for (const name of ['fast', 'slow'] as const) {
      const own = (t: Tree) =>
        Object.fromEntries(
          tree
            .paths(t)
            .flatMap((path, i) => (label(path) === name ? [[path, tree.leaves(t)[i] as Tensor]] : [])),
        );
      const alone = follow(groups[name] as Optimizer, own(params), grads.map(own));
      expect(distance(own(after), alone.params)).toBe(0);
    }
    expect(distance(after.scale, params.scale)).toBe(0);
    expect(tree.paths(state.slow.moments.m)).toEqual(['layers.0.bias', 'layers.1.bias']);
    const compiled = jit((g: Tree, s: typeof state, p: Tree) => optimizer.update(g, s, p));
    const traced = follow({ init: (p) => optimizer.init(p), update: compiled }, params, grads);
    expect(distance(traced.params, after)).toBeLessThan(1e-13);
  });

  it('accumulate: n gradients make the step on their mean', () => {
    const optimizer = accumulate(adam({ learningRate: 0.1 }), 3);
    const mean = (part: readonly Tree[]): Tree =>
      tree.map(
        (...g: Tensor[]) => g.reduce((a, b) => a.add(b)).div(g.length),
        part[0] as Tree,
        ...part.slice(1),
      );
    const want = follow(adam({ learningRate: 0.1 }), params, [mean(grads.slice(0, 3)), mean(grads.slice(3))]);
    const got = follow(optimizer, params, grads);
    expect(distance(got.params, want.params)).toBeLessThan(1e-14);
    expect(got.state.gathered.item()).toBe(0);
    expect(got.state.inner.moments.count.item()).toBe(2);
    const between = follow(optimizer, params, grads.slice(0, 2));
    expect(distance(between.params, params)).toBe(0);
    let traces = 0;
    const compiled = jit((g: Tree, s: typeof got.state, p: Tree) => {
      traces += 1;
      return optimizer.update(g, s, p);
    });
    const traced = follow({ init: (p) => optimizer.init(p), update: compiled }, params, grads);
    expect(distance(traced.params, want.params)).toBeLessThan(1e-14);
    expect(traces).toBe(1);
  });

  it('accumulate under vmap', () => {
    const optimizer = accumulate(sgd({ learningRate: 1 }), 2);
    const run = (p: Tensor): Tensor => follow(optimizer, p, [p, p.mul(3), p]).params;
    const batch = randomTensor(seed, [4, 3]);
    expect(distance(vmap(run)(batch), batch.mul(-1))).toBeLessThan(1e-15);
  });

  it('lookahead follows its definition', () => {
    const inner = sgd({ learningRate: 0.1, momentum: 0.9 });
    const optimizer = lookahead(inner, { period: 2, stepSize: 0.3 });
    let slow: Tree = params;
    let fast: Tree = params;
    let state = inner.init(params);
    grads.forEach((g, t) => {
      const next = inner.update(g, state, fast);
      fast = applyUpdates(fast, next.updates);
      state = next.state;
      if (t % 2 === 1) {
        slow = tree.map((s: Tensor, f: Tensor) => s.add(f.sub(s).mul(0.3)), slow, fast);
        fast = slow;
      }
    });
    const got = follow(optimizer, params, grads);
    expect(distance(got.params, fast)).toBeLessThan(1e-14);
    expect(distance(got.state.slow, slow)).toBeLessThan(1e-14);
  });

  it('a lookahead’s slow weights outlive the parameters it began with', () => {
    const own = { w: randomTensor(seed, [2]) };
    const optimizer = lookahead(sgd({ learningRate: 0.1 }), { period: 1 });
    const state = optimizer.init(own);
    const want = flat(own.w.mul(0.95));
    const copy = { w: own.w.mul(1) };
    own.w.dispose();
    expect(flat(applyUpdates(copy, optimizer.update(copy, state, copy).updates))).toEqual(
      want.map((x) => expect.closeTo(x, 14)),
    );
  });
});

describe('trees at their limits', () => {
  const wrapped: Readonly<Record<string, Optimizer>> = {
    chain: chain(clipByGlobalNorm(1), adam()),
    masked: masked(adam(), false),
    partition: partition({ a: adam() }, 'a'),
    accumulate: accumulate(adam(), 2),
    lookahead: lookahead(adam()),
  };
  it.each(Object.entries(wrapped))(
    '%s: one tensor, an empty tree, leaves without elements',
    (_, optimizer) => {
      for (const params of [f64([1, 2]), f64(3), {}, [], { a: zeros([0, 3]), b: zeros([2, 0]) }] as Tree[]) {
        const { updates } = optimizer.update(params, optimizer.init(params), params);
        expect(tree.flatten(updates).definition.key).toBe(tree.flatten(params).definition.key);
        expect(flat(updates).every(Number.isFinite)).toBe(true);
      }
    },
  );
});

/** The leaf at a path. */
function at(of: Tree, path: string): Tensor {
  return tree.leaves(of)[tree.paths(of).indexOf(path)] as Tensor;
}
