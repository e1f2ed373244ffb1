/*
 * `node tooling/bench/src/momentProbingSpeed.mjs`: a training step of moment probing, forward and all gradients, at the size of the official
 * recipe's ViT-B/16 (768 channels, 196 tokens and the class token, hidden 512, 4 heads, batch 16, 1000 classes), against the same in PyTorch,
 * which takes turns with Trellis. The gradients must agree first. float32. Needs built packages. `--profile` says where the time goes.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromTensor } from '@core/data';
import { writeNpy } from '@core/data/node';
import { grad, jit, profile, random, tree } from '@core/tensor';
import { crossEntropy } from '@core/nn';
import { momentProbing } from '@plugins/spd-norm';
import { median } from './median.mjs';
import { pythonEnvironment } from './peers/index.mjs';

const [batch, tokens, channels, classes] = [16, 197, 768, 1000];
const layer = momentProbing({ outputs: classes });
const { params } = layer.init(random.key(1), [tokens, channels]);
const x = random.normal(random.key(2), [batch, tokens, channels]);
const labels = random.randint(random.key(3), [batch], 0, classes);
const step = jit((p, at, y) => grad((q) => crossEntropy(layer.apply(q, {}, at).output, y))(p));
const run = () => {
  const slopes = tree.leaves(step(params, x, labels));
  return slopes.reduce((sum, slope) => sum + slope.abs().sum().item(), 0);
};

const folder = await mkdtemp(join(tmpdir(), 'trellis-probing-'));
const names = tree.paths(params);
for (const [i, leaf] of tree.leaves(params).entries())
  await writeNpy(join(folder, `${names[i]}.npy`), fromTensor(leaf));
await writeNpy(join(folder, 'x.npy'), fromTensor(x));
await writeNpy(join(folder, 'labels.npy'), fromTensor(labels));
const peer = fileURLToPath(new URL('peers/python/probing_peer.py', import.meta.url));
const python = spawn('/usr/bin/python3', [peer, folder], {
  stdio: ['pipe', 'pipe', 'inherit'],
  env: { ...process.env, ...pythonEnvironment() },
});
const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
async function answer() {
  const { value, done } = await lines.next();
  if (done) throw new Error('the Python peer ended; it needs numpy and torch');
  return JSON.parse(value);
}

const { check, ways } = await answer();
await rm(folder, { recursive: true });
const own = run();
if (Math.abs(own - check) > 1e-3 * Math.abs(check)) throw new Error(`gradients: ${own} here, ${check} there`);
const times = { trellis: [], ...Object.fromEntries(ways.map((way) => [way, []])) };
for (let round = 0; round < 12; round++) {
  const start = performance.now();
  run();
  times.trellis.push(performance.now() - start);
  for (const way of ways) {
    python.stdin.write(`${way}\n`);
    times[way].push((await answer()).milliseconds);
  }
}
python.stdin.end();
const middle = Object.fromEntries(Object.entries(times).map(([way, all]) => [way, median(all)]));
const figures = Object.entries(middle).map(([way, ms]) => `${way} ${ms.toFixed(1)} ms`);
const best = Math.min(...ways.map((way) => middle[way]));
console.log(`moment probing step: ${figures.join(', ')}; ratio ${(middle.trellis / best).toFixed(2)}`);
if (process.argv.includes('--profile')) {
  const { kernels } = profile(() => run());
  for (const { kernel, count, milliseconds, gigaflops } of kernels.slice(0, 14))
    console.log(`${milliseconds.toFixed(2)} ms ${count} x ${kernel}, ${gigaflops.toFixed(1)} GFLOP/s`);
}
