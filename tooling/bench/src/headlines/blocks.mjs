import { tensor } from '@core/tensor';
import { bcd, blockProblems } from '@plugins/optim';
import { normals, range, uniforms } from './support.mjs';
import { between, plusMinus, ratio, verdict } from './statistics.mjs';

/** The paper's data set A, 200 x 1000: normal entries + 1, columns scaled by 10 normals, sparse; b from a tenth of the weights. */
function leastSquares(seed, n = 200, p = 1000) {
  const [entries, scales, kept] = [normals(seed, n * p), normals(seed + 100, p), uniforms(seed + 200, n * p)];
  const share = (10 * Math.log(n)) / n;
  const a = entries.map((x, at) => (kept[at] < share ? (x + 1) * 10 * scales[at % p] : 0));
  const [weights, chosen, b] = [normals(seed + 300, p), uniforms(seed + 400, p), normals(seed + 500, n)];
  for (let i = 0; i < n; i++)
    for (let j = 0; j < p; j++) if (chosen[j] < 0.1) b[i] += a[i * p + j] * weights[j];
  return blockProblems.leastSquares(tensor(a, { shape: [n, p] }), b);
}

const claims = [
  ['Lb', 'Sort', 'GSL', 'Random', 1],
  ['Lb', 'Sort', 'GSL', 'GS', 0.1],
  ['Lb', 'Sort', 'GS', 'Random', 1 / 3],
  ['Lb', 'VB', 'GS', 'Random', 1 / 20],
  ['Lb', 'VB', 'GSD', 'GS', 1 / 20],
  ['Hb', 'Sort', 'GSL', 'Random', 1],
  ['Hb', 'Sort', 'GSL', 'GS', 1 / 100],
  ['Hb', 'Sort', 'GSQ', 'GSL', 1],
  ['Hb', 'VB', 'GSD', 'GS', 1e-3],
];

export const title = 'Blocks: rules that know Lipschitz constants against others';

export async function run() {
  const seeds = range(10);
  const problems = seeds.map((seed) => leastSquares(seed));
  const known = new Map();
  /** f after 300 iterations on blocks of 5, over f at the start. */
  const left = (update, partition, selection) => {
    const key = `${update} ${partition} ${selection}`;
    if (!known.has(key))
      known.set(
        key,
        problems.map((problem, i) => {
          const options = { update, partition, selection, norm: 1, maxIterations: 300, tolerance: 0, recordEvery: 300, seed: seeds[i] }; // prettier-ignore
          const { losses } = bcd(problem, options);
          return losses.at(-1) / losses[0];
        }),
      );
    return known.get(key);
  };
  return claims.map(([update, partition, better, worse, bound]) => {
    const [a, b] = [better, worse].map((selection) => left(update, partition, selection));
    const found = ratio(a, b);
    return {
      claim: `${partition === 'VB' ? 'variable' : 'fixed'} blocks, ${update === 'Lb' ? 'gradient' : 'matrix'} steps (10 seeds): f left by ${better} ${bound === 1 ? 'below' : `below ${bound.toPrecision(1)} of`} what ${worse} leaves`,
      left: `${better} ${plusMinus(a)}`,
      right: `${worse} ${plusMinus(b)}`,
      compared: between(found),
      verdict: verdict(found, { below: bound }),
    };
  });
}
