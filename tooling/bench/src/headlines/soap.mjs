import { linalg, matmul } from '@core/tensor';
import { adamw, linear, shampoo, soap } from '@plugins/optim';
import { perceptron, train } from './digits.mjs';
import { descend, f64, normal, range } from './support.mjs';
import { between, plusMinus, ratio, verdict } from './statistics.mjs';

const [steps, target] = [300, 1e-4];

/** Symmetric, with eigenvalues from 1 down to 10^-1.5 in a random basis. */
function spread(seed, n) {
  const [q] = linalg.qr(normal(seed, [n, n]));
  const values = f64(Array.from({ length: n }, (_, i) => 10 ** ((-1.5 * i) / (n - 1))));
  return matmul(q.mul(values), q, { transposeB: true });
}

/** ½ ‖A X B - C‖², X 12 x 8: the steps to 1e-4 of the first loss (one more than there are, where it is not reached), and the last. */
function product(seed, optimizer) {
  const [a, b] = [spread(10 * seed, 12), spread(10 * seed + 1, 8)];
  const c = matmul(matmul(a, normal(10 * seed + 2, [12, 8])), b);
  let [first, last, reached] = [NaN, NaN, steps + 1];
  descend({
    loss: (x) => matmul(matmul(a, x), b).sub(c).square().sum().mul(0.5),
    start: c.mul(0),
    optimizer,
    steps: steps + 1,
    seen: (value, _x, t) => {
      if (t === 0) first = value;
      last = value / first;
      if (reached > steps && last <= target) reached = t;
    },
  });
  return { reached, last };
}

const rivals = {
  AdamW: (learningRate) => adamw({ learningRate, beta1: 0.95, beta2: 0.95, weightDecay: 0 }),
  Shampoo: (learningRate) => shampoo({ learningRate, momentum: 0.95, maxPreconditionDimension: 256 }),
  SOAP: (learningRate) => soap({ learningRate, weightDecay: 0, maxPreconditionDimension: 256 }),
};

export const title = 'SOAP against AdamW and Shampoo: steps to a target, each at its best rate of one grid';

export async function run() {
  const rows = [];
  const compare = (problem, unit, chosen) => {
    for (const other of ['AdamW', 'Shampoo']) {
      const found = ratio(chosen.SOAP.scores, chosen[other].scores);
      rows.push({
        claim: `${problem}: SOAP needs fewer ${unit} than ${other}`,
        left: `SOAP (${chosen.SOAP.rate}) ${plusMinus(chosen.SOAP.scores)}`,
        right: `${other} (${chosen[other].rate}) ${plusMinus(chosen[other].scores)}`,
        compared: between(found),
        verdict: verdict(found, { below: 1 }),
      });
    }
  };
  const pick = (table, rates, seeds) => {
    const mean = (row) => row.reduce((a, b) => a + b, 0) / row.length;
    const best = table.map(mean).reduce((least, x, i, all) => (x < all[least] ? i : least), 0);
    return { rate: rates[best], scores: table[best].slice(0, seeds.length) };
  };

  const grid = [0.01, 0.03, 0.1, 0.3, 1];
  const seeds = range(10);
  const runs = Object.entries(rivals).map(([name, make]) => [
    name,
    grid.map((from) => seeds.map((seed) => product(seed, make(linear({ from, to: 0, steps }))))),
  ]);
  const by = (key) =>
    Object.fromEntries(
      runs.map(([name, table]) => [name, pick(table.map((row) => row.map((one) => one[key])), grid, seeds)]), // prettier-ignore
    );
  compare('‖AXB - C‖², 12 x 8, to 1e-4 (10 seeds)', 'steps', by('reached'));
  const [ours, theirs] = [by('last').SOAP, by('last').AdamW];
  const lower = ratio(ours.scores, theirs.scores);
  rows.push({
    claim: 'the same: SOAP’s loss after 300 steps is below a twentieth of AdamW’s',
    left: `SOAP (${ours.rate}) ${plusMinus(ours.scores)}`,
    right: `AdamW (${theirs.rate}) ${plusMinus(theirs.scores)}`,
    compared: between(lower),
    verdict: verdict(lower, { below: 1 / 20 }),
  });

  const [rates, few] = [[1e-3, 3e-3, 1e-2, 3e-2, 0.1], range(5)];
  const chosen = {};
  for (const [name, make] of Object.entries(rivals)) {
    const table = [];
    for (const rate of rates) {
      const row = [];
      for (const seed of few)
        row.push((await train({ net: perceptron, make, rate, epochs: 5, seed, target: 0.3 })).reached);
      table.push(row);
    }
    chosen[name] = pick(table, rates, few);
  }
  compare('digits, 784-64-10, to a training loss of 0.3 (5 seeds)', 'steps', chosen);
  return rows;
}
