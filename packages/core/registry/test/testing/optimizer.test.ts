import { type Tensor, tensor, tree, type Tree } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import { createRegistry, type Optimizer } from '../../src/index.js';
import { laws } from '../../src/testing.js';
import { toy } from '../support/toy.js';
import { broken } from './support.js';

const registry = createRegistry([toy]);
const momentum = (config = {}): Promise<Optimizer> =>
  registry.fromSpec({ use: 'toy/sgd', momentum: 0.9, ...config }, { kind: 'optimizer' });

/** Gradient descent with one thing changed. */
const changed =
  (change: (right: Optimizer) => Partial<Optimizer>) =>
  async (config: Readonly<Record<string, unknown>> = {}): Promise<Optimizer> => {
    const right = await momentum(config);
    return { ...right, ...change(right) };
  };
const lawNames = async (make: () => Promise<Optimizer>): Promise<string[]> =>
  Object.keys(await broken(laws('optimizer', make))).filter((name) => !name.includes('refused'));

describe('the optimizer laws', () => {
  describe('hold for gradient descent with momentum', () => {
    for (const { name, check } of laws('optimizer', momentum, {
      refuseNaN: ['learningRate', 'momentum'],
      refuseNegative: ['learningRate', 'momentum'],
    }))
      it(name, check);
  });

  it('catch a state that is no tree of tensors', async () => {
    const counting = changed((right) => ({
      init: (params) => ({ ...(right.init(params) as object), count: 0 }) as unknown as Tree,
      update: (grads, state, params) => {
        const { updates, state: next } = right.update(grads, state, params);
        return {
          updates,
          state: {
            ...(next as object),
            count: (state as unknown as { count: number }).count + 1,
          } as unknown as Tree,
        };
      },
    }));
    const found = await broken(laws('optimizer', counting));
    expect(found['the state is a tree of tensors']).toBe(
      'state.count is the number 0; a tree holds tensors, arrays and plain objects only',
    );
  });

  it('catch updates of another dtype', async () => {
    const wide = changed((right) => ({
      update: (...args) => {
        const { updates, state } = right.update(...args);
        return { updates: tree.map((u: Tensor) => tensor(u, { dtype: 'float64' }), updates), state };
      },
    }));
    expect(await lawNames(wide)).toContain(
      'updates have the structure, shapes and dtypes of float32 parameters',
    );
  });

  it('catch hidden memory', async () => {
    const forgetful = changed((right) => {
      let calls = 0;
      return {
        update: (...args) => {
          calls += 1;
          const { updates, state } = right.update(...args);
          return { updates: tree.map((u: Tensor) => u.mul(1 / calls), updates), state };
        },
      };
    });
    const names = await lawNames(forgetful);
    expect(names).toContain('update is pure');
    expect(names).toContain('jit gives the same results');
    expect(names).toContain('a saved state resumes to the same bits');
  });

  it('catch a write into the gradients, and their disposal', async () => {
    const writing = changed((right) => ({
      update: (grads, state, params) => {
        for (const leaf of tree.leaves(grads)) leaf.dataSync()[0] = 7;
        return right.update(grads, state, params);
      },
    }));
    const disposing = changed((right) => ({
      update: (grads, state, params) => {
        const result = right.update(grads, state, params);
        for (const leaf of tree.leaves(grads)) leaf.dispose();
        return result;
      },
    }));
    expect((await broken(laws('optimizer', disposing)))['update is pure']).toBe(
      'update disposed grads, which belongs to the caller',
    );
    // dataSync gives a copy or refuses writes where the core protects its memory; either way nothing may slip through.
    const written = (await broken(laws('optimizer', writing)))['update is pure'];
    expect([undefined, 'update changed grads in place']).toContain(written);
  });

  it('catch a look at values, which neither jit nor vmap can trace', async () => {
    const looking = changed((right) => ({
      update: (grads, state, params) => {
        const [first] = tree.leaves(grads);
        const sign = first !== undefined && Number(first.sum().item()) > 0 ? 1 : 2;
        const { updates, state: next } = right.update(grads, state, params);
        return { updates: tree.map((u: Tensor) => u.mul(sign), updates), state: next };
      },
    }));
    expect(await lawNames(looking)).toEqual(
      expect.arrayContaining([
        'jit gives the same results',
        'vmap over a batch of problems gives the same results',
      ]),
    );
  });

  it('catch a step uphill, and NaN from zero gradients', async () => {
    const uphill = changed((right) => ({
      update: (...args) => {
        const { updates, state } = right.update(...args);
        return { updates: tree.map((u: Tensor) => u.mul(-1), updates), state };
      },
    }));
    expect(await lawNames(uphill)).toEqual([
      'it decreases a quadratic',
      'it decreases the Rosenbrock function',
    ]);
    const dividing = changed((right) => ({
      update: (...args) => {
        const { updates, state } = right.update(...args);
        return { updates: tree.map((u: Tensor) => u.div(u.square().sum().sqrt()), updates), state };
      },
    }));
    expect(await lawNames(dividing)).toContain('zero gradients leave no NaN');
  });

  it('catch hyperparameters that are not checked', async () => {
    const careless = async (): Promise<Optimizer> => momentum();
    const found = await broken(laws('optimizer', careless, { refuseNegative: ['learningRate', 'momentum'] }));
    expect(found).toMatchObject({
      'learningRate: NaN is refused': 'learningRate: NaN is accepted; it has to throw a TrellisError',
      'momentum: -1 is refused': 'momentum: -1 is accepted; it has to throw a TrellisError',
    });
    const rude = (config: Readonly<Record<string, unknown>> = {}): Promise<Optimizer> => {
      if (config['learningRate'] === -1) throw new Error('no');
      return momentum(config);
    };
    expect((await broken(laws('optimizer', rude)))['learningRate: -1 is refused']).toBe(
      'learningRate: -1 throws Error: no, which is no TrellisError',
    );
  });

  it('catch weight decay that forgets the rate', async () => {
    const decaying = async (config: Readonly<Record<string, unknown>> = {}): Promise<Optimizer> => {
      const right = await momentum(config);
      return {
        ...right,
        update: (grads, state, params) => {
          const { updates, state: next } = right.update(grads, state, params);
          return {
            updates: tree.map((u: Tensor, p: Tensor) => u.sub(p.mul(0.01)), updates, params),
            state: next,
          };
        },
      };
    };
    expect(Object.keys(await broken(laws('optimizer', decaying)))).toEqual([
      'a learning rate of 0 leaves the parameters',
    ]);
  });
});
