import { linalg } from '@core/tensor';
import { expect, it } from 'vitest';
import { spdClasses } from '../../src/index.js';
import { elements, relativeError, thrown } from '../support.js';

it('makes covariances of the condition that was asked for, in which classes differ', async () => {
  const data = spdClasses({ samples: 2000, condition: 1e6, boost: 4, train: 30 });
  const { inputs, targets } = await data.load('train');
  expect(inputs.shape).toEqual([30, 10, 10]);
  expect(elements(targets).slice(0, 4)).toEqual([0, 1, 2, 0]);
  const values = linalg.eigvalsh(inputs);
  const condition = values.max(-1).div(values.min(-1));
  expect(elements(condition.log().div(Math.log(10))).every((digits) => digits > 5 && digits < 7)).toBe(true);
  // Two eigenvalues of class 0 are raised by 4: the determinant by 16, and so are all classes'.
  const logs = values.log().sum(-1);
  expect(Math.abs(logs.at(0).item() - logs.at(1).item())).toBeLessThan(0.5);
  const distance = (a: number, b: number): number => linalg.norm(inputs.at(a).sub(inputs.at(b))).item();
  expect(distance(0, 3)).toBeLessThan(0.2 * distance(0, 1));
});

it('amplifies the test split alone', async () => {
  const [plain, loud] = [spdClasses({ test: 6 }), spdClasses({ test: 6, testGain: 30 })];
  const [a, b] = [await plain.load('test'), await loud.load('test')];
  expect(relativeError(b.inputs, a.inputs.mul(30))).toBeLessThan(1e-15);
  expect(relativeError((await loud.load('train')).inputs, (await plain.load('train')).inputs)).toBe(0);
});

it('says what is wrong', async () => {
  expect(thrown(() => spdClasses({ size: 5 }))).toBe('ARGUMENT: spdClasses: size must be at least 2 for each class, 6, got 5'); // prettier-ignore
  expect(thrown(() => spdClasses({ boost: 0 }))).toContain(
    'spdClasses: boost must be a finite number greater than 0',
  );
  await expect(spdClasses().load('validation')).rejects.toThrow('there is no split validation');
});
