import { adabelief, adamw, exadam } from '@plugins/optim';
import { perceptron, train } from './digits.mjs';
import { range } from './support.mjs';
import { between, difference, interval, plusMinus, ratio, verdict } from './statistics.mjs';

const grid = [1e-4, 1e-3, 3e-3, 1e-2, 3e-2];
const seeds = range(5);

const rivals = {
  AdamW: (learningRate) => adamw({ learningRate }),
  EXAdam: (learningRate) => exadam({ learningRate }),
  'EXAdam v2': (learningRate) => exadam({ learningRate, dynamicStep: false }),
  AdaBelief: (learningRate) => adabelief({ learningRate, rectify: false }),
  'AdaBelief, rectified': (learningRate) => adabelief({ learningRate }),
};

/** Those that are compared at one rate only. */
const only = { 'EXAdam v2': [1e-4], 'AdaBelief, rectified': [1e-3] };

export const title = 'EXAdam and AdaBelief against AdamW: digits, 784-64-10, three epochs, 5 seeds';

export async function run() {
  const runs = {};
  for (const [name, make] of Object.entries(rivals)) {
    runs[name] = [];
    for (const rate of only[name] ?? grid) {
      const row = [];
      for (const seed of seeds) row.push(await train({ net: perceptron, make, rate, epochs: 3, seed }));
      runs[name][grid.indexOf(rate)] = row;
    }
  }
  const of = (name, i, key) => runs[name][i].map((one) => one[key]);
  const row = (claim, left, right, found, bound) => ({
    claim,
    left: `${left[0]} ${plusMinus(left[1])}`,
    right: `${right[0]} ${plusMinus(right[1])}`,
    compared: between(found),
    verdict: verdict(found, bound),
  });
  const rows = [];
  for (const [rate, better, worse] of [
    [1e-4, 'EXAdam', 'EXAdam v2'],
    [1e-4, 'EXAdam v2', 'AdamW'],
    [1e-3, 'AdaBelief', 'AdamW'],
    [1e-3, 'AdamW', 'AdaBelief, rectified'],
  ]) {
    const [a, b] = [better, worse].map((name) => of(name, grid.indexOf(rate), 'loss'));
    rows.push(row(`equal rate ${rate}: training loss of ${better} below that of ${worse}`, [better, a], [worse, b], ratio(a, b), { below: 1 })); // prettier-ignore
  }
  const best = (name) => {
    const means = grid.map((_, i) => interval(of(name, i, 'loss')).mean);
    return means.indexOf(Math.min(...means));
  };
  for (const name of ['EXAdam', 'AdaBelief']) {
    const [i, j] = [best(name), best('AdamW')];
    const [a, b] = [of(name, i, 'loss'), of('AdamW', j, 'loss')];
    rows.push(row(`best rates of one grid (${grid[i]}, ${grid[j]}): training loss of ${name} below AdamW’s`, [name, a], ['AdamW', b], ratio(a, b), { below: 1 })); // prettier-ignore
    const [x, y] = [of(name, i, 'accuracy'), of('AdamW', j, 'accuracy')];
    rows.push(row(`the same: test accuracy of ${name} above AdamW’s, %`, [name, x], ['AdamW', y], difference(x, y), { above: 0 })); // prettier-ignore
  }
  return rows;
}
