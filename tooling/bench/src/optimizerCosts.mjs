/*
 * `node tooling/bench/src/optimizerCosts.mjs`: a compiled SOAP step at 512 x 512 over the time of its own products and
 * decompositions, and how the time of M-FAC's step grows with weights and window. Needs built packages.
 */
import { jit, linalg, matmul, random, tree, zeros } from '@core/tensor';
import { applyUpdates, mfac, soap } from '@plugins/optim';

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

/** Milliseconds of a compiled M-FAC step on d weights with a window of m gradients. */
function mfacTime(m, d) {
  const optimizer = mfac({ windowSize: m });
  const g = random.normal(random.key(2), [d]);
  const step = jit(
    (at, gradient) => {
      const next = optimizer.update(gradient, at.state, at.w);
      return { w: applyUpdates(at.w, next.updates), state: next.state };
    },
    { donate: [0] },
  );
  let at = { w: zeros([d]), state: optimizer.init(zeros([d])) };
  let least = Infinity;
  const until = performance.now() + 800;
  for (let i = 0; i < 12 || performance.now() < until; i++) {
    const begin = performance.now();
    at = step(at, g);
    least = Math.min(least, performance.now() - begin);
  }
  tree.leaves([at, g]).forEach((x) => x.dispose());
  return least;
}

/** p of times ~ size^p, by least squares in logarithms. */
function exponent(at, times) {
  const [x, y] = [at, times].map((values) => values.map(Math.log));
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const over = (f) => x.reduce((sum, value, i) => sum + f(value - mx, y[i] - my), 0);
  return (over((a, b) => a * b) / over((a) => a * a)).toFixed(2);
}

function mfacCost() {
  const weights = [1e4, 3e4, 1e5, 3e5];
  const windows = [16, 64, 256];
  mfacTime(16, 1e4); // compiles what is compiled
  const table = windows.map((m) => weights.map((d) => mfacTime(m, d)));
  const row = (cells) => `| ${cells.join(' | ')} |`;
  return [
    '',
    row(['M-FAC step, ms', ...weights.map((d) => `d = ${d}`), 'time ~ d^p, p']),
    row(['---', ...weights.map(() => '--:'), '--:']),
    ...windows.map((m, i) =>
      row([`m = ${m}`, ...table[i].map((time) => time.toFixed(2)), exponent(weights, table[i])]),
    ),
    row([
      'time ~ m^p, p',
      ...weights.map((_, k) =>
        exponent(
          windows,
          table.map((times) => times[k]),
        ),
      ),
      '',
    ]),
  ];
}

for (const line of [...soapCost(), ...mfacCost()]) console.log(line);
