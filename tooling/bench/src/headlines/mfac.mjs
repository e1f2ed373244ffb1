import { grad, linalg, vmap } from '@core/tensor';
import { mfac, obsPrune, sgd } from '@plugins/optim';
import { bestRate, descend, f64, normal, range, uniforms } from './support.mjs';
import { between, plusMinus, ratio, verdict } from './statistics.mjs';

/** Least squares, 500 x 40, features scaled from 1 to 0.01 and weights from 1 to 100: loss after 200 batches of 32 over the first. */
function leastSquares(seed, optimizer) {
  const scales = f64(Array.from({ length: 40 }, (_, i) => 10 ** ((-2 * i) / 39)));
  const x = normal(seed, [500, 40]).mul(scales);
  const y = x.matmul(normal(seed + 10, [40]).div(scales));
  const draws = Int32Array.from(uniforms(seed + 20, 200 * 32), (u) => Math.floor(500 * u));
  const loss = (w, [rows, targets]) => rows.matmul(w).sub(targets).square().mean().mul(0.5);
  const start = f64(new Float64Array(40));
  const w = descend({
    loss,
    start,
    optimizer,
    steps: 200,
    batchOf: (t) => {
      const batch = [...draws.slice(32 * t, 32 * (t + 1))];
      return [x.take(batch), y.take(batch)];
    },
  });
  const share = loss(w, [x, y]).item() / loss(start, [x, y]).item();
  return Number.isFinite(share) ? share : 1e9;
}

/** Regression with 60 features of 20 factors and noise, at its least squares solution. */
function regression(seed) {
  const [n, d, factors] = [200, 60, 20];
  const latent = normal(seed, [n, factors]);
  const features = latent.matmul(normal(seed + 100, [factors, d])).add(normal(seed + 200, [n, d]).mul(0.3));
  const targets = features.matmul(normal(seed + 300, [d])).add(normal(seed + 400, [n]).mul(0.5));
  const weights = linalg.lstsq(features, targets).solution;
  const one = (w, x, y) => x.mul(w).sum().sub(y).square().mul(0.5);
  return {
    weights,
    loss: (w) => features.matmul(w).sub(targets).square().mean().mul(0.5).item(),
    gradients: (w) => vmap(grad(one), { inAxes: [null, 0, 0] })(w, features, targets),
  };
}

function byMagnitude(weights, sparsity) {
  const values = weights.dataSync();
  const drop = [...values.keys()].sort((a, b) => Math.abs(values[a]) - Math.abs(values[b])).slice(0, Math.round(sparsity * values.length)); // prettier-ignore
  return f64([...values].map((w, i) => (drop.includes(i) ? 0 : w)));
}

export const title = 'M-FAC against SGD, and pruning with its inverse';

export async function run() {
  const seeds = range(10);
  const rows = [];
  const ours = seeds.map((seed) => leastSquares(seed, mfac({ learningRate: 0.3, windowSize: 32, damping: 1e-3 }))); // prettier-ignore
  const rates = [0.01, 0.1, 0.5, 1, 1.25, 1.5, 1.75, 2];
  const table = rates.map((learningRate) => seeds.map((seed) => leastSquares(seed, sgd({ learningRate }))));
  const each = seeds.map((_, i) => Math.min(...table.map((row) => row[i])));
  for (const [claim, bound] of [
    ['badly scaled least squares (10 seeds): M-FAC at 0.3 below SGD at the best of 8 rates for each seed', 1],
    ['the same: below 0.3 of it', 0.3],
  ]) {
    const found = ratio(ours, each);
    rows.push({
      claim,
      left: `M-FAC ${plusMinus(ours)}`,
      right: `SGD ${plusMinus(each)}`,
      compared: between(found),
      verdict: verdict(found, { below: bound }),
    });
  }
  const tuned = bestRate([0.03, 0.1, 0.3, 1], seeds, (learningRate, seed) =>
    leastSquares(seed, mfac({ learningRate, windowSize: 32, damping: 1e-3 })),
  );
  const mean = (row) => row.reduce((a, b) => a + b, 0) / row.length;
  const plain = table.toSorted((a, b) => mean(a) - mean(b))[0];
  const found = ratio(tuned.scores, plain);
  rows.push({
    claim: `the same, one rate for all seeds (M-FAC ${tuned.rate} of 4, SGD ${rates[table.indexOf(plain)]} of 8): M-FAC below SGD`,
    left: `M-FAC ${plusMinus(tuned.scores)}`,
    right: `SGD ${plusMinus(plain)}`,
    compared: between(found),
    verdict: verdict(found, { below: 1 }),
  });
  const problems = seeds.map(regression);
  for (const sparsity of [0.3, 0.5, 0.7]) {
    const losses = {
      'by magnitude': problems.map(({ weights, loss }) => loss(byMagnitude(weights, sparsity))),
      'one shot': problems.map(({ weights, loss, gradients }) => loss(obsPrune(weights, gradients, { sparsity }).params)), // prettier-ignore
      '16 rounds': problems.map(({ weights, loss, gradients }) => loss(obsPrune(weights, gradients, { sparsity, rounds: 16 }).params)), // prettier-ignore
    };
    for (const [better, worse] of [
      ['one shot', 'by magnitude'],
      ['16 rounds', 'one shot'],
    ]) {
      // prettier-ignore
      const less = ratio(losses[better], losses[worse]);
      rows.push({
        claim: `regression, ${100 * sparsity} % pruned (10 seeds): loss of ${better} below ${worse}`,
        left: `${better} ${plusMinus(losses[better])}`,
        right: `${worse} ${plusMinus(losses[worse])}`,
        compared: between(less),
        verdict: verdict(less, { below: 1 }),
      });
    }
  }
  return rows;
}
