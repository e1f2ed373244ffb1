import { adam, adamp, sgd, sgdp } from '@plugins/optim';
import { normalised, train } from './digits.mjs';
import { descend, normal, range } from './support.mjs';
import { between, difference, plusMinus, ratio, verdict } from './statistics.mjs';

const d = 50;

/** f(w) = uᵀ M u with u = w / ‖w‖: the length after 500 steps, and how far the loss is above the least eigenvalue. */
function sphere(seed, optimizer) {
  const half = normal(seed, [d, d]);
  const matrix = half.add(half.transpose()).mul(0.5);
  const loss = (w) => {
    const u = w.div(w.square().sum().sqrt());
    return u.matmul(matrix).mul(u).sum();
  };
  const start = normal(seed + 50, [1, d]).mul(0.3);
  const w = descend({ loss, start, optimizer, steps: 500 });
  return Math.hypot(...w.dataSync());
}

const norm = (x) => Math.hypot(...x.dataSync());

export const title = 'AdamP and SGDP on scale-invariant weights';

export async function run() {
  const rows = [];
  const seeds = range(10);
  const pairs = [
    ['Adam', 'AdamP', () => adam({ learningRate: 0.1 }), () => adamp({ learningRate: 0.1 }), 2],
    ['SGD', 'SGDP', () => sgd({ learningRate: 0.1, momentum: 0.9 }), () => sgdp({ learningRate: 0.1, momentum: 0.9 }), 3], // prettier-ignore
  ];
  for (const [plainName, name, plain, projected, least] of pairs) {
    const [a, b] = [plain, projected].map((make) => seeds.map((seed) => sphere(seed, make())));
    const found = ratio(a, b);
    rows.push({
      claim: `uᵀMu/‖u‖², d 50, rate 0.1: ‖w‖ of ${plainName} at least ${least} times that of ${name} (10 seeds)`,
      left: `${plainName} ${plusMinus(a)}`,
      right: `${name} ${plusMinus(b)}`,
      compared: between(found),
      verdict: verdict(found, { above: least }),
    });
  }
  // A network with batch normalisation; each optimizer at the rate of one grid that is best for it.
  const few = range(5);
  const nets = [
    ['Adam', 'AdamP', (learningRate) => adam({ learningRate }), (learningRate) => adamp({ learningRate }), [1e-3, 3e-3, 1e-2, 3e-2], 1], // prettier-ignore
    ['SGD', 'SGDP', (learningRate) => sgd({ learningRate, momentum: 0.9 }), (learningRate) => sgdp({ learningRate, momentum: 0.9 }), [0.03, 0.1, 0.3, 1], 0.75 ** 2], // prettier-ignore
  ];
  for (const [plainName, name, plain, projected, rates, bound] of nets) {
    const runs = [];
    for (const make of [plain, projected]) {
      const table = [];
      for (const rate of rates) {
        const row = [];
        for (const seed of few) row.push(await train({ net: normalised, make, rate, epochs: 4, seed }));
        table.push(row);
      }
      runs.push(table);
    }
    const mean = (row) => row.reduce((sum, { accuracy }) => sum + accuracy, 0) / row.length;
    const best = runs.map((table) => table.toSorted((a, b) => mean(b) - mean(a))[0]);
    const [a, b] = best.map((row) => row.map(({ accuracy }) => accuracy));
    const rate = (i) => rates[runs[i].indexOf(best[i])];
    const gain = difference(b, a);
    rows.push({
      claim: `digits, batch norm, best rates (${rate(0)}, ${rate(1)}): test accuracy of ${name} above that of ${plainName} (5 seeds)`,
      left: `${plainName} ${plusMinus(a)} %`,
      right: `${name} ${plusMinus(b)} %`,
      compared: between(gain),
      verdict: verdict(gain, { above: 0 }),
    });
    // The middle rate for both: how much longer the two normalised weights became.
    const lengths = runs.map((table) =>
      table[1].map(({ params }) => norm(params.first.weight) * norm(params.second.weight)),
    );
    const shorter = ratio(lengths[1], lengths[0]);
    rows.push({
      claim: `the same at rate ${rates[1]}: product of both weights’ norms (21 at the start) of ${name} ${bound === 1 ? 'below' : 'below 0.75² of'} that of ${plainName}`,
      left: `${plainName} ${plusMinus(lengths[0])}`,
      right: `${name} ${plusMinus(lengths[1])}`,
      compared: between(shorter),
      verdict: verdict(shorter, { below: bound }),
    });
  }
  return rows;
}
