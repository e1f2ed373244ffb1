import { describe, expect, it } from 'vitest';
import { jit, tree, vmap, zeros, type Tensor, type Tree } from '@core/tensor';
import {
  accumulate,
  adamw,
  chain,
  checkFinite,
  clipByGlobalNorm,
  lookahead,
  masked,
  partition,
  sgd,
  skipNonFinite,
} from '../../src/index.js';
import { distance, f64, flat, follow, randomTensor, seeds, someParams, thrown } from '../support.js';

describe.each(seeds)('skipNonFinite, seed %i', (seed) => {
  const params = someParams(seed);
  const grads = [1, 2, 3].map((k) => someParams(seed + 100 * k));
  const spoilt = (value: number): typeof params => ({ ...grads[0]!, scale: f64(value) }); // three of them above
  const inner = adamw({ learningRate: 0.1 });
  const optimizer = skipNonFinite(inner);

  it.each([NaN, Infinity, -Infinity])('%d in one element: no step, and nothing remembered', (value) => {
    const clean = follow(inner, params, grads);
    const got = follow(optimizer, params, [
      grads[0]!,
      spoilt(value),
      grads[1]!,
      spoilt(value),
      spoilt(value),
      grads[2]!,
    ]);
    expect(distance(got.params, clean.params)).toBe(0);
    expect(distance(got.state.inner, clean.state)).toBe(0);
    expect([got.state.skipped.item(), got.state.consecutive.item()]).toEqual([3, 0]);
    const then = follow(optimizer, got.params, [spoilt(value), spoilt(value)], got.state);
    expect(then.state.consecutive.item()).toBe(2);
    expect(flat(then.updates).every((u) => u === 0)).toBe(true);
  });

  it('decides in one compiled step, and for each member of a batch', () => {
    let traces = 0;
    const step = jit((g: Tree, s: ReturnType<typeof optimizer.init>, p: Tree) => {
      traces += 1;
      return optimizer.update(g, s, p);
    });
    const list = [grads[0], spoilt(NaN), grads[1]] as Tree[]; // there
    const compiled = follow({ init: (p) => optimizer.init(p), update: step }, params, list);
    const eager = follow(optimizer, params, list);
    expect(traces).toBe(1);
    expect(distance(compiled.params, eager.params)).toBeLessThan(1e-14);
    expect(compiled.state.skipped.item()).toBe(1);

    const w = randomTensor(seed, [2, 3]);
    const g = f64([[1, 2, 3], [1, NaN, 3]]); // prettier-ignore
    const moved = vmap((p: Tensor, x: Tensor) => {
      const { updates, state } = optimizer.update(x, optimizer.init(p), p);
      return { updates: updates as Tensor, skipped: state.skipped }; // the tree is one tensor
    })(w, g);
    expect(flat(moved.skipped)).toEqual([0, 1]);
    expect(flat(moved.updates).slice(3)).toEqual([0, 0, 0]);
    expect(flat(moved.updates).slice(0, 3).every((u) => u !== 0 && Number.isFinite(u))).toBe(true); // prettier-ignore
  });

  it('may hold, and be held by, others', () => {
    const wrapped = skipNonFinite(accumulate(chain(clipByGlobalNorm(1), adamw()), 2));
    const { state } = follow(wrapped, params, [spoilt(NaN), grads[0] as Tree]);
    expect(state.inner.gathered.item()).toBe(1);
  });

  it('throws on demand, naming the leaves', () => {
    const strict = skipNonFinite(inner, { throwAfter: 2 });
    const once = follow(strict, params, [spoilt(NaN)]);
    expect(thrown(() => follow(strict, params, [spoilt(Infinity)], once.state))).toBe(
      'ARGUMENT: skipNonFinite: NaN or infinite gradients at scale, 2 times in a row',
    );
    expect(thrown(() => follow(strict, params, [grads[0] as Tree, spoilt(NaN)], once.state))).toBe('nothing');
  });
});

describe('an error after a compiled step', () => {
  const g = f64([1, NaN]);
  const optimizer = skipNonFinite(sgd({ learningRate: 1 }), { throwAfter: 2 });
  const update = jit((x: Tensor, s: ReturnType<typeof optimizer.init>) => optimizer.update(x, s, x));

  it('waits until there were so many in a row, is not forgotten, and is found in wrappers', async () => {
    const fine = f64([1, 2]);
    let state = optimizer.init(fine);
    for (const x of [g, fine, g]) ({ state } = update(x, state));
    await checkFinite(state);
    for (const x of [g, fine]) ({ state } = update(x, state));
    expect(state.failed.item()).toBe(1);
    const message = 'skipNonFinite: NaN or infinite gradients; 3 updates were skipped, 0 in a row up to now';
    await expect(checkFinite(state)).rejects.toThrow(message);

    const wrapped = lookahead(chain({ clip: clipByGlobalNorm(1), rest: optimizer }));
    const outer = { ...wrapped.init(fine), inner: { ...wrapped.init(fine).inner, rest: state } };
    await expect(wrapped.check?.(outer)).rejects.toThrow(message);
    await expect(checkFinite(outer)).rejects.toThrow(message);
  });

  it('of any member of a batch', async () => {
    const strict = skipNonFinite(sgd({ learningRate: 1 }), { onNonFinite: 'error' });
    const { state } = vmap((x: Tensor) => strict.update(x, strict.init(x), x))(f64([[1, 2], [1, NaN]])); // prettier-ignore
    await expect(checkFinite(state)).rejects.toThrow('1 updates were skipped');
  });

  it('counts are measures of whatever holds it', () => {
    const params = { a: f64([1]), b: f64([1]) };
    const loss = f64(1);
    const grouped = partition({ some: masked(optimizer, true), rest: sgd({ learningRate: 1 }) }, (path) => path === 'a' ? 'some' : 'rest'); // prettier-ignore
    const { state } = follow(grouped, params, [{ a: f64([NaN]), b: f64([1]) }]);
    const measured = grouped.measures?.(state, { params, loss }) ?? {};
    expect(Object.entries(measured).map(([name, x]) => [name, x.item()])).toEqual([
      ['some skipped', 1],
      ['some skippedInARow', 1],
    ]);
    expect('measures' in partition({ a: adamw() }, 'a')).toBe(false);
    expect('check' in accumulate(optimizer, 2)).toBe(true);
  });

  it('looks at nothing else', async () => {
    await checkFinite(undefined);
    await checkFinite({ ...adamw().init(g), failed: 'no', skipped: f64(1), consecutive: f64(1) });
  });
});

describe('edges', () => {
  it('empty trees and empty leaves are finite', () => {
    const optimizer = skipNonFinite(adamw());
    for (const params of [{}, { none: zeros([0]) }]) {
      const { state } = follow<Tree, ReturnType<typeof optimizer.init>>(optimizer, params, [params]);
      expect([state.skipped.item(), tree.leaves(state.inner)[0]?.dtype]).toEqual([0, 'int32']);
    }
  });
  it('bad options', () => {
    expect(thrown(() => skipNonFinite(adamw(), { throwAfter: 0 }))).toBe(
      'ARGUMENT: skipNonFinite: throwAfter must be a whole number of at least 1, got 0',
    );
    expect(thrown(() => skipNonFinite(adamw(), { onNonFinite: 'stop' as 'skip' }))).toBe(
      "ARGUMENT: skipNonFinite: onNonFinite must be 'skip' or 'error', got \"stop\"",
    );
    expect(thrown(() => skipNonFinite(adamw(), { onNonFinite: 'skip', throwAfter: 1 }))).toBe(
      "ARGUMENT: skipNonFinite: throwAfter is for onNonFinite 'error'; with 'skip' nothing is thrown",
    );
    expect(thrown(() => skipNonFinite(adamw as never))).toBe(
      'ARGUMENT: skipNonFinite: inner must be an optimizer or transform ({ init, update }), got a function',
    );
  });
});
