import { grad, jit, linalg, scan } from '@core/tensor';
import { applyUpdates, kappas, lionK, lionLyapunov } from '@plugins/optim';
import { f64, normal, range } from './support.mjs';

const [decay, rate, steps] = [0.8, 1e-2, 5000];

const all = {
  l1: kappas.l1(),
  l2: kappas.l2(),
  'lp 3': kappas.lp(3),
  huber: kappas.huber(0.5),
  softL1: kappas.softL1(0.5),
  entropy: kappas.entropy(0.5),
  topK: kappas.topK(3),
  groupL2: kappas.groupL2([0, 0, 0, 1, 1, 1, 2, 2, 2, 2]),
};

/** Steps at which H rises by more than (L/2) ‖x' - x‖², and the share of H that is left. */
function descent(seed, kappa) {
  const a = normal(seed, [20, 10]);
  const b = a.matmul(normal(seed + 100, [10]).mul(2));
  const loss = (x) => a.matmul(x).sub(b).square().sum().div(40);
  const smoothness = linalg
    .eigvalsh(a.matmul(a, { transposeA: true }).div(20))
    .max()
    .item();
  const options = { learningRate: rate, weightDecay: decay, kappa };
  const optimizer = lionK(options);
  const energy = lionLyapunov({ loss, ...options });
  const go = jit((x) => {
    const state = optimizer.init(x);
    const [, seen] = scan(
      (at) => {
        const next = optimizer.update(grad(loss)(at.x), at.state, at.x);
        const moved = applyUpdates(at.x, next.updates);
        return [{ x: moved, state: next.state }, { h: energy(moved, next.state), path: moved.sub(at.x).square().sum() }]; // prettier-ignore
      },
      { x, state },
      null,
      { length: steps },
    );
    return { first: energy(x, state), ...seen };
  });
  const { first, h, path } = go(f64(new Float64Array(10).fill(0.1)));
  const energies = [first.item(), ...h.dataSync()];
  go.dispose();
  const squares = path.dataSync();
  const rises = energies.slice(1).map((e, i) => e - energies[i] - (smoothness / 2) * squares[i]);
  return { violations: rises.filter((x) => x > 1e-9).length, left: energies.at(-1) / energies[0] };
}

export const title = 'Lion-K: its Lyapunov function falls';

export async function run() {
  const seeds = range(5);
  return Object.entries(all).map(([name, kappa]) => {
    const runs = seeds.map((seed) => descent(seed, kappa));
    const violations = runs.reduce((sum, one) => sum + one.violations, 0);
    const worst = Math.max(...runs.map(({ left }) => left));
    return {
      claim: `${name}: no step of 5 x 5000 raises H by more than (L/2)‖Δx‖²`,
      left: `${violations} steps`,
      right: '0',
      compared: `H ends at most at ${worst.toPrecision(3)} of its start`,
      verdict: violations === 0 && worst < 1 ? 'holds' : 'does not hold',
    };
  });
}
