import { linalg, type Tensor } from '@core/tensor';
import { kappas, type Kappa } from '../../src/index.js';
import { f64, flat, normals } from '../support.js';

/** λ of all experiments here. */
export const decay = 0.8;

/** f(x) = ‖A x - b‖²/40 with A 20 x 10 normal, b = A x*, x* = 2 N(0, 1): its minimum is outside every constraint. */
export function leastSquares(seed: number) {
  const a = f64(normals(seed, 200)).reshape([20, 10]);
  const b = a.matmul(f64(normals(seed + 100, 10)).mul(2));
  const loss = (x: Tensor): Tensor => a.matmul(x).sub(b).square().sum().div(40);
  const hessian = a.matmul(a, { transposeA: true }).div(20);
  const smoothness = linalg.eigvalsh(hessian).max().item();
  const h = hessian.toArray() as number[][];
  const c = flat(a.matmul(b, { transposeA: true })).map((v) => v / 20);
  const slope = (x: readonly number[]): number[] =>
    h.map((row, i) => row.reduce((sum, v, j) => sum + v * (x[j] ?? 0), 0) - (c[i] ?? 0));
  return { loss, smoothness, slope };
}

const clip = (v: number, most: number): number => Math.max(-most, Math.min(most, v));
const soft = (v: number, t: number): number => Math.sign(v) * Math.max(0, Math.abs(v) - t);

type Prox = (v: readonly number[], t: number) => number[];

/** K, and the proximal map of t K*(λ ·)/λ, written for plain numbers and without the library. */
export const cases: Readonly<Record<string, { kappa: Kappa; prox?: Prox }>> = {
  l1: { kappa: kappas.l1(), prox: (v) => v.map((x) => clip(x, 1 / decay)) },
  l2: {
    kappa: kappas.l2(),
    prox: (v) => v.map((x) => x / Math.max(1, decay * Math.hypot(...v))),
  },
  huber: {
    kappa: kappas.huber(0.5),
    prox: (v, t) => v.map((x) => clip(x / (1 + t * 0.5 * decay), 1 / decay)),
  },
  softL1: { kappa: kappas.softL1(0.5), prox: (v, t) => v.map((x) => clip(soft(x, t * 0.5), 1 / decay)) },
  topK: {
    kappa: kappas.topK(3),
    prox: (v) => {
      const at = (t: number): number[] => v.map((x) => clip(soft(x, t), 1 / decay));
      const size = (x: readonly number[]): number => x.reduce((sum, y) => sum + Math.abs(y), 0);
      if (size(at(0)) <= 3 / decay) return at(0);
      let [low, high] = [0, Math.max(...v.map(Math.abs))];
      for (let i = 0; i < 80; i++) {
        const middle = (low + high) / 2;
        if (size(at(middle)) > 3 / decay) low = middle;
        else high = middle;
      }
      return at(high);
    },
  },
  'lp 3': { kappa: kappas.lp(3) },
  entropy: { kappa: kappas.entropy(0.5) },
  groupL2: { kappa: kappas.groupL2([0, 0, 0, 1, 1, 1, 2, 2, 2, 2]) },
  quadratic: { kappa: kappas.quadratic() },
};

/** The minimum of f(x) + K*(λ x)/λ by accelerated proximal gradient steps. */
export function optimum({ slope, smoothness }: ReturnType<typeof leastSquares>, prox: Prox): number[] {
  const t = 1 / smoothness;
  let x = Array<number>(10).fill(0);
  let ahead = x;
  for (let k = 1; k <= 5000; k++) {
    const g = slope(ahead);
    const next = prox(ahead.map((v, i) => v - t * (g[i] ?? 0)), t); // prettier-ignore
    // Restarted when the steps turn against the slope.
    const turned = next.reduce((sum, v, i) => sum + ((ahead[i] ?? 0) - v) * (v - (x[i] ?? 0)), 0) > 0;
    const pace = turned ? 0 : (k - 1) / (k + 2);
    ahead = next.map((v, i) => v + pace * (v - (x[i] ?? 0)));
    x = next;
  }
  return x;
}
