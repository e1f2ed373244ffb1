import { describe, expect, it } from 'vitest';
import { jit, type Tree } from '@core/tensor';
import { loadGoldens } from '@tooling/goldens';
import { follow, make } from './goldens.js';

describe('trajectories of reference implementations', () => {
  const goldens = loadGoldens('optim');
  it('there are 80', () => expect(goldens).toHaveLength(80));
  for (const golden of goldens) {
    it(golden.name, () => {
      const optimizer = make(golden);
      expect(follow(golden, optimizer.update.bind(optimizer), optimizer)).toEqual([]);
      const compiled = jit((g: Tree, s: Tree, p: Tree) => optimizer.update(g, s, p));
      expect(follow(golden, compiled, optimizer)).toEqual([]);
    });
  }
});
