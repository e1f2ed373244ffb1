import { describe, expect, it } from 'vitest';
import { grad, jit, memory, scope, stack, tensor, tree, vmap, type Tensor } from '@core/tensor';
import { loraAttentionLoss, type AttentionAdapters, type LoraAttention } from '../../src/index.js';
import { distance, f64, randomTensor, seeds, thrown } from '../support.js';
import {
  fullProblem,
  goldens,
  gradsOf,
  leafwiseError,
  naiveLoss,
  partialProblem,
  relativeError,
  unevenProblem,
} from './problems.js';

const at = (problem: LoraAttention, adapters: AttentionAdapters): LoraAttention => ({ ...problem, adapters });

/** Central differences of the naive loss, every element. */
function differences(problem: LoraAttention, h = 1e-6): AttentionAdapters {
  const { leaves, definition } = tree.flatten(problem.adapters);
  const value = (i: number, moved: Tensor): number =>
    scope(() => {
      const changed = leaves.map((leaf, k) => (k === i ? moved : leaf));
      return naiveLoss(at(problem, tree.unflatten(definition, changed) as AttentionAdapters)); // same structure
    }).item();
  const slopes = leaves.map((leaf, i) => {
    const numbers = Float64Array.from(leaf.dataSync());
    const out = numbers.map((x, k) => {
      const moved = (by: number): Tensor =>
        tensor(numbers.map((y, j) => (j === k ? x + by : y)), { shape: leaf.shape }); // prettier-ignore
      return (value(i, moved(h)) - value(i, moved(-h))) / (2 * h);
    });
    return tensor(out, { shape: leaf.shape });
  });
  return tree.unflatten(definition, slopes) as AttentionAdapters; // same structure
}

describe('loraAttentionLoss', () => {
  it('gives the loss and gradients of an independent implementation', () => {
    const all = loraAttentionLoss({ ...fullProblem(), beta: 0.5 });
    expect(all.loss.item() / goldens.all.loss).toBeCloseTo(1, 12);
    expect(leafwiseError(all.grads, gradsOf(goldens.all.grads))).toBeLessThan(1e-12);
    const partial = loraAttentionLoss(partialProblem(1));
    expect(partial.loss.item() / goldens.gamma1.loss).toBeCloseTo(1, 12);
    expect(leafwiseError(partial.grads, gradsOf(goldens.gamma1.grads))).toBeLessThan(1e-12);
  });

  it('gradients of A and B of all three projections are central differences, to 1e-5', () => {
    const problem = fullProblem();
    expect(leafwiseError(loraAttentionLoss(problem).grads, differences(problem))).toBeLessThan(1e-5);
    const uneven = unevenProblem(randomTensor);
    expect(leafwiseError(loraAttentionLoss(uneven).grads, differences(uneven))).toBeLessThan(1e-5);
  });

  it('gradients are those of the plain graph, to 1e-10', () => {
    for (const seed of seeds) {
      const problems = [fullProblem(), unevenProblem((s, shape) => randomTensor(100 * seed + s, shape))];
      for (const problem of problems) {
        const slopes = grad((adapters: AttentionAdapters) => naiveLoss(at(problem, adapters)))(
          problem.adapters,
        );
        expect(leafwiseError(loraAttentionLoss(problem).grads, slopes)).toBeLessThan(1e-10);
      }
    }
  });

  it('does not depend on the tiles', () => {
    const problem = fullProblem();
    const whole = loraAttentionLoss(problem, { rowsPerTile: 1000 });
    for (const rowsPerTile of [1, 100, 128, 256]) {
      const tiled = loraAttentionLoss(problem, { rowsPerTile });
      expect(tiled.loss.item() / whole.loss.item()).toBeCloseTo(1, 13);
      expect(leafwiseError(tiled.grads, whole.grads)).toBeLessThan(1e-12);
    }
  });

  it('only a tile of the large matrices exists at once', () => {
    const x = randomTensor(1, [4096, 4]);
    const large = {
      ...fullProblem(),
      inputs: { query: x, key: x, value: x },
      target: randomTensor(2, [4096, 4]),
    };
    const before = memory();
    expect(loraAttentionLoss(large, { rowsPerTile: 64 }).loss.isFinite().item()).toBe(1);
    const after = memory();
    // A matrix has 134 MB, a tile 2 MB.
    expect(after.peakBytes + after.pooledBytes - before.bytes - before.pooledBytes).toBeLessThan(60e6);
  });

  it('B = 0, where adapters begin: no gradient for A, some for B', () => {
    const { adapters, ...rest } = fullProblem();
    const fresh = tree.map((leaf) => leaf, adapters);
    const zero = Object.fromEntries(
      Object.entries(fresh).map(([name, { A, B }]) => [name, { A, B: B.mul(0) }]),
    ) as AttentionAdapters; // the same names
    const { grads } = loraAttentionLoss({ ...rest, adapters: zero });
    for (const one of Object.values(grads)) {
      expect(one.A.abs().max().item()).toBe(0);
      expect(one.B.abs().max().item()).toBeGreaterThan(1e-3);
    }
  });

  it('softmax is safe for scores of any size', () => {
    const problem = fullProblem();
    const { loss, grads } = loraAttentionLoss({ ...problem, beta: 1e4 });
    for (const leaf of [loss, ...tree.leaves(grads)]) expect(leaf.isFinite().all().item()).toBe(1);
  });

  it('works compiled, over batches, and under grad', () => {
    const problem = unevenProblem(randomTensor);
    const { loss, grads } = loraAttentionLoss(problem, { rowsPerTile: 2 });
    const compiled = jit((p: LoraAttention) => {
      const out = loraAttentionLoss(p, { rowsPerTile: 2 });
      return { loss: out.loss, grads: out.grads };
    })(problem);
    expect(distance(compiled, { loss, grads })).toBeLessThan(1e-12);

    const targets = stack([problem.target, problem.target.mul(2)]);
    const many = vmap(
      (target: Tensor) => loraAttentionLoss({ ...problem, target }, { rowsPerTile: 2 }).grads,
    )(targets);
    expect(distance(tree.map((leaf) => leaf.at(0), many), grads)).toBeLessThan(1e-12); // prettier-ignore

    const slopes = grad((adapters: AttentionAdapters) => loraAttentionLoss(at(problem, adapters), { rowsPerTile: 2 }).loss)(problem.adapters); // prettier-ignore
    expect(distance(slopes, grads)).toBeLessThan(1e-10);
  });

  it('alpha and beta may be tensors, of any float dtype', () => {
    const problem = unevenProblem(randomTensor);
    const traced = jit((alpha: Tensor, beta: Tensor) => loraAttentionLoss({ ...problem, alpha, beta }).grads);
    expect(distance(traced(f64(3), f64(0.7)), loraAttentionLoss(problem).grads)).toBeLessThan(1e-12);
    const narrow = tree.map((leaf) => leaf.cast('float32'), problem);
    const { grads } = loraAttentionLoss({ ...narrow, alpha: f64(3), beta: f64(0.7) });
    expect(tree.leaves(grads).map((leaf) => leaf.dtype)).toEqual(Array(6).fill('float32'));
    expect(relativeError(grads, loraAttentionLoss(problem).grads)).toBeLessThan(1e-5);
  });

  it('says what does not fit', () => {
    const problem = unevenProblem(randomTensor);
    const said = (change: object, options = {}): string =>
      thrown(() => loraAttentionLoss({ ...problem, ...change }, options));
    const { inputs, weights, adapters } = problem;
    expect(said({ alpha: NaN })).toBe('ARGUMENT: loraAttentionLoss: alpha must be a finite number or a scalar float tensor, got NaN'); // prettier-ignore
    expect(said({ beta: () => 1 })).toMatch(
      'beta must be a finite number or a scalar float tensor, got a function',
    );
    expect(said({ target: f64([1, 2]) })).toBe('SHAPE: loraAttentionLoss: target must be a matrix with elements, got a float64[2] tensor'); // prettier-ignore
    expect(said({ target: f64([[]]) })).toMatch('must be a matrix with elements');
    expect(said({ target: 3 })).toBe('TREE: loraAttentionLoss: target must be a tensor, got 3');
    expect(said({ target: problem.target.cast('float32') })).toMatch(
      /^DTYPE.*inputs.query is a float64\[7,3\]/,
    );
    expect(said({ target: randomTensor(1, [6, 6]) })).toMatch(
      'inputs.query [7,3] and target [6,6] do not fit',
    );
    expect(said({ inputs: undefined })).toMatch('inputs.query must be a tensor, got undefined');
    expect(said({ inputs: { ...inputs, value: randomTensor(1, [4, 2]) } })).toMatch('inputs.key [5,4] and inputs.value [4,2]'); // prettier-ignore
    expect(said({ weights: { ...weights, key: randomTensor(1, [4, 3]) } })).toMatch('weights.query [3,2] and weights.key [4,3]'); // prettier-ignore
    expect(said({ weights: { ...weights, key: randomTensor(1, [3, 2]) } })).toMatch('inputs.key [5,4] and weights.key [3,2]'); // prettier-ignore
    expect(said({ adapters: {} })).toMatch(/^TREE.*adapters are \{ A, B \}.*got none/);
    expect(said({ adapters: { output: adapters.query } })).toMatch('got output');
    expect(said({ adapters: { query: { A: adapters.query?.A } } })).toMatch(
      'adapters.query.B must be a tensor',
    );
    expect(said({ adapters: { query: adapters.key } })).toMatch('weights.query [3,2] takes A [r,2] and B [3,r], got A [2,2] and B [4,2]'); // prettier-ignore
    expect(said({}, { rowsPerTile: 0 })).toMatch('rowsPerTile must be a whole number of at least 1, got 0');
    expect(said({}, { rows: 1 })).toMatch('there is no option rows');
  });
});
