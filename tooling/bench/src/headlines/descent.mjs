import { logisticGD, batchPerceptron, solve } from '@plugins/optim';
import { f64, normals, range } from './support.mjs';
import { between, plusMinus, ratio, verdict } from './statistics.mjs';

/** The paper's hard case, blurred: one example of class 1 against n - 1 of the other. */
function lopsided(seed, n) {
  const noise = normals(seed, 2 * n);
  const rows = Array.from({ length: n }, (_, i) => [(i === 0 ? 0.5 : -0.5) + 0.02 * noise[2 * i], -1 + 0.02 * noise[2 * i + 1]]); // prettier-ignore
  return { features: f64(rows), labels: f64(rows.map((_, i) => (i === 0 ? 1 : -1))) };
}

/** Normal points in R⁵ with labels by a random w; |w · a| > 0.3. */
function easy(seed, n, d = 5) {
  const [w, stream] = [normals(1000 + seed, d), normals(seed, 40 * n * d)];
  const rows = [];
  for (let at = 0; rows.length < n; at += d) {
    const row = [...stream.slice(at, at + d)];
    if (Math.abs(row.reduce((sum, x, k) => sum + x * w[k], 0)) > 0.3) rows.push(row);
  }
  const labels = rows.map((row) => Math.sign(row.reduce((sum, x, k) => sum + x * w[k], 0)));
  return { features: f64(rows), labels: f64(labels) };
}

const updates = (solver, problem) =>
  solve(solver, problem, { steps: 200_000, until: (m) => m.separated }).steps;

export const title = 'Normalized descent: updates until separation, by the size of steps';

export async function run() {
  const seeds = range(10);
  const rows = [];
  const problems = seeds.map((seed) => lopsided(seed, 500));
  const counts = (of, options) => of.map((problem) => updates(logisticGD(options), problem));
  for (const learningRate of [0.1, 1, 10, 100]) {
    const plain = counts(problems, { learningRate });
    const normalized = counts(problems, { learningRate, normalized: true });
    const found = ratio(normalized, plain);
    rows.push({
      claim: `1 example against 499 (10 seeds), step ${learningRate}: normalized below a tenth of plain`,
      left: `normalized ${plusMinus(normalized)}`,
      right: `plain ${plusMinus(plain)}`,
      compared: between(found),
      verdict: verdict(found, { below: 0.1 }),
    });
  }
  const sizes = [100, 1000].map((n) => seeds.map((seed) => lopsided(seed, n)));
  for (const [normalized, word, claim] of [
    [false, 'plain', { above: 5 }],
    [true, 'normalized', { below: 2 }],
  ]) {
    // prettier-ignore
    const [few, many] = sizes.map((of) => counts(of, { learningRate: 10, normalized }));
    const growth = ratio(many, few);
    rows.push({
      claim: `ten times the examples (100 to 1000), step 10: ${word} updates grow ${normalized ? 'less than twice' : 'more than 5 times'}`,
      left: `1000: ${plusMinus(many)}`,
      right: `100: ${plusMinus(few)}`,
      compared: between(growth),
      verdict: verdict(growth, claim),
    });
  }
  const limit = problems.map((problem) => updates(batchPerceptron(), problem));
  const large = counts(problems, { learningRate: 1e4 });
  rows.push({
    claim: 'step 1e4, plain: as many updates as the batch perceptron, which it tends to',
    left: `plain ${plusMinus(large)}`,
    right: `batch perceptron ${plusMinus(limit)}`,
    compared: `${large.filter((x, i) => x === limit[i]).length} of 10 equal`,
    verdict: large.every((x, i) => x === limit[i]) ? 'holds' : 'does not hold',
  });
  const simple = seeds.map((seed) => easy(seed, 60));
  const [a, b] = [
    counts(simple, { learningRate: 10, normalized: true }),
    counts(simple, { learningRate: 10 }),
  ];
  const gain = ratio(a, b);
  rows.push({
    claim: 'easy random sets in R⁵, step 10: normalized needs fewer than plain',
    left: `normalized ${plusMinus(a)}`,
    right: `plain ${plusMinus(b)}`,
    compared: between(gain),
    verdict: verdict(gain, { below: 1 }),
  });
  return rows;
}
