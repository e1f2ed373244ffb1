import { afterAll, describe, expect, it } from 'vitest';
import { useBackend } from '../../src/index.js';
import { trainingCurve } from '../support/trainingCurve.js';
import { deviceIsMissing } from './swiftShader.js';

describe.skipIf(await deviceIsMissing())('training on WebGPU', () => {
  afterAll(() => useBackend('cpu'));

  it('follows the curve of the CPU backend', async () => {
    await useBackend('cpu');
    const expected = await trainingCurve(50);
    expect(expected.at(-1)!).toBeLessThan(0.9 * expected[0]!);
    await useBackend('webgpu');
    const found = await trainingCurve(50);
    found.forEach((value, i) => expect(Math.abs(value - expected[i]!), `step ${i}`).toBeLessThan(1e-3));
  });
});
