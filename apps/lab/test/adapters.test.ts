import { describe, expect, it } from 'vitest';
import {
  dense,
  isAdapter,
  lora,
  mse,
  selfAttention,
  sequential,
  withAdapters,
  type ParamsOf,
} from '@core/nn';
import { createRegistry } from '@core/registry';
import { eye, grad, jit, random, tree, type Tensor, type Tree } from '@core/tensor';
import {
  adamw,
  applyUpdates,
  loraAttentionLoss,
  masked,
  partition,
  setToZero,
  type Optimizer,
} from '@plugins/optim';
import optim from '@plugins/optim/plugin';

/* Adapters of @core/nn under the optimizers of @plugins/optim, which know nothing of each other. */

const model = sequential({
  attend: lora(selfAttention(2), { rank: 2 }),
  out: lora(dense(1), { rank: 1, where: () => true }),
});
type Params = ParamsOf<typeof model>;
const { params, state } = model.init(random.key(1), [5, 6], { dtype: 'float64' });
const x = random.normal(random.key(2), [4, 5, 6], { dtype: 'float64' });
const y = random.normal(random.key(3), [4, 5, 1], { dtype: 'float64' });
const loss = (p: Params): Tensor => mse(model.apply(p, state, x).output, y);

const numbers = (of: Tree): number => tree.leaves(of).reduce((sum, leaf) => sum + leaf.size, 0);

/** How far the frozen parameters have moved. */
function drift(p: Params): number {
  const base = (of: Params): Tree => [of.attend.base, of.out.base];
  const moved = tree.map((a, b) => a.sub(b).abs().max(), base(p), base(params));
  return Math.max(...tree.leaves(moved).map((leaf) => leaf.item()));
}

const decayed = { learningRate: 0.01, weightDecay: 0.1 };
const optimizers: readonly (readonly [string, () => Optimizer | Promise<Optimizer>])[] = [
  ['masked', () => masked(adamw(decayed), isAdapter)],
  [
    'partition',
    () =>
      partition({ adapters: adamw(decayed), frozen: setToZero() }, (path) =>
        isAdapter(path) ? 'adapters' : 'frozen',
      ),
  ],
  [
    'optim/parameter-groups',
    () =>
      createRegistry([optim]).fromSpec(
        {
          use: 'optim/parameter-groups',
          groups: [{ match: '*adapters.*', optimizer: { use: 'optim/adamw', ...decayed } }],
          rest: { use: 'optim/sgd', learningRate: 0 },
        },
        { kind: 'optimizer' },
      ),
  ],
];

describe('adapters under optimizers', () => {
  it.each(optimizers)('%s: only adapters move, with states for them alone', async (_, make) => {
    const optimizer = await make();
    let now = params;
    let memory = optimizer.init(params);
    // Two moments for each number of an adapter, and a few scalars.
    const learned = numbers(params.attend.adapters) + numbers(params.out.adapters);
    expect(numbers(memory)).toBeLessThan(2 * learned + 20);
    const step = jit((p: Params, s: Tree) => {
      const next = optimizer.update(grad(loss)(p), s, p);
      return { params: applyUpdates(p, next.updates), state: next.state };
    });
    for (let i = 0; i < 40; i++) ({ params: now, state: memory } = step(now, memory));
    expect(drift(now)).toBe(0);
    expect(loss(now).item()).toBeLessThan(0.9 * loss(params).item());
  });
});

describe('loraAttentionLoss', () => {
  it('is the attention of @core/nn with weights and adapters transposed', () => {
    const layer = selfAttention(1);
    const own = layer.init(random.key(4), [5, 6], { dtype: 'float64' }).params;
    const target = random.normal(random.key(5), [5, 6], { dtype: 'float64' });
    let drawn = 10;
    const adapter = (): { A: Tensor; B: Tensor } => ({
      A: random.normal(random.key(drawn++), [2, 6], { dtype: 'float64' }),
      B: random.normal(random.key(drawn++), [6, 2], { dtype: 'float64' }),
    });
    const adapters = { query: adapter(), key: adapter(), value: adapter() };
    const identity = { ...own.output, weight: eye(6, 6, { dtype: 'float64' }) };
    const plain = (a: typeof adapters): Tensor =>
      layer
        .apply(withAdapters({ ...own, output: identity }, a, { alpha: 3 }), {}, x.slice([0], [1]))
        .output.sub(target)
        .square()
        .sum()
        .mul(0.5);
    const input = x.at(0);
    const turned = tree.map((leaf) => leaf.transpose(), adapters);
    const { loss: value, grads } = loraAttentionLoss({
      inputs: { query: input, key: input, value: input },
      target,
      weights: { query: own.query.weight.T, key: own.key.weight.T, value: own.value.weight.T },
      adapters: {
        query: { A: turned.query.B, B: turned.query.A },
        key: { A: turned.key.B, B: turned.key.A },
        value: { A: turned.value.B, B: turned.value.A },
      },
      alpha: 3,
      beta: 1 / Math.sqrt(6),
    });
    expect(value.item() / plain(adapters).item()).toBeCloseTo(1, 12);
    const slopes = grad(plain)(adapters);
    for (const name of ['query', 'key', 'value'] as const) {
      expect(grads[name]!.A.T.sub(slopes[name].B).abs().max().item()).toBeLessThan(1e-11);
      expect(grads[name]!.B.T.sub(slopes[name].A).abs().max().item()).toBeLessThan(1e-11);
    }
  });
});
