import { ones, random } from '@core/tensor';
import { affineSum, halpernCocoercive, halpernDeterministic, solve } from '@plugins/optim';
import { f64, normal, range } from './support.mjs';
import { between, plusMinus, ratio, verdict } from './statistics.mjs';

/** n components F_i(u) = (A_iᵀ A_i/30 + K_i) u + q_i in R¹⁰, badly scaled, K_i skew. */
function components(seed, n) {
  const [rows, d] = [30, 10];
  const scale = f64(Array.from({ length: d }, (_, k) => 10 ** (-k / (d - 1))));
  const a = normal(seed, [n, rows, d]).mul(scale);
  const r = normal(seed + 1, [n, d, d]);
  const skew = r.sub(r.transpose([0, 2, 1])).mul(0.3).mul(scale).mul(scale.expandDims(1)); // prettier-ignore
  return affineSum({
    matrices: a.transpose([0, 2, 1]).matmul(a).div(rows).add(skew),
    offsets: normal(seed + 2, [n, d]).mul(scale),
    start: ones([d], { dtype: 'float64' }),
  });
}

/** Oracle calls until the residual is the target. */
function calls(solver, problem, target, seed) {
  const { history, finished } = solve(solver, problem, {
    steps: 200_000,
    key: random.key(seed),
    until: ({ residual }) => residual.lessEqual(target),
  });
  return finished ? history.at(-1).oracleCalls : Infinity;
}

export const title = 'Variance-reduced Halpern: oracle calls against the deterministic iteration';

export async function run() {
  const seeds = range(5);
  const rows = [];
  const cells = [
    [128, 1e-2, 1],
    [1024, 1e-2, 1],
    [8192, 1e-2, 0.6],
    [8192, 3e-3, 0.5],
  ];
  const known = new Map();
  for (const [n, target, bound] of cells) {
    if (!known.has(n)) known.set(n, seeds.map((seed) => components(100 * seed + n, n))); // prettier-ignore
    const problems = known.get(n);
    const ours = problems.map((problem, i) =>
      calls(
        halpernCocoercive({ learningRate: 1 / problem.constants.cocoercivity }),
        problem,
        target,
        seeds[i],
      ),
    );
    const theirs = problems.map((problem, i) => calls(halpernDeterministic(), problem, target, seeds[i]));
    const found = ratio(ours, theirs);
    rows.push({
      claim: `${n} components, to ${target.toExponential(0)}, rate 1/L (5 sums): ${bound === 1 ? 'fewer calls' : `below ${bound} of the calls`}`,
      left: `variance-reduced ${plusMinus(ours)}`,
      right: `deterministic ${plusMinus(theirs)}`,
      compared: between(found),
      verdict: verdict(found, { below: bound }),
    });
  }
  return rows;
}
