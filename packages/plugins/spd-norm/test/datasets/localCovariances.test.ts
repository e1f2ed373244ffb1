import { digits } from '@plugins/basics';
import { linalg, random, tensor, type Tensor } from '@core/tensor';
import type { Dataset } from '@core/registry';
import { describe, expect, it } from 'vitest';
import { localCovariances } from '../../src/index.js';
import { elements, relativeError, thrown } from '../support.js';

const pictures = (inputs: Tensor): Dataset => ({
  name: 'pictures',
  inputShape: inputs.shape.slice(1),
  classNames: ['a'],
  splits: ['train'],
  size: () => inputs.shape[0]!,
  load: () => Promise.resolve({ inputs: inputs.mul(1), targets: tensor([0]).cast('int32') }),
});
const noise = random.uniform(random.key(1), [2, 1, 6, 8], { dtype: 'float64' });

/** By loops, from the definition. */
function expected(picture: number[][], [top, bottom, left, right]: readonly number[]): number[][] {
  const [height, width] = [picture.length, picture[0]!.length];
  const at = (y: number, x: number): number =>
    picture[Math.min(Math.max(y, 0), height - 1)]![Math.min(Math.max(x, 0), width - 1)]!;
  const rows: number[][] = [];
  for (let y = top!; y < bottom!; y++) {
    for (let x = left!; x < right!; x++) {
      const middle = at(y, x);
      rows.push([
        x / (width - 1),
        y / (height - 1),
        middle,
        Math.abs(at(y, x + 1) - at(y, x - 1)) / 2,
        Math.abs(at(y + 1, x) - at(y - 1, x)) / 2,
        Math.abs(at(y, x + 1) - 2 * middle + at(y, x - 1)),
        Math.abs(at(y + 1, x) - 2 * middle + at(y - 1, x)),
      ]);
    }
  }
  const means = rows[0]!.map((_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length);
  return means.map((a, i) =>
    means.map((b, j) => {
      const sum = rows.reduce((total, row) => total + (row[i]! - a) * (row[j]! - b), 0);
      return sum / (rows.length - 1) + (i === j ? 1e-5 : 0);
    }),
  );
}

describe('of grey pictures', () => {
  const grid = (i: number): number[][] => noise.at(i, 0).toArray() as number[][];

  it('are what loops find, of the whole and of windows', async () => {
    const whole = (await localCovariances(pictures(noise)).load('train')).inputs;
    expect(whole.shape).toEqual([2, 7, 7]);
    const f64 = { dtype: 'float64' } as const;
    expect(relativeError(whole.at(1), tensor(expected(grid(1), [0, 6, 0, 8]), f64))).toBeLessThan(1e-13);

    const data = localCovariances(pictures(noise), { windows: 2, windowSize: 4 });
    expect(data.inputShape).toEqual([4, 7, 7]);
    const { inputs } = await data.load('train');
    const places = [[0, 4, 0, 4], [0, 4, 4, 8], [2, 6, 0, 4], [2, 6, 4, 8]]; // prettier-ignore
    places.forEach((place, i) =>
      expect(relativeError(inputs.at(0, i), tensor(expected(grid(0), place), f64))).toBeLessThan(1e-13),
    );
  });

  it('take the features that are asked for, with signs', async () => {
    const { inputs } = await localCovariances(pictures(noise), { features: ['gradients'], absolute: false }).load('train'); // prettier-ignore
    expect(inputs.shape).toEqual([2, 2, 2]);
    const turned = localCovariances(pictures(noise.flip(-1)), { features: ['gradients'], absolute: false });
    // The gradient along x turns round, and so does its covariance with the other.
    const mirrored = (await turned.load('train')).inputs;
    expect(mirrored.at(0, 0, 1).item()).toBeCloseTo(-inputs.at(0, 0, 1).item(), 12);
  });
});

it('wraps digits and coloured pictures, and is positive', async () => {
  const set = digits({ train: 40, test: 20 });
  const data = localCovariances(set, { windows: 3 });
  const { inputs, targets } = await data.load('test');
  expect(inputs.shape).toEqual([20, 9, 7, 7]);
  expect(elements(targets)).toEqual(elements((await set.load('test')).targets));
  expect(linalg.eigvalsh(inputs).min().item()).toBeGreaterThan(0.99e-5);
  expect((await data.picture!('test', 3)).width).toBe(28);
  const colours = random.uniform(random.key(1), [3, 3, 8, 8]);
  expect((await localCovariances(pictures(colours)).load('train')).inputs.shape).toEqual([3, 9, 9]);
});

it('says what is wrong', () => {
  expect(thrown(() => localCovariances(pictures(noise), { windowSize: 7 }))).toBe("ARGUMENT: localCovariances: windowSize must be from 2 to the picture's 6, got 7 (windows 1)"); // prettier-ignore
  expect(thrown(() => localCovariances(pictures(noise), { features: ['colour' as never] }))).toContain('features must be some of position, intensity, gradients, secondDerivatives'); // prettier-ignore
  expect(thrown(() => localCovariances(pictures(noise), { grid: 2 } as never))).toContain('there is no option grid'); // prettier-ignore
  expect(thrown(() => localCovariances(pictures(noise.at(null, 0))))).toContain('must be pictures [channels, height, width], those of pictures are [6,8]'); // prettier-ignore
});
