/*
 * `node tooling/bench/src/pruning.mjs FILE [batch size]`: BiP against magnitude pruning on digits of 8 x 8 pixels, 1300 to learn from, an MLP
 * 64-128-128-10 trained 15 passes, mean accuracy of three seeds on the other 497 by what is kept, each after 20 passes of
 * fine-tuning. FILE is scikit-learn's digits.csv.gz: 64 pixels of 0 to 16 and the class in each row. The default batch has 32.
 * Needs built packages.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { random, tensor } from '@core/tensor';
import { crossEntropy } from '@core/nn';
import { mlp } from '@plugins/basics';
import { bip, magnitudePruning, pruningExperiment, solve } from '@plugins/bilevel';

const [, , file, batch = '32'] = process.argv;
if (file === undefined) throw new Error('pruning: give the path of digits.csv.gz');
const rows = gunzipSync(readFileSync(file))
  .toString()
  .trim()
  .split('\n')
  .map((line) => line.split(',').map(Number));

const [seeds, epochs, train, batchSize] = [[0, 1, 2], 20, 1300, Number(batch)];
const steps = epochs * Math.ceil(train / batchSize);

/** The digits in an order of their own for each seed. */
function dataset(seed) {
  const order = [...random.permutation(random.key(seed), rows.length).dataSync()];
  const part = (of) => ({
    inputs: tensor(of.map((i) => rows[i].slice(0, 64).map((pixel) => pixel / 16))),
    targets: tensor(
      of.map((i) => rows[i][64]),
      { dtype: 'int32' },
    ),
  });
  const parts = { train: order.slice(0, train), test: order.slice(train) };
  return {
    name: 'digits',
    inputShape: [64],
    classNames: [...'0123456789'],
    splits: ['train', 'test'],
    size: (split) => parts[split].length,
    load: (split) => Promise.resolve(part(parts[split])),
  };
}

/** Solvers by name; those of no steps are at their start. */
const solvers = (keep) => ({
  BiP: [bip({ keep, steps, learningRate: 0.05, implicitCoefficient: 1e-2 }), steps],
  'BiP, shared scores': [
    bip({ keep, steps, learningRate: 0.05, implicitCoefficient: 1e-2, sharedScores: true }),
    steps,
  ],
  'BiP, first order': [bip({ keep, steps, learningRate: 0.05, firstOrderOnly: true }), steps],
  magnitude: [magnitudePruning({ keep, steps: 1 }), 0],
  'magnitude, by layer': [magnitudePruning({ keep, steps: 1, global: false }), 0],
  'magnitude, 20 passes more': [magnitudePruning({ keep, steps, learningRate: 0.05 }), steps],
  'magnitude, 10 rounds': [magnitudePruning({ keep, steps, learningRate: 0.05, rounds: 10 }), steps],
});

const sums = new Map();
const add = (name, value) => sums.set(name, [...(sums.get(name) ?? []), value]);
const began = performance.now();
for (const seed of seeds) {
  const experiment = pruningExperiment({
    dataset: dataset(seed),
    model: mlp({ widths: [128, 128] }),
    loss: crossEntropy,
    batchSize,
  });
  const { problem, evaluate, references } = await experiment.load(random.key(seed));
  for (const [name, { accuracy }] of Object.entries(references)) add(name, accuracy);
  for (const keep of [0.05, 0.02, 0.01]) {
    for (const [name, [solver, count]] of Object.entries(solvers(keep))) {
      const key = random.key(seed);
      const solution =
        count === 0
          ? solver.solution(problem, solver.init(problem, key))
          : solve(solver, problem, { steps: count, every: count, key }).solution;
      add(`${100 * keep} %: ${name}`, (await evaluate(solution)).accuracy);
    }
  }
}
for (const [name, values] of sums) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  console.log(`${name}: ${mean.toFixed(3)} (${values.map((value) => value.toFixed(3)).join(', ')})`);
}
console.log(`${((performance.now() - began) / 1000).toFixed(0)} s`);
