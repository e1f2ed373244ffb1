import { describe, expect, it } from 'vitest';
import { jit, linalg, matmul, random, zeros, type Tensor } from '@core/tensor';
import { applyUpdates, soap, type SoapState } from '../../src/index.js';

const n = 512;

/** As many products, one after the other, as an update has: read as they lie, turned or not. */
const products = (count: number) => (a: Tensor) => {
  let y = a;
  for (let i = 0; i < count; i++) y = matmul(y, a, { transposeA: i % 2 === 0, transposeB: i % 3 === 1 });
  return y;
};

/** What a refresh has in float64: two products, two QR. */
const decompositions = (a: Tensor): readonly Tensor[] => {
  const wide = a.cast('float64');
  const power = matmul(wide, wide);
  return [power, matmul(wide, power)].map((x) => linalg.qr(x)[0].cast('float32'));
};

describe('cost of a compiled update at 512 × 512', () => {
  it('is that of its products and decompositions', () => {
    const g = random.normal(random.key(1), [n, n]);
    const optimizer = soap({ preconditionFrequency: 3 });
    const step = jit((grads: Tensor, state: SoapState, w: Tensor) => {
      const next = optimizer.update(grads, state, w);
      return { w: applyUpdates(w, next.updates as Tensor), state: next.state };
    });
    const [six, ten, two] = [jit(products(6)), jit(products(10)), jit(decompositions)];
    let at = { w: zeros([n, n]), state: optimizer.init(zeros([n, n])) };
    const best: Record<string, number> = {};
    const time = <T>(name: string, run: () => T): T => {
      const begin = performance.now();
      const result = run();
      best[name] = Math.min(best[name] ?? Infinity, performance.now() - begin);
      return result;
    };
    // Interleaved, so that what else the machine does meets all alike; the first rounds warm up.
    for (let t = 0; t < 18; t++) {
      if (t === 6) for (const name of Object.keys(best)) best[name] = Infinity;
      at = time(t % 3 === 0 ? 'refresh' : 'update', () => step(g, at.state, at.w));
      time('six', () => six(g)).dispose();
      time('ten and two', () => [ten(g), ...two(g)]).forEach((x) => x.dispose());
    }
    const ratio = (of: string, to: string): number => (best[of] ?? NaN) / (best[to] ?? NaN);
    console.log(
      Object.entries(best).map(([name, ms]) => `${name} ${ms.toFixed(2)} ms`).join(', '), // prettier-ignore
    );
    expect(ratio('update', 'six')).toBeLessThan(1.5);
    expect(ratio('refresh', 'ten and two')).toBeLessThan(1.5);
  }, 30_000);
});
