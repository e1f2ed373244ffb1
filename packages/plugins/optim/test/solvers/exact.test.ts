import { describe, expect, it } from 'vitest';
import { random, type Tensor } from '@core/tensor';
import {
  affineSum,
  extraAnchoredGradient,
  extragradient,
  halpernCocoercive,
  halpernDeterministic,
  saga,
  solve,
  svrg,
  vrForb,
  type FiniteSumSolver,
} from '../../src/index.js';
import { flat, seeds } from '../support.js';
import { smallSum } from './problems.js';

/*
 * Each method once more in plain numbers, with the solver's random choices: the indices and coins that its keys give.
 */

const [n, d, steps] = [16, 4, 60];
const box = 0.3;

type Vector = readonly number[];
const linear = (...terms: readonly (readonly [number, Vector])[]): Vector =>
  Array.from({ length: d }, (_, k) => terms.reduce((sum, [c, x]) => sum + c * (x[k] ?? NaN), 0));
const project = (x: Vector): Vector => x.map((v) => Math.min(box, Math.max(-box, v)));

function plain(options: ReturnType<typeof smallSum>) {
  const [m, q] = [flat(options.matrices), flat(options.offsets)];
  const component = (i: number, u: Vector): Vector =>
    Array.from({ length: d }, (_, r) =>
      u.reduce((sum, x, c) => sum + (m[(i * d + r) * d + c] ?? NaN) * x, q[i * d + r] ?? NaN),
    );
  const mean = (indices: readonly number[], u: Vector): Vector =>
    linear(...indices.map((i) => [1 / indices.length, component(i, u)] as const));
  const full = (u: Vector): Vector => mean(Array.from({ length: n }, (_, i) => i), u); // prettier-ignore
  return { component, mean, full, start: flat(options.start) };
}
type Plain = ReturnType<typeof plain>;

/** What a step draws: `parts` keys of which the first goes on. */
function drawer(seed: number) {
  let key = random.key(seed);
  return (parts: number, count: number): { indices: number[]; toss: number } => {
    const [next, drawn, tossed] = random.split(key, parts) as [Tensor, Tensor, Tensor | undefined];
    key = next;
    return {
      indices: flat(random.randint(drawn, [count], 0, n)),
      toss: tossed === undefined ? NaN : random.uniform(tossed, [], { dtype: 'float64' }).item(),
    };
  };
}

type Replay = (f: Plain, seed: number) => Vector;

const replays: Readonly<Record<string, readonly [FiniteSumSolver<Tensor, unknown>, Replay]>> = {
  halpernCocoercive: [
    halpernCocoercive({ learningRate: 0.02, batch: 3 }),
    (f, seed) => {
      const draw = drawer(seed);
      let u: Vector = f.start;
      let e = f.full(u);
      for (let k = 0; k < steps; k++) {
        const lambda = 2 / (k + 4);
        const next = project(linear([lambda, f.start], [1 - lambda, u], [-0.02, e]));
        const { indices, toss } = draw(3, 3);
        const p = k + 1 <= Math.sqrt(n) ? 4 / (k + 1 + 5) : 4 / (Math.sqrt(n) + 5);
        e = toss < p ? f.full(next) : linear([1, e], [1, f.mean(indices, next)], [-1, f.mean(indices, u)]);
        u = next;
      }
      return u;
    },
  ],
  svrg: [
    svrg({ learningRate: 0.01, batch: 2, period: 7 }),
    (f, seed) => {
      const draw = drawer(seed);
      let [u, w] = [f.start, f.start] as [Vector, Vector];
      for (let k = 1; k <= steps; k++) {
        const { indices } = draw(2, 2);
        const direction = linear([1, f.full(w)], [1, f.mean(indices, u)], [-1, f.mean(indices, w)]);
        u = project(linear([1, u], [-0.01, direction]));
        if (k % 7 === 0) w = u;
      }
      return u;
    },
  ],
  saga: [
    saga({ learningRate: 0.01 }),
    (f, seed) => {
      const draw = drawer(seed);
      let u: Vector = f.start;
      const table = Array.from({ length: n }, (_, i) => f.component(i, u));
      for (let k = 0; k < steps; k++) {
        const [i = NaN] = draw(2, 1).indices;
        const fresh = f.component(i, u);
        const mean = linear(...table.map((row) => [1 / n, row] as const));
        u = project(linear([1, u], [-0.01, fresh], [0.01, table[i]!], [-0.01, mean]));
        table[i] = fresh;
      }
      return u;
    },
  ],
  vrForb: [
    vrForb({ learningRate: 0.02, refreshProbability: 0.2 }),
    (f, seed) => {
      const draw = drawer(seed);
      let [z, w, before] = [f.start, f.start, f.start] as [Vector, Vector, Vector];
      for (let k = 0; k < steps; k++) {
        const { indices, toss } = draw(3, 1);
        const direction = linear([1, f.full(w)], [1, f.mean(indices, z)], [-1, f.mean(indices, before)]);
        z = project(linear([0.8, z], [0.2, w], [-0.02, direction]));
        before = w;
        if (toss < 0.2) w = z;
      }
      return z;
    },
  ],
  halpernDeterministic: [
    halpernDeterministic({ learningRate: 0.1 }),
    (f) => {
      let u: Vector = f.start;
      for (let k = 0; k < steps; k++) {
        const lambda = 1 / (k + 2);
        u = project(linear([lambda, f.start], [1 - lambda, u], [-0.1 * (1 - lambda), f.full(u)]));
      }
      return u;
    },
  ],
  extragradient: [
    extragradient({ learningRate: 0.1 }),
    (f) => {
      let u: Vector = f.start;
      for (let k = 0; k < steps; k++) {
        const half = project(linear([1, u], [-0.1, f.full(u)]));
        u = project(linear([1, u], [-0.1, f.full(half)]));
      }
      return u;
    },
  ],
  extraAnchoredGradient: [
    extraAnchoredGradient({ learningRate: 0.1 }),
    (f) => {
      let u: Vector = f.start;
      for (let k = 0; k < steps; k++) {
        const b = 1 / (k + 2);
        const half = project(linear([1 - b, u], [b, f.start], [-0.1, f.full(u)]));
        u = project(linear([1 - b, u], [b, f.start], [-0.1, f.full(half)]));
      }
      return u;
    },
  ],
};

describe('the same in plain numbers', () => {
  it.each(Object.entries(replays))('%s', (_, [solver, replay]) => {
    for (const seed of seeds) {
      const options = smallSum(seed);
      const problem = affineSum({ ...options, resolvent: (u) => u.clip(-box, box) });
      const { solution } = solve(solver, problem, { steps, every: 25, key: random.key(seed) });
      const wanted = replay(plain(options), seed);
      flat(solution).forEach((x, k) => expect(Math.abs(x - (wanted[k] ?? NaN))).toBeLessThan(1e-12));
    }
  });
});

describe('oracle calls', () => {
  const calls = (solver: FiniteSumSolver<Tensor, unknown>): readonly number[] =>
    solve(solver, affineSum(smallSum(1)), { steps: 8, every: 2 }).history.map((entry) => entry.oracleCalls);
  it('are counted as the formulas say', () => {
    expect(calls(halpernDeterministic())).toEqual([0, 32, 64, 96, 128]);
    expect(calls(extragradient())).toEqual([0, 64, 128, 192, 256]);
    expect(calls(extraAnchoredGradient())).toEqual([0, 64, 128, 192, 256]);
    expect(calls(halpernCocoercive({ batch: 3, refreshProbability: 0 }))).toEqual([16, 28, 40, 52, 64]);
    expect(calls(halpernCocoercive({ batch: 3, refreshProbability: 1 }))).toEqual([16, 48, 80, 112, 144]);
    expect(calls(svrg({ batch: 2, period: 4 }))).toEqual([16, 24, 48, 56, 80]);
    expect(calls(saga())).toEqual([16, 18, 20, 22, 24]);
    expect(calls(vrForb({ refreshProbability: 0, learningRate: 0.01 }))).toEqual([16, 20, 24, 28, 32]);
  });
});
