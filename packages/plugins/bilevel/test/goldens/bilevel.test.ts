import { describe, expect, it } from 'vitest';
import { grad, hessian, linalg, random, stack, take, tensor, type Tensor, type Tree } from '@core/tensor';
import { loadGoldens, mismatch, type GoldenArray, type GoldenCase } from '@tooling/goldens';
import {
  bilevelLoop,
  bome,
  bsvrb,
  customRoot,
  f2sa,
  halfspace,
  hypergradient,
  lvHba,
  pairwise,
  penaltyBilevel,
  stocBiO,
  type BilevelProblem,
  type BlockProblem,
  type HypergradientOptions,
} from '../../src/index.js';

/* NumPy's values, from derivatives written by hand: tooling/goldens/subjects/bilevel.py. */

type Level = BilevelProblem<Tensor, Tensor>;
/** The part of a solver that makes steps. */
interface Stepper<P, S> {
  init(problem: P, key: Tensor): S;
  step(problem: P, state: S): { state: S };
}

const cases = loadGoldens('bilevel');
const of = (op: string): readonly GoldenCase[] => cases.filter((c) => c.op === op);

function arg(c: GoldenCase, name: string): Tensor {
  const array = c.args[name];
  if (array === undefined) throw new Error(`${c.name} has no ${name}`);
  return tensor(Array.from(array.data), { dtype: 'float64' }).reshape(array.shape);
}

function compare(c: GoldenCase, got: Readonly<Record<string, Tensor>>): void {
  for (const [name, want] of Object.entries(c.expected)) {
    const value = got[name];
    const array: GoldenArray | undefined = value && {
      shape: [...value.shape],
      dtype: 'float64',
      data: Float64Array.from(value.dataSync()),
    };
    expect(array && mismatch(array, want, c), `${name} of ${c.name}`).toBeUndefined();
  }
}

/** Options of a case but those that the script has for itself. */
function optionsOf(c: GoldenCase, ...others: readonly string[]): Record<string, never> {
  const given = Object.entries(c.options).filter(([name]) => !others.includes(name));
  return Object.fromEntries(given) as Record<string, never>; // the script writes the options' own names
}

function levels(c: GoldenCase): Level {
  const loss = (w: Tensor, x: Tensor, b: Tensor): Tensor =>
    c.options.level === 'ridge'
      ? x.matmul(w).sub(b).square().mean().div(2)
      : x.matmul(w).mul(b).neg().exp().log1p().mean();
  return {
    upper: (t, w) => loss(w, arg(c, 'val'), arg(c, 'bVal')).add(t.square().sum().mul(0.05)),
    lower: (t, w) => loss(w, arg(c, 'train'), arg(c, 'b')).add(t.exp().mul(w.square()).sum().div(2)),
    start: { x: arg(c, 'x'), y: arg(c, 'y') },
  };
}

/** Every iterate of the first steps, stacked under the names of the state. */
function trajectory<P, S extends Tree>(
  c: GoldenCase,
  solver: Stepper<P, S>,
  problem: P,
): Record<string, Tensor> {
  let state = solver.init(problem, random.key(0));
  const states: Record<string, Tensor>[] = [];
  for (let k = 0; k < Number(c.options.count); k++) {
    state = solver.step(problem, state).state;
    states.push(state as Record<string, Tensor>); // states are records
  }
  return Object.fromEntries(
    Object.keys(c.expected).map((name) => [name, stack(states.map((each) => each[name] as Tensor))]),
  );
}

describe('hypergradients are NumPy’s', () => {
  for (const c of of('hypergradient'))
    it(c.name, () => {
      const problem = levels(c);
      const by = hypergradient(
        problem,
        optionsOf(c, 'level') as unknown as HypergradientOptions<Tensor, Tensor>,
      );
      const { grad: got, aux } = by(arg(c, 'x'), arg(c, 'y'));
      compare(c, { grad: got, y: aux.y, adjoint: aux.adjoint });
    });

  for (const c of of('solved'))
    it(`${c.name}: by exact, cg with dim y iterations, and customRoot`, () => {
      const problem = levels(c);
      const [t, w] = [arg(c, 'x'), arg(c, 'y')];
      const newton = (_: Tensor, x: Tensor): Tensor => {
        let y = w.mul(0);
        for (let k = 0; k < 20; k++) {
          const lower = (v: Tensor): Tensor => problem.lower(x, v);
          y = y.sub(linalg.solve(hessian(lower)(y), grad(lower)(y)));
        }
        return y;
      };
      const y = newton(w, t);
      const value = problem.upper(t, y);
      for (const options of [{ method: 'exact' }, { method: 'cg', iterations: w.size }] as const)
        compare(c, { y, value, grad: hypergradient(problem, options)(t, y).grad });
      const root = customRoot((v: Tensor, x: Tensor) => grad(problem.lower, 1)(x, v), { tolerance: 1e-14 })(
        newton,
      );
      compare(c, { y, value, grad: grad((x: Tensor) => problem.upper(x, root(w, x)))(t) });
    });
});

describe('the first steps of solvers are NumPy’s', () => {
  for (const c of of('solver'))
    it(c.name, () => {
      compare(c, trajectory(c, solverOf(c), levels(c)));
    });

  for (const c of of('lvHba'))
    it(c.name, () => {
      const [A, b, center, d, a, e, h] = ['A', 'b', 'c', 'd', 'a', 'e', 'h'].map((name) => arg(c, name)) as [
        Tensor,
        Tensor,
        Tensor,
        Tensor,
        Tensor,
        Tensor,
        Tensor,
      ];
      const normal = tensor([...a.dataSync(), ...e.dataSync()], { dtype: 'float64' });
      const problem: Level = {
        upper: (x, y) => y.sub(center).square().sum().add(x.sub(d).square().sum()).div(2),
        lower: (x, y) => y.sub(A.matmul(x)).square().sum().div(2).add(b.mul(y).sum()),
        constraints: { value: (x, y) => a.mul(x).sum().add(e.mul(y).sum()).sub(h).reshape([1]) },
        projections: { joint: pairwise<Tensor, Tensor>(halfspace(normal, h)) },
        start: { x: a.mul(0).add(1), y: e.mul(0).add(1) },
      };
      compare(c, trajectory(c, lvHba<Tensor, Tensor>(optionsOf(c, 'count')), problem));
    });

  for (const c of of('bsvrb'))
    it(c.name, () => {
      const [B, M, centers] = [arg(c, 'B'), arg(c, 'M'), arg(c, 'c')];
      const problem: BlockProblem<Tensor, Tensor> = {
        blocks: 3,
        upper: (i, x, y) => y.sub(take(centers, i)).square().sum().div(2).add(x.square().sum().div(20)),
        lower: (i, x, y) => {
          const away = y.sub(take(B, i).matmul(x));
          return away.mul(take(M, i).matmul(away)).sum().div(2);
        },
        start: { x: arg(c, 'x'), y: arg(c, 'y') },
      };
      compare(c, trajectory(c, bsvrb<Tensor, Tensor>(optionsOf(c, 'count')), problem));
    });
});

function solverOf(c: GoldenCase): Stepper<Level, Tree> {
  const options = optionsOf(c, 'level', 'solver', 'count');
  switch (c.options.solver) {
    case 'loop': {
      const { inner, innerRate, outerRate, ...method } = options as Record<string, unknown>;
      return bilevelLoop<Tensor, Tensor>({
        hypergradient: method as unknown as HypergradientOptions<Tensor, Tensor>,
        innerSteps: Number(inner),
        innerLearningRate: Number(innerRate),
        outerLearningRate: Number(outerRate),
      });
    }
    case 'stocBiO':
      return stocBiO<Tensor, Tensor>(options);
    case 'f2sa':
      return f2sa<Tensor, Tensor>(options);
    case 'bome':
      return bome<Tensor, Tensor>(options);
    default:
      return penaltyBilevel<Tensor, Tensor>(options);
  }
}
