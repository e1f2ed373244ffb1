import { describe, expect, it } from 'vitest';
import { jit, type Tree } from '@core/tensor';
import { loadGoldens, type GoldenCase } from '@tooling/goldens';
import {
  lookahead,
  sgd,
  sophia,
  type LookaheadOptions,
  type Optimizer,
  type SgdOptions,
  type SophiaOptions,
} from '../../src/index.js';
import { follow, make } from './goldens.js';

/** Sophia's cases name the parts of `empirical` as options, Lookahead's those of the SGD inside. */
function optimizerOf(golden: GoldenCase): Optimizer {
  const { steps: _, every, batchSize, period, stepSize, ...options } = golden.options;
  // Options are cast as they are in the file's own spelling.
  if (golden.op === 'sophia') return sophia({ ...options, empirical: { every, batchSize } } as SophiaOptions);
  if (golden.op === 'lookahead')
    return lookahead(sgd(options as unknown as SgdOptions), { period, stepSize } as LookaheadOptions);
  return make(golden);
}

describe('trajectories of reference implementations', () => {
  const goldens = loadGoldens('optim_elementwise');
  it('there are 76', () => expect(goldens).toHaveLength(76));
  for (const golden of goldens) {
    it(golden.name, () => {
      const optimizer = optimizerOf(golden);
      expect(follow(golden, optimizer.update.bind(optimizer), optimizer)).toEqual([]);
      const compiled = jit((g: Tree, s: Tree, p: Tree) => optimizer.update(g, s, p));
      expect(follow(golden, compiled, optimizer)).toEqual([]);
    });
  }
});
