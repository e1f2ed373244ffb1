/*
 * `node tooling/bench/src/optimizerCosts.mjs`: a compiled SOAP step at 512 x 512 over the time of its own products and
 * decompositions, and how the time of M-FAC's product grows with weights and window. Needs built packages.
 */
import { jit, linalg, matmul, random, scope, zeros } from '@core/tensor';
import { applyUpdates, fisherWindow, fisherWindowProduct, slideFisherWindow, soap } from '@plugins/optim';

const n = 512;

/** As many products, one after the other, as an update has: read as they lie, turned or not. */
const products = (count) => (a) => {
  let y = a;
  for (let i = 0; i < count; i++) y = matmul(y, a, { transposeA: i % 2 === 0, transposeB: i % 3 === 1 });
  return y;
};

/** What a refresh has in float64: two products, two QR. */
const decompositions = (a) => {
  const wide = a.cast('float64');
  const power = matmul(wide, wide);
  return [power, matmul(wide, power)].map((x) => linalg.qr(x)[0].cast('float32'));
};

function soapCost() {
  const g = random.normal(random.key(1), [n, n]);
  const optimizer = soap({ preconditionFrequency: 3 });
  const step = jit((grads, state, w) => {
    const next = optimizer.update(grads, state, w);
    return { w: applyUpdates(w, next.updates), state: next.state };
  });
  const [six, ten, two] = [jit(products(6)), jit(products(10)), jit(decompositions)];
  let at = { w: zeros([n, n]), state: optimizer.init(zeros([n, n])) };
  const best = {};
  const time = (name, run) => {
    const begin = performance.now();
    const result = run();
    best[name] = Math.min(best[name] ?? Infinity, performance.now() - begin);
    return result;
  };
  // Interleaved, so that what else the machine does meets all alike; the first rounds warm up.
  for (let t = 0; t < 30; t++) {
    if (t === 6) for (const name of Object.keys(best)) best[name] = Infinity;
    at = time(t % 3 === 0 ? 'refresh' : 'update', () => step(g, at.state, at.w));
    time('six', () => six(g)).dispose();
    time('all', () => [ten(g), ...two(g)]).forEach((x) => x.dispose());
  }
  const line = (what, of, to) =>
    `${what}: ${best[of].toFixed(1)} ms, ${(best[of] / best[to]).toFixed(2)} times its products${to === 'all' ? ' and QR' : ''}`;
  return [line('SOAP step, 512 x 512', 'update', 'six'), line('SOAP step with a refresh', 'refresh', 'all')];
}

/** Milliseconds of a product with a window of m gradients of d weights. */
function productTime(m, d) {
  return scope(() => {
    const x = random.normal(random.key(2), [d]);
    const window = slideFisherWindow(fisherWindow(x, m), x);
    let least = Infinity;
    for (let i = 0; i < 20; i++) {
      const begin = performance.now();
      scope(() => void fisherWindowProduct(window, x, 1e-5).dataSync());
      least = Math.min(least, performance.now() - begin);
    }
    return least;
  });
}

function fisherCost() {
  productTime(64, 10_000); // compiles what is compiled
  const [small, large] = [productTime(64, 10_000), productTime(64, 100_000)];
  const few = productTime(16, 100_000);
  const slope = (a, b, ratio) => (Math.log(b / a) / Math.log(ratio)).toFixed(2);
  return [
    `M-FAC product, weights 1e4 to 1e5, window 64: ${small.toFixed(2)} to ${large.toFixed(2)} ms, exponent ${slope(small, large, 10)}`,
    `M-FAC product, window 16 to 64, weights 1e5: ${few.toFixed(2)} to ${large.toFixed(2)} ms, exponent ${slope(few, large, 4)}`,
  ];
}

for (const line of [...soapCost(), ...fisherCost()]) console.log(line);
