import { describe, expect, it } from 'vitest';
import { jit, type Tree } from '@core/tensor';
import { loadGoldens, type GoldenCase } from '@tooling/goldens';
import { sophia, type Optimizer, type SophiaOptions } from '../../src/index.js';
import { follow, make } from './goldens.js';

/** Sophia's cases name the parts of `empirical` as options. */
function optimizerOf(golden: GoldenCase): Optimizer {
  if (golden.op !== 'sophia') return make(golden);
  const { steps: _, every, batchSize, ...options } = golden.options;
  return sophia({ ...options, empirical: { every, batchSize } } as SophiaOptions); // the file's own spelling
}

describe('trajectories of reference implementations', () => {
  const goldens = loadGoldens('optim_elementwise');
  it('there are 72', () => expect(goldens).toHaveLength(72));
  for (const golden of goldens) {
    it(golden.name, () => {
      const optimizer = optimizerOf(golden);
      expect(follow(golden, optimizer.update.bind(optimizer), optimizer)).toEqual([]);
      const compiled = jit((g: Tree, s: Tree, p: Tree) => optimizer.update(g, s, p));
      expect(follow(golden, compiled, optimizer)).toEqual([]);
    });
  }
});
