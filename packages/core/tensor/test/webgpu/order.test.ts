import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jit, linalg, tensor, useBackend } from '../../src/index.js';
import type { Tensor } from '../../src/index.js';
import { deviceIsMissing } from './swiftShader.js';

/*
 * While the host works, what is asked for waits; its arrays must not be reused before its turn has come.
 */
describe.skipIf(await deviceIsMissing())('work that waits for the host', () => {
  beforeAll(async () => void (await useBackend('webgpu')));
  afterAll(async () => void (await useBackend('cpu')));

  const numbers = Float32Array.from({ length: 100 }, (_, i) => (i + 1) / 100);
  // Two sums of what comes before: values that lie in the program's own arrays while x is still needed.
  const f = (x: Tensor): Tensor => x.cumsum(0).mul(0.01).cumsum(0).add(x);

  it('reads its inputs though they were disposed meanwhile', async () => {
    const compiled = jit(f);
    const wanted = await compiled(tensor(numbers)).data();
    for (let i = 0; i < 5; i++) {
      const factor = linalg.cholesky(tensor([[4, 0], [0, 9]])); // prettier-ignore
      const x = tensor(numbers);
      const y = compiled(x);
      x.dispose();
      expect(await y.data()).toEqual(wanted);
      expect(await factor.data()).toEqual(Float32Array.from([2, 0, 0, 3]));
    }
  });

  it('reads its inputs in eager code, too', async () => {
    const wanted = await f(tensor(numbers)).data();
    const solved = linalg.cholesky(tensor([[4, 0], [0, 9]])); // prettier-ignore
    const x = tensor(numbers);
    const sums = x.cumsum(0);
    const scaled = sums.mul(0.01);
    sums.dispose();
    const again = scaled.cumsum(0);
    scaled.dispose();
    const y = again.add(x);
    [again, x, solved].forEach((each) => each.dispose());
    expect(await y.data()).toEqual(wanted);
  });
});
