import { describe, expect, it } from 'vitest';
import { blobs, spirals } from '../../src/index.js';

describe.each([
  ['blobs', blobs],
  ['spirals', spirals],
] as const)('%s', (_, make) => {
  it('has as many points of each class, and other points for another seed', async () => {
    const { inputs, targets } = await make({ classes: 4, train: 40 }).load('train');
    const labels = Array.from(targets.dataSync());
    for (let label = 0; label < 4; label++) expect(labels.filter((one) => one === label)).toHaveLength(10);
    const other = await make({ classes: 4, train: 40, seed: 1 }).load('train');
    expect(Array.from(other.inputs.dataSync())).not.toEqual(Array.from(inputs.dataSync()));
  });

  it('puts points where they belong without noise', async () => {
    const { inputs, targets } = await make({ classes: 3, noise: 0, train: 60 }).load('train');
    const [points, labels] = [inputs.dataSync(), targets.dataSync()];
    for (let i = 0; i < 60; i++) {
      const [x, y] = [points[2 * i]!, points[2 * i + 1]!];
      const radius = Math.hypot(x, y);
      // Blobs lie on the unit circle; on a spiral the angle follows from the radius.
      const turn = make === blobs ? 0 : (0.75 * (radius - 0.1)) / 0.9;
      if (make === blobs) expect(radius).toBeCloseTo(1, 5);
      const angle = 2 * Math.PI * (labels[i]! / 3 + turn);
      expect(x).toBeCloseTo(radius * Math.cos(angle), 4);
      expect(y).toBeCloseTo(radius * Math.sin(angle), 4);
    }
  });

  it('refuses settings that make no sense', () => {
    expect(() => make({ classes: 0 })).toThrow('classes must be a whole number of at least 1, got 0');
    expect(() => make({ train: 1.5 })).toThrow('train must be a whole number of at least 1, got 1.5');
    expect(() => make({ noise: NaN })).toThrow('noise must be a finite number of at least 0, got NaN');
  });
});
