/*
 * `node tooling/bench/src/spd.mjs`: symmetric positive definite matrices against NumPy and PyTorch, which take turns with Trellis:
 * eigh of 1,000 matrices of 20 x 20 against one loop over LAPACK, and a training step of generalised Bures-Wasserstein batch
 * normalisation (forward, and gradients of input, bias, metric matrix and scale) against the same in PyTorch. float64. Needs
 * built packages (`pnpm bench` builds them).
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { grad, jit, linalg, random, tensor } from '@core/tensor';
import { gbwBatchNorm, randomSpd } from '@plugins/spd-norm';
import { median } from './median.mjs';

const python = spawn(
  '/usr/bin/python3',
  [fileURLToPath(new URL('peers/python/spd_peer.py', import.meta.url))],
  {
    stdio: ['pipe', 'pipe', 'inherit'],
  },
);
const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]();

/** Asks the peer to prepare a subject or to run it once more. */
async function ask(message) {
  python.stdin.write(`${JSON.stringify(message)}\n`);
  const { value, done } = await lines.next();
  if (done) throw new Error('the Python peer ended; it needs numpy and torch');
  return JSON.parse(value);
}

/** Median milliseconds of Trellis and of each of the peer's ways, in turns. */
async function compare(name, run, subject, rounds = 15) {
  const { check, ways } = await ask({ prepare: name, ...subject });
  const own = run();
  if (Math.abs(own - check) > 1e-6 * Math.abs(check)) throw new Error(`${name}: ${own} here, ${check} there`);
  const times = Object.fromEntries(['trellis', ...ways].map((way) => [way, []]));
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    run();
    times.trellis.push(performance.now() - start);
    for (const way of ways) times[way].push((await ask({ run: way })).milliseconds);
  }
  const middle = Object.fromEntries(Object.entries(times).map(([way, all]) => [way, median(all)]));
  const best = Math.min(...ways.map((way) => middle[way]));
  const figures = Object.entries(middle).map(([way, ms]) => `${way} ${ms.toFixed(2)} ms`);
  console.log(`${name}: ${figures.join(', ')}; ratio ${(middle.trellis / best).toFixed(2)}`);
}

const x = randomSpd(random.key(1), 20, { shape: [1000], condition: 1e4, dtype: 'float64' });
await compare('eigh 1000 x 20 x 20', () => linalg.eigh(x)[0].sum().item(), {
  op: 'eigh',
  x: [...x.dataSync()],
  shape: x.shape,
});

for (const [batch, n, theta] of [
  [30, 12, 1],
  [30, 20, 0.5],
  [128, 20, 0.5],
]) {
  const input = randomSpd(random.key(2), n, { shape: [batch], condition: 100, dtype: 'float64' });
  const weights = random.normal(random.key(3), [batch, n, n], { dtype: 'float64' });
  const layer = gbwBatchNorm({ theta });
  const { state } = layer.init(random.key(0), [n, n], { dtype: 'float64' });
  const params = {
    spdBias: randomSpd(random.key(4), n, { condition: 4, dtype: 'float64' }),
    spdMetric: randomSpd(random.key(5), n, { condition: 4, dtype: 'float64' }),
    scale: tensor(0.3, { dtype: 'float64' }),
  };
  const step = jit((p, batchOf) => {
    const slopes = grad(
      (q, at) => layer.apply(q, state, at, { train: true }).output.mul(weights).sum(),
      [0, 1],
    );
    return slopes(p, batchOf);
  });
  const run = () => {
    const [slopes, toInput] = step(params, input);
    const parts = [slopes.spdBias, slopes.spdMetric, slopes.scale, toInput];
    return parts.reduce((sum, part) => sum + part.abs().sum().item(), 0);
  };
  await compare(`GBW batch normalisation step, ${batch} x ${n} x ${n}, theta ${theta}`, run, {
    op: 'gbw',
    theta,
    shape: input.shape,
    x: [...input.dataSync()],
    weights: [...weights.dataSync()],
    bias: [...params.spdBias.dataSync()],
    metric: [...params.spdMetric.dataSync()],
    scale: 0.3,
  });
}
python.stdin.end();
