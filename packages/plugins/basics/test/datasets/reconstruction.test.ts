import { describe, expect, it } from 'vitest';
import { digits, ratings, reconstruction, spirals } from '../../src/index.js';

describe('reconstruction', () => {
  it('gives inputs as they were, and the same flattened', async () => {
    const inner = digits({ train: 12, validation: 3, test: 5 });
    const set = reconstruction(inner);
    expect([set.classNames, set.inputShape, set.splits]).toEqual([
      [],
      [1, 28, 28],
      ['train', 'validation', 'test'],
    ]);
    for (const split of inner.splits) {
      const [own, { inputs, targets }] = [await inner.load(split), await set.load(split)];
      expect(targets.shape).toEqual([inner.size(split), 784]);
      expect(inputs.dataSync()).toEqual(own.inputs.dataSync());
      expect(targets.dataSync()).toEqual(own.inputs.dataSync());
      // Each is the caller's own.
      inputs.dispose();
      expect(targets.sum().item()).toBeGreaterThan(0);
    }
    expect(await set.picture!('test', 2)).toEqual(await inner.picture!('test', 2));
  });

  it('has no pictures where the dataset has none', () => {
    expect('picture' in reconstruction(spirals())).toBe(false);
  });

  it('refuses numbers of things, and unknown splits', async () => {
    await expect(reconstruction(ratings()).load('train')).rejects.toThrow(
      'the inputs of Ratings are int32 numbers of things',
    );
    await expect(reconstruction(spirals()).load('nothing' as 'test')).rejects.toThrow(
      'there is no split nothing',
    );
  });
});
