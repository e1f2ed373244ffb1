import { describe, expect, it } from 'vitest';
import { jit, type Tree } from '@core/tensor';
import { loadGoldens } from '@tooling/goldens';
import { follow, make } from './goldens.js';

describe('trajectories of reference implementations: SOAP, Shampoo, Muon', () => {
  const goldens = loadGoldens('matrices');
  it('there are 20', () => expect(goldens).toHaveLength(20));
  for (const golden of goldens) {
    it(golden.name, () => {
      const optimizer = make(golden);
      expect(follow(golden, optimizer.update.bind(optimizer), optimizer)).toEqual([]);
      const compiled = jit((g: Tree, s: Tree, p: Tree) => optimizer.update(g, s, p));
      expect(follow(golden, compiled, optimizer)).toEqual([]);
    });
  }
});
