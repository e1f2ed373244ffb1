import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadCheckpoint, saveCheckpoint } from '@core/data/node';
import { jit, tensor, tree, zeros, type Tensor, type Tree } from '@core/tensor';
import { checkFinite, skipNonFinite, type Hyperparameter } from '../src/index.js';
import { every } from './every.js';
import { distance, f64, flat, follow, seeds, someParams, thrown } from './support.js';

/*
 * What holds for every optimizer of the package, from one table. The laws of contract 4.2 are in plugin.test.ts.
 */

const params = someParams(1);
const grads = [2, 3, 4, 5].map((seed) => someParams(seed));

/** One gradient of which one element is not finite. */
const spoilt = (value: number): Tree => {
  const whole = someParams(9);
  const bias = whole.layers[0]?.bias as Tensor;
  const layers = [{ ...whole.layers[0], bias: f64(flat(bias).map((x, i) => (i === 1 ? value : x))) }, whole.layers[1]]; // prettier-ignore
  return { ...whole, layers } as Tree; // the same keys
};

describe.each(Object.entries(every))('%s', (_name, entry) => {
  const { make, numbers, inState = {}, refusesEmpty, passesOver } = entry;

  it.each(Object.keys(numbers))('%s is refused where it is NaN, or its schedule gives NaN', (name) => {
    const given = (one: Hyperparameter) => make({ ...numbers, [name]: one });
    const wanted = new RegExp(
      `^ARGUMENT: \\w+: what the schedule of ${inState[name] ?? name} gives must be .*, got NaN$`,
    );
    for (const nan of [NaN, f64(NaN)])
      expect(
        thrown(() =>
          follow(
            given(() => nan),
            params,
            grads,
          ),
        ),
      ).toMatch(wanted);
    expect(thrown(() => given(NaN))).toMatch(/^ARGUMENT: \w+: .*got NaN$/);
  });

  it.each(seeds)('a checkpoint brings its state back to the same bits, seed %i', async (seed) => {
    const folder = await mkdtemp(join(tmpdir(), 'trellis-optim-'));
    try {
      for (const dtype of ['float32', 'float64'] as const) {
        const all = [1, 2, 3, 4, 5].map((k) => someParams(10 * seed + k, dtype));
        const half = follow(make(numbers), someParams(seed, dtype), all.slice(0, 3));
        await saveCheckpoint(folder, { params: half.params, state: { optimizer: half.state } });
        const loaded = await loadCheckpoint(folder);
        const { optimizer: resumed } = loaded.state as { optimizer: Tree };
        const onward = follow(make(numbers), loaded.params, all.slice(3), resumed);
        const straight = follow(make(numbers), half.params, all.slice(3), half.state);
        expect(distance(onward.params, straight.params)).toBe(0);
        expect(distance(onward.state, straight.state)).toBe(0);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  describe.each([NaN, Infinity, -Infinity])('gradients with %d', (value) => {
    const list = [grads[0], spoilt(value), grads[1], spoilt(value), spoilt(value), grads[2]] as Tree[];

    it('are skipped and counted, as if they had not been, compiled too', () => {
      const inner = make(numbers);
      const optimizer = skipNonFinite(inner);
      const update = jit((g: Tree, s: ReturnType<typeof optimizer.init>, p: Tree) => optimizer.update(g, s, p)); // prettier-ignore
      const want = follow(inner, params, grads.slice(0, 3));
      for (const one of [optimizer, { ...optimizer, update }]) {
        const got = follow(one, params, list);
        expect(distance(got.params, want.params)).toBeLessThan(1e-13);
        expect(distance(got.state.inner, want.state)).toBeLessThan(1e-12);
        expect([got.state.skipped.item(), got.state.consecutive.item()]).toEqual([3, 0]);
        expect(got.state.failed.item()).toBe(0);
      }
      update.dispose();
    });

    it('are an error on demand, and after a compiled step when it is looked for', async () => {
      const optimizer = skipNonFinite(make(numbers), { onNonFinite: 'error' });
      expect(thrown(() => follow(optimizer, params, list))).toBe(
        'ARGUMENT: skipNonFinite: NaN or infinite gradients at layers.0.bias',
      );
      const update = jit((g: Tree, s: ReturnType<typeof optimizer.init>, p: Tree) => optimizer.update(g, s, p)); // prettier-ignore
      const fine = follow({ ...optimizer, update }, params, list.slice(0, 1));
      await checkFinite(fine.state);
      const got = follow({ ...optimizer, update }, params, list);
      await expect(checkFinite({ deep: [got.state] })).rejects.toThrow(
        'skipNonFinite: NaN or infinite gradients; 3 updates were skipped, 2 in a row up to now'.replace('2 in', '0 in'), // prettier-ignore
      );
      await expect(optimizer.check?.(got.state)).rejects.toThrow('3 updates were skipped');
      update.dispose();
    });

    it('otherwise show: NaN is not taken for 0', () => {
      // A sign or a clip makes a step of an infinity; elsewhere it is NaN in the end.
      if (!Number.isNaN(value) || passesOver) return;
      const after = follow(make(numbers), params, [grads[0] as Tree, spoilt(value), grads[1] as Tree]);
      expect(flat(after.params).some(Number.isNaN)).toBe(true);
    });
  });

  it('takes trees of scalars and vectors alone, and none at all', () => {
    const flatTree = { scale: f64(0.5), bias: f64([1, -2, 3]) };
    for (const small of [flatTree, f64(2), f64([1, 2]), { a: {}, b: [] }, {}]) {
      const { params: after } = follow<Tree, Tree>(make(numbers), small, [small, small, small]);
      expect(flat(after).every(Number.isFinite)).toBe(true);
      expect(tree.paths(after)).toEqual(tree.paths(small));
    }
  });

  it('moves what has elements beside leaves that have none, or says that it cannot', () => {
    for (const shape of [[0], [0, 3], [2, 0]]) {
      const some = { none: zeros(shape, { dtype: 'float64' }), w: f64([[1, 2], [3, 4]]) }; // prettier-ignore
      const run = () => follow(make(numbers), some, [some, some, some]).params;
      if (refusesEmpty !== undefined) expect(thrown(run)).toMatch(refusesEmpty);
      else {
        expect(run().none.shape).toEqual(shape);
        const alone = follow(make(numbers), { w: some.w }, [{ w: some.w }, { w: some.w }, { w: some.w }]);
        expect(distance(run().w, alone.params.w)).toBeLessThan(1e-14);
      }
    }
  });

  it('names what does not fit: structure, shape, dtype, parameters, state', () => {
    const optimizer = make(numbers);
    const state = optimizer.init(params);
    const [first, second] = params.layers;
    const cases: readonly (readonly [RegExp, () => unknown])[] = [
      [/^TREE: \w+: params and (grads|updates) must have one structure: trees differ at/, () => optimizer.update({ layers: params.layers }, state, params)], // prettier-ignore
      [/^SHAPE: \w+: .* at layers\.0\.bias is a float64\[3\] tensor/, () => optimizer.update({ ...params, layers: [{ ...first, bias: f64([1, 2, 3]) }, second] } as Tree, state, params)], // prettier-ignore
      [/^DTYPE: \w+: .* at scale is a float32\[\] tensor, wanted float64/, () => optimizer.update({ ...params, scale: tensor(1) }, state, params)], // prettier-ignore
      [/^ARGUMENT: \w+: update needs the parameters as its third argument/, () => optimizer.update(params, state, undefined as never)], // prettier-ignore
      [/^TREE: \w+: parameters are tensors in arrays and plain objects; at \w+/, () => optimizer.init({ a: 'b' } as never)], // prettier-ignore
      [/^DTYPE: \w+: the parameter at a is an int32\[\] tensor/, () => optimizer.init({ a: tensor(1, { dtype: 'int32' }) })], // prettier-ignore
      [/^TREE: /, () => optimizer.update(params, {}, params)],
    ];
    for (const [message, call] of cases) expect(thrown(call)).toMatch(message);
  });
});
