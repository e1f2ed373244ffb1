/*
 * `node tooling/bench/src/hypergradients.mjs [name…]`: one hypergradient by conjugate gradients (10), a Neumann series (10) and 20
 * unrolled steps, compiled, against PyTorch's double backward, which takes turns with it: the weights of 20,000 examples of softmax
 * regression on 784 features, and of 1,000 examples of a network with 100,000 parameters. float32. Gradients must agree first. Needs
 * built packages (`pnpm build --filter=@plugins/bilevel`) and PyTorch.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { backendInfo, jit, tensor } from '@core/tensor';
import { hypergradient } from '@plugins/bilevel';
import { median } from './median.mjs';
import { labels, numbers } from './numbers.mjs';
import { pythonEnvironment } from './peers/index.mjs';

const only = process.argv.slice(2);
const script = fileURLToPath(new URL('peers/python/hypergradient_peer.py', import.meta.url));
const python = spawn('/usr/bin/python3', [script], {
  stdio: ['pipe', 'pipe', 'inherit'],
  env: { ...process.env, ...pythonEnvironment() },
});
const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]();

/** Asks the peer to prepare a subject or to run it once more. */
async function ask(message) {
  python.stdin.write(`${JSON.stringify(message)}\n`);
  const { value, done } = await lines.next();
  if (done) throw new Error('the Python peer ended; it needs numpy and torch');
  return JSON.parse(value);
}

const uniform = (shape, seed, high = 1) => {
  const count = shape.reduce((a, b) => a * b, 1);
  return tensor(numbers(count, { seed, low: -high, high })).reshape(shape);
};

/** Mean over examples of the cross entropy, each times its weight. */
const loss = (logits, at, weights) => {
  const picked = logits.logsumexp(1).sub(logits.mul(at).sum(1));
  return (weights === undefined ? picked : picked.mul(weights)).mean();
};

const models = {
  softmax: { n: 20_000, held: 2_000, ridge: 0.1, shapes: [[784, 10]], forward: ([w], x) => x.matmul(w) },
  mlp: {
    n: 1_000,
    held: 1_000,
    ridge: 1, // the lower level is convex near this y
    shapes: [
      [784, 128],
      [128, 10],
    ],
    forward: ([a, b], x) => x.matmul(a).tanh().matmul(b),
  },
};

const methods = {
  cg: { method: 'cg', iterations: 10, tolerance: 0, indefinite: 'stop' },
  neumann: { method: 'neumann', iterations: 10, alpha: 0.05 },
  unroll: { method: 'unroll', steps: 20, learningRate: 0.05 },
};

async function compare(model, name) {
  const { n, held, ridge, shapes, forward } = models[model];
  const oneHot = (count, seed) => {
    const at = new Float32Array(count * 10);
    labels(count, 10, seed).forEach((label, i) => (at[10 * i + label] = 1));
    return tensor(at).reshape([count, 10]);
  };
  const [train, validation] = [uniform([n, 784], 1), uniform([held, 784], 2)];
  const [trainLabels, heldLabels] = [oneHot(n, 3), oneHot(held, 4)];
  const problem = {
    upper: (_x, y) => loss(forward(y, validation), heldLabels),
    lower: (x, y) =>
      y.reduce(
        (sum, w) =>
          sum.add(
            w
              .square()
              .sum()
              .mul(ridge / 2),
          ),
        loss(forward(y, train), trainLabels, x.sigmoid()),
      ),
  };
  const by = hypergradient(problem, methods[name]);
  const program = jit((x, y) => by(x, y).grad);
  const x = uniform([n], 5);
  const y = shapes.map((shape, i) => uniform(shape, 6 + i, 0.05));
  const run = () => {
    const gradient = program(x, y);
    const sum = gradient.abs().sum().item();
    gradient.dispose();
    return sum;
  };
  const began = performance.now();
  const own = run();
  const first = performance.now() - began;
  const { check, ways } = await ask({ prepare: model, n, held, shapes, ridge, ...methods[name] });
  if (!(Math.abs(own - check) <= 1e-3 * Math.abs(check)))
    throw new Error(`${model} by ${name}: ${own} here, ${check} there`);
  const times = Object.fromEntries(['trellis', ...ways].map((way) => [way, []]));
  const rounds = first > 500 ? 3 : 5;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    run();
    times.trellis.push(performance.now() - start);
    for (const way of ways) times[way].push((await ask({ run: way })).milliseconds);
  }
  const middle = Object.fromEntries(Object.entries(times).map(([way, all]) => [way, median(all)]));
  const best = Math.min(...ways.map((way) => middle[way]));
  const figures = Object.entries(middle).map(([way, ms]) => `${way} ${ms.toFixed(1)} ms`);
  console.log(
    `${model} by ${name}: ${figures.join(', ')}; ratio ${(middle.trellis / best).toFixed(2)} (first call ${first.toFixed(0)} ms)`,
  );
  program.dispose();
}

console.log(`BLAS: ${JSON.stringify(backendInfo().blas)}`);
for (const model of Object.keys(models))
  for (const name of Object.keys(methods))
    if (only.length === 0 || only.includes(model) || only.includes(name)) await compare(model, name);
python.stdin.end();
