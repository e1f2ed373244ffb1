/*
 * `node tooling/bench/src/momentProbing.mjs`: what moment probing gains over linear probing on handwritten digits that the backbone has not
 * seen (it is trained on 0 to 4, and probed for 5 to 9), over seeds. Each seed has a split of the digits, a backbone and probes of
 * its own; differences to linear probing are within seeds, with 95 % intervals of Student's t. Needs built packages. `--seeds 3` for fewer seeds,
 * `--steps 200` for fewer steps; `--first 2` starts at another seed, and `--read lines.json` makes the table of what several such runs said on standard
 * error. `momentProbingSpeed.mjs` has the times.
 */
import { readFileSync } from 'node:fs';
import { digits } from '@core/data/node';
import { toTensor } from '@core/data';
import { jit, random } from '@core/tensor';
import { adamw } from '@plugins/optim';
import { linearProbing, momentProbing, probe, probing } from '@plugins/spd-norm';
import { interval } from './headlines/statistics.mjs';

const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};
const [seeds, steps] = [option('seeds', 5), option('steps', 600)];

const names = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
async function dataset(seed) {
  const parts = await digits({ train: 8000, test: 2000, seed });
  const load = async (split) => ({
    inputs: toTensor(parts[split].images),
    targets: toTensor(parts[split].labels),
  });
  const size = (split) => parts[split].labels.shape[0];
  return {
    name: 'Digits',
    inputShape: [1, 28, 28],
    classNames: names,
    splits: ['train', 'test'],
    size,
    load,
  };
}

const moments = { outputs: 5, hidden: 128, heads: 4 };
// Of the rates .003, .01 and .03 the best for linear probing on another split (seed 7); moment probing differed by less than two points.
const heads = {
  'linear probing, class token': { head: linearProbing({ outputs: 5 }), rate: 0.01 },
  'linear probing, mean of tokens': {
    head: linearProbing({ outputs: 5, pooling: 'average', skipFirst: true }),
    rate: 0.01,
  },
  MP: { head: momentProbing(moments) },
  "MP, center 'token'": { head: momentProbing({ ...moments, center: 'token' }) },
  'linear probing + PSRP': { head: linearProbing({ outputs: 5 }), psrp: {} },
  'MP+': { head: momentProbing(moments), psrp: {} },
  'MP+, zero init': { head: momentProbing(moments), psrp: { zeroInit: true } },
};

/** Accuracies of all probes and references, and numbers of parameters, for one seed. */
async function measure(seed) {
  const experiment = probing(await dataset(seed), { pretrainClasses: [0, 1, 2, 3, 4] });
  const { problem, references, evaluate } = await experiment.load(random.key(seed));
  const found = { ...references };
  for (const [name, { head, psrp, rate = 0.003 }] of Object.entries(heads)) {
    const optimizer = adamw({ learningRate: rate, weightDecay: 0.05 });
    const solver = probe({ head, optimizer, ...(psrp && { psrp }) });
    const step = jit((state) => solver.step(problem, state).state);
    let state = solver.init(problem, random.key(100 + seed));
    for (let at = 0; at < steps; at++) state = step(state);
    found[name] = evaluate(solver.solution(problem, state));
    step.dispose();
  }
  console.error(JSON.stringify(found));
  return found;
}

const read = process.argv.indexOf('--read');
const all = [];
if (read >= 0) {
  const lines = readFileSync(process.argv[read + 1], 'utf8')
    .trim()
    .split('\n');
  all.push(...lines.map((line) => JSON.parse(line)));
} else {
  const first = option('first', 0);
  for (let seed = first; seed < first + seeds; seed++) all.push(await measure(seed));
}
const percent = (value) => (100 * value).toFixed(1);
const accuracies = (name) => all.map((one) => one[name].accuracy);
// One seed has no interval.
if (all.length > 1) {
  const baseline = accuracies('linear probing, class token');
  console.log('| probe | right of 100 | over linear probing | trained numbers |');
  console.log('| ----- | ------------ | ------------------- | --------------- |');
  for (const name of Object.keys(all[0])) {
    const own = interval(accuracies(name));
    const over = interval(accuracies(name).map((value, i) => value - baseline[i]));
    const gain = name in heads && over.half > 0 ? `${percent(over.mean)} ± ${percent(over.half)}` : '';
    const count = all[0][name].parameters?.toLocaleString('en') ?? '';
    console.log(`| ${name} | ${percent(own.mean)} ± ${percent(own.half)} | ${gain} | ${count} |`);
  }
}
