import { grad, jit, random, tree, vmap } from '@core/tensor';
import type { Tensor, Tree } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import {
  dense,
  dropout,
  dropoutLayer,
  embedding,
  isAdapter,
  lora,
  loraAdapters,
  mergeAdapters,
  mse,
  selfAttention,
  sequential,
  transformerLayer,
  unmergeAdapters,
  withAdapters,
} from '../src/index.js';
import { checkGradient, distance, expectClose, expectError, normal, seeds } from './support/checks.js';

const float64 = { dtype: 'float64' } as const;
const attention = (seed: number) => selfAttention(2).init(random.key(seed), [5, 6], float64).params;

/** Adapters that do something: B is not 0. */
function moved(adapters: Tree, seed: number): Tree {
  let next = 0;
  return tree.map((leaf) => normal(100 * seed + next++, leaf.shape), adapters);
}

describe('loraAdapters', () => {
  it('sits on queries and values, with A random and B zero', () => {
    const adapters = loraAdapters(random.key(1), { block: attention(1) }, { rank: 3 });
    expect(tree.paths(adapters)).toEqual([
      'block.query.A',
      'block.query.B',
      'block.value.A',
      'block.value.B',
    ]);
    const { query } = (adapters as { block: { query: { A: Tensor; B: Tensor } } }).block;
    expect([query.A.shape, query.B.shape, query.A.dtype]).toEqual([[3, 6], [6, 3], 'float64']); // prettier-ignore
    expect(query.B.abs().max().item()).toBe(0);
    expect(query.A.abs().max().item()).toBeLessThanOrEqual(1 / Math.sqrt(6));
    expect(query.A.abs().max().item()).toBeGreaterThan(0.3);
  });

  it('sits where it is told to', () => {
    const params = transformerLayer(2).init(random.key(1), [5, 6], float64).params;
    const all = loraAdapters(random.key(1), params, { rank: 2, where: () => true });
    const sites = [
      'attention.key',
      'attention.output',
      'attention.query',
      'attention.value',
      'linear1',
      'linear2',
    ];
    expect(tree.paths(all)).toEqual(sites.flatMap((site) => [`${site}.A`, `${site}.B`]));
    const wide = loraAdapters(random.key(1), params, {
      rank: 2,
      where: (_, weight) => weight.shape[0] === 24,
    });
    expect(tree.paths(wide)).toEqual(['linear1.A', 'linear1.B']);
    const root = loraAdapters(random.key(1), dense(4).init(random.key(1), [3]).params, { rank: 1, where: () => true }); // prettier-ignore
    expect(tree.paths(root)).toEqual(['A', 'B']);
    const listed = loraAdapters(random.key(1), [attention(1), attention(2)], { rank: 1 });
    expect(tree.paths(withAdapters([attention(1), attention(2)], listed))).toContain('1.query.adapter.A');
  });

  it('refuses what cannot be', () => {
    expectError(() => loraAdapters(random.key(1), attention(1), { rank: 0 }), 'ARGUMENT', 'rank must be a whole number of at least 1, got 0'); // prettier-ignore
    expectError(() => loraAdapters(random.key(1), attention(1), { rank: NaN }), 'ARGUMENT', 'got NaN');
    expectError(() => loraAdapters(random.key(1), attention(1)), 'ARGUMENT', "rank 8 is more than the weight [6,6] at 'query' can have"); // prettier-ignore
    expectError(() => loraAdapters(random.key(1), dense(4).init(random.key(1), [3]).params), 'ARGUMENT', "where chooses no layer; there are '' (the root)"); // prettier-ignore
    expectError(() => loraAdapters(random.key(1), { scale: normal(1, [3]) }), 'ARGUMENT', 'there are none with a weight [out, in]'); // prettier-ignore
  });
});

describe('adapters', () => {
  const x = normal(7, [2, 5, 6]);
  const layer = selfAttention(2);
  const run = (params: ReturnType<typeof attention>): Tensor => layer.apply(params, {}, x).output;

  it('begin without effect', () => {
    for (const seed of seeds) {
      const params = attention(seed);
      const adapters = loraAdapters(random.key(seed), params, { rank: 2 });
      expect(distance(run(withAdapters(params, adapters)), run(params))).toBe(0);
    }
  });

  it('beside a weight, merged into it, and taken out again are the same layer', () => {
    for (const seed of seeds) {
      const params = attention(seed);
      const adapters = moved(loraAdapters(random.key(seed), params, { rank: 2, where: () => true }), seed);
      const options = { alpha: 3 };
      const merged = mergeAdapters(params, adapters, options);
      expect(distance(run(merged), run(params))).toBeGreaterThan(1e-2);
      expectClose(run(withAdapters(params, adapters, options)), run(merged), 1e-11);
      expectClose(unmergeAdapters(merged, adapters, options), params, 1e-13);
      const { A, B } = (adapters as { query: { A: Tensor; B: Tensor } }).query;
      expectClose(merged.query.weight, params.query.weight.add(B.matmul(A).mul(1.5)), 1e-14);
    }
  });

  it('alpha counts over the rank, and may be traced; by default the factor is 1', () => {
    const params = attention(1);
    const adapters = moved(loraAdapters(random.key(1), params, { rank: 2 }), 1);
    expectClose(mergeAdapters(params, adapters), mergeAdapters(params, adapters, { alpha: 2 }), 0);
    const traced = jit((alpha: Tensor) => run(withAdapters(params, adapters, { alpha })));
    expectClose(
      traced(normal(1, []).mul(0).add(3)),
      run(mergeAdapters(params, adapters, { alpha: 3 })),
      1e-11,
    );
  });

  it('work on embeddings', () => {
    const table = embedding(9, 4);
    const { params } = table.init(random.key(1), [3], float64);
    const adapters = moved(loraAdapters(random.key(1), params, { rank: 2, where: () => true }), 1);
    const ids = random.permutation(random.key(1), 9).reshape([3, 3]);
    const beside = table.apply(withAdapters(params, adapters), {}, ids).output;
    expectClose(beside, table.apply(mergeAdapters(params, adapters), {}, ids).output, 1e-13);
  });

  it('have exact gradients; A has none while B is 0', () => {
    const params = attention(1);
    const fresh = loraAdapters(random.key(1), params, { rank: 2 }) as { query: { A: Tensor; B: Tensor } };
    const loss = (adapters: Tree): Tensor =>
      run(withAdapters(params, adapters, { alpha: 4 }))
        .square()
        .sum();
    checkGradient(loss, moved(fresh, 1), 1);
    const { query } = grad(loss)(fresh) as typeof fresh;
    expect(query.A.abs().max().item()).toBe(0);
    expect(query.B.abs().max().item()).toBeGreaterThan(1e-3);
  });

  it('refuse a tree that does not fit', () => {
    const params = attention(1);
    const adapter = { A: normal(1, [2, 6]), B: normal(2, [6, 2]) };
    expectError(() => withAdapters(params, { other: adapter }), 'TREE', 'withAdapters: there is an adapter at other, but no such layer'); // prettier-ignore
    expectError(
      () => mergeAdapters({ w: params.query.weight }, { w: adapter }),
      'TREE',
      'at w, but no such layer',
    );
    expectError(() => mergeAdapters({ norm: { weight: normal(1, [6]) } }, { norm: adapter }), 'TREE', 'at norm, but no weight [out, in]'); // prettier-ignore
    expectError(() => withAdapters(params, { query: normal(1, [2]) }), 'TREE', 'at query there must be an adapter { A, B }'); // prettier-ignore
    expectError(() => withAdapters(params, { query: { ...adapter, B: normal(1, [6, 3]) } }), 'SHAPE', 'at query, the weight [6,6] takes A [rank,6] and B [6,rank], got [2,6] and [6,3]'); // prettier-ignore
    expectError(() => unmergeAdapters(params, { query: adapter }, { alpha: NaN }), 'ARGUMENT', 'unmergeAdapters: alpha must be a finite number or a scalar float tensor, got NaN'); // prettier-ignore
    expectError(() => withAdapters(params, { query: adapter }, { alpha: normal(1, [2]) }), 'ARGUMENT', 'got float64[2]'); // prettier-ignore
  });
});

describe('dropout of what adapters see', () => {
  const layer = dense(3, { bias: false });
  const { params } = layer.init(random.key(1), [4], float64);
  const adapters = moved(loraAdapters(random.key(1), params, { rank: 2, where: () => true }), 1);
  const { A, B } = adapters as { A: Tensor; B: Tensor };
  const x = normal(7, [50, 4]);
  const run = (options: Parameters<typeof withAdapters>[2]): Tensor =>
    layer.apply(withAdapters(params, adapters, options), {}, x).output;

  it('is x·Wᵀ + (α/r) drop(x)·Aᵀ·Bᵀ: the weight sees everything', () => {
    for (const seed of seeds) {
      const key = random.key(seed);
      const dropped = dropout(random.foldIn(key, 0), x, 0.25);
      const wanted = x
        .matmul(params.weight, { transposeB: true })
        .add(dropped.matmul(A, { transposeB: true }).matmul(B, { transposeB: true }).mul(1.5));
      expectClose(run({ alpha: 3, dropout: 0.25, key }), wanted, 1e-12);
    }
  });

  it('has the mean of evaluation', () => {
    const count = 2000;
    const drawn = vmap((key: Tensor) => run({ dropout: 0.25, key }))(random.splitStack(random.key(1), count));
    const error = drawn.mean(0).sub(run({})).abs().max().item();
    const deviation = drawn.std(0).max().item() / Math.sqrt(count);
    // The largest of 150 means.
    expect(error).toBeLessThan(5 * deviation);
    expect(deviation).toBeGreaterThan(0);
  });

  it('draws the same for the same key, another for each adapter and each key', () => {
    const [a, b] = random.split(random.key(1));
    expect(distance(run({ dropout: 0.5, key: a }), run({ dropout: 0.5, key: a }))).toBe(0);
    expect(distance(run({ dropout: 0.5, key: a }), run({ dropout: 0.5, key: b }))).toBeGreaterThan(0);
    const twins = { one: params, two: params };
    const both = { two: adapters, one: adapters };
    const kept = withAdapters(twins, both, { dropout: 0.5, key: a });
    const [one, two] = [kept.one, kept.two].map((p) => layer.apply(p, {}, x).output) as [Tensor, Tensor];
    expect(distance(one, two)).toBeGreaterThan(0);
    const turned = withAdapters(twins, { one: adapters, two: adapters }, { dropout: 0.5, key: a });
    expect(distance(turned, kept)).toBe(0);
  });

  it('is off by default, and leaves embeddings alone', () => {
    expect(tree.paths(withAdapters(params, adapters))).toEqual(['adapter.A', 'adapter.B', 'weight']);
    expect(distance(run({ dropout: 0 }), run({}))).toBe(0);
    const table = embedding(9, 4);
    const own = table.init(random.key(1), [3], float64).params;
    const change = moved(loraAdapters(random.key(1), own, { rank: 2, where: () => true }), 1);
    const ids = random.permutation(random.key(1), 9);
    const at = (options: Parameters<typeof withAdapters>[2]): Tensor =>
      table.apply(withAdapters(own, change, options), {}, ids).output;
    expect(distance(at({ dropout: 0.5, key: random.key(1) }), at({}))).toBe(0);
  });

  it('lora: acts in training only, under the key that apply is given', () => {
    const adapted = lora(layer, { rank: 2, where: () => true, dropout: 0.5 });
    const plain = lora(layer, { rank: 2, where: () => true });
    const given = { base: params, adapters };
    const evaluated = plain.apply(given, {}, x).output;
    expect(distance(adapted.apply(given, {}, x).output, evaluated)).toBe(0);
    expect(distance(adapted.apply(given, {}, x, { key: random.key(1) }).output, evaluated)).toBe(0);
    expect(distance(plain.apply(given, {}, x, { train: true }).output, evaluated)).toBe(0);
    const train = (seed: number): Tensor =>
      adapted.apply(given, {}, x, { train: true, key: random.key(seed) }).output;
    expect(distance(train(1), train(1))).toBe(0);
    expect(distance(train(1), evaluated)).toBeGreaterThan(1e-2);
    expect(distance(train(1), train(2))).toBeGreaterThan(1e-2);
    const compiled = jit((key: Tensor) => adapted.apply(given, {}, x, { train: true, key }).output);
    expectClose(compiled(random.key(1)), train(1), 1e-12);
  });

  it('lora: the layer inside has a key of its own', () => {
    const inside = lora(sequential({ drop: dropoutLayer(0.5), out: layer }), { rank: 2, where: () => true, dropout: 0.5 }); // prettier-ignore
    const start = inside.init(random.key(1), [4], float64).params; // B is 0: only the inner dropout shows
    const train = (seed: number): Tensor =>
      inside.apply(start, { drop: {}, out: {} }, x, { train: true, key: random.key(seed) }).output;
    expect(distance(train(1), train(2))).toBeGreaterThan(1e-2);
  });

  it('has exact gradients', () => {
    const loss = (a: Tree): Tensor => {
      const p = withAdapters(params, a, { dropout: 0.5, key: random.key(3) });
      return layer.apply(p, {}, x).output.square().sum();
    };
    checkGradient(loss, adapters, 1);
  });

  it('refuses other rates, and training without a key', () => {
    for (const rate of [-0.1, 1, NaN]) {
      expectError(() => lora(layer, { dropout: rate }), 'ARGUMENT', `lora: dropout must be at least 0 and below 1, got ${rate}`); // prettier-ignore
      expectError(() => run({ dropout: rate, key: random.key(1) }), 'ARGUMENT', 'withAdapters: dropout must be at least 0'); // prettier-ignore
    }
    expectError(() => run({ dropout: 0.5 }), 'ARGUMENT', 'withAdapters: dropout needs a random key, a new one for every step; for evaluation leave both out'); // prettier-ignore
    const adapted = lora(layer, { dropout: 0.5 });
    expectError(() => adapted.apply({ base: params, adapters }, {}, x, { train: true }), 'ARGUMENT', 'lora: training needs a random key'); // prettier-ignore
  });
});

describe('lora', () => {
  const model = sequential({
    attend: lora(selfAttention(2), { rank: 2, alpha: 4 }),
    out: lora(dense(1), { rank: 1, where: () => true }),
  });
  const { params, state } = model.init(random.key(1), [5, 6], float64);
  const x = normal(3, [4, 5, 6]);
  const y = normal(4, [4, 5, 1]);
  const loss = (p: typeof params): Tensor => mse(model.apply(p, state, x).output, y);

  it('keeps the layer and its adapters apart, and knows which is which', () => {
    const adapters = tree.paths(params).filter(isAdapter);
    expect(adapters).toEqual(['query.A', 'query.B', 'value.A', 'value.B'].map((path) => `attend.adapters.${path}`).concat('out.adapters.A', 'out.adapters.B')); // prettier-ignore
    expect(tree.paths(params).length - adapters.length).toBe(8 + 2);
    expect([isAdapter('adapters'), isAdapter('adapters.A'), isAdapter('base.query.A')]).toEqual([
      false,
      true,
      false,
    ]);
  });

  it('only adapters learn', () => {
    let now = params;
    const step = jit((p: typeof params) => tree.map((leaf, g) => leaf.sub(g.mul(0.2)), p, grad(loss)(p)));
    for (let i = 0; i < 60; i++) now = step(now);
    expect(distance(now.attend.base, params.attend.base)).toBe(0);
    expect(distance(now.out.base, params.out.base)).toBe(0);
    expect(loss(now).item()).toBeLessThan(0.9 * loss(params).item());
  });

  it('starts from a trained layer', () => {
    const trained = attention(9);
    const started = { ...params, attend: { ...params.attend, base: trained } };
    const { output } = lora(selfAttention(2), { alpha: 4 }).apply(started.attend, {}, x);
    expectClose(output, selfAttention(2).apply(trained, {}, x).output, 0);
  });

  it('refuses parameters of another layer', () => {
    expectError(
      () => lora(dense(1)).apply({} as never, {}, x),
      'ARGUMENT',
      'parameters are { base, adapters }',
    );
  });
});
