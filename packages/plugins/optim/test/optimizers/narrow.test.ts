import { describe, expect, it, vi } from 'vitest';
import { tree } from '@core/tensor';
import { loadGoldens } from '@tooling/goldens';
import { adamw, cosine, mfac } from '../../src/index.js';
import { follow as walk, someParams } from '../support.js';
import { follow, make } from './goldens.js';

// A device without float64, as GPUs are: the numbers of update rules are float32 there.
vi.mock(import('@core/tensor'), async (original) => {
  const actual = await original();
  return {
    ...actual,
    backendInfo: () => ({ ...actual.backendInfo(), dtypes: ['float32', 'int32', 'bool'] }),
  };
});

describe('on a device without float64', () => {
  it('nothing in state or updates is float64', () => {
    const params = someParams(1, 'float32');
    const optimizer = adamw({ learningRate: cosine({ from: 0.1, steps: 10 }), weightDecay: 0.1 });
    const { state, updates } = walk(optimizer, params, [params, params]);
    expect(new Set(tree.leaves([state, updates]).map((leaf) => leaf.dtype))).toEqual(
      new Set(['float32', 'int32']),
    );
  });

  it('nor in those of M-FAC, whose dot products are float32 there', () => {
    const params = someParams(1, 'float32');
    const optimizer = mfac({ windowSize: 3, damping: 0.1, momentum: 0.5 });
    const { state, updates } = walk(optimizer, params, [params, params]);
    expect(new Set(tree.leaves([state, updates]).map((leaf) => leaf.dtype))).toEqual(
      new Set(['float32', 'int32']),
    );
  });

  const narrow = loadGoldens('optim').filter((golden) => golden.name.includes(' float32'));
  it.each(narrow.map((golden) => [golden.name, golden] as const))('%s', (_, golden) => {
    const optimizer = make(golden);
    expect(follow(golden, optimizer.update.bind(optimizer), optimizer)).toEqual([]);
  });
});
