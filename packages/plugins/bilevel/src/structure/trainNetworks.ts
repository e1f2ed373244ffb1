import type { Optimizer } from '@core/registry';
import { jit, tensor, valueAndGrad, type Tensor, type Tree } from '@core/tensor';
import { lbfgs } from './lbfgs.js';
import { predict, type Network } from './network.js';

export interface TrainingOptions {
  /** Weight of the absolute values of first-layer weights. */
  readonly lambda1: number;
  /** Weight of half the squares of all parameters. */
  readonly lambda2: number;
  readonly lossType: 'l2' | 'logl2';
  /** Absent: L-BFGS. */
  readonly optimizer: Optimizer | undefined;
  readonly iterations: number;
  readonly checkEvery: number;
  readonly tolerance: number;
}

export interface Training {
  /**
   * Trains the networks of some nodes, the others held; `allowed` says which edges their first layers may see. Returns all
   * parameters, and the loss of them all with its penalties.
   */
  train(
    parameters: Float64Array,
    nodes: readonly number[],
    allowed: (a: number, b: number) => boolean,
  ): { readonly parameters: Float64Array; readonly loss: number };
}

/** Training of networks [nodes, size] on samples [n, d]. Its programs are compiled once for each number of nodes. */
export function networkTraining(network: Network, samples: Tensor, options: TrainingOptions): Training {
  const { lambda1, lambda2, lossType, optimizer, iterations, checkEvery, tolerance } = options;
  const { size, inputs } = network;
  const [count = 1, nodes = 1] = samples.shape;
  const width = network.dims[1] ?? 1;
  const data = samples.cast('float64');
  const columns = data.T;
  const errors = jit((parameters: Tensor, targets: Tensor) =>
    predict(network, parameters, data).sub(targets).square().sum(1),
  );
  /** Loss and slope of the smooth part; forbidden weights are 0 and have no slope. */
  const smooth = jit(
    (parameters: Tensor, free: Tensor, targets: Tensor, others: Tensor) =>
      valueAndGrad((p: Tensor) => {
        const wrong = predict(network, p, data).sub(targets).square().sum().add(others);
        const loss =
          lossType === 'l2'
            ? wrong.mul(0.5 / count)
            : wrong
                .div(count)
                .log()
                .mul(nodes / 2);
        return loss.add(
          p
            .square()
            .sum()
            .mul(lambda2 / 2),
        );
      })(parameters.mul(free)).map((x, i) => (i === 1 ? x.mul(free) : x)) as [Tensor, Tensor],
  );
  const rows = (values: Float64Array, m: number): Tensor => tensor(values.slice(), { shape: [m, size] });
  const take = (of: Tensor, at: readonly number[]): Tensor => of.take(tensor(Int32Array.from(at)), 0);
  const penaltiesOf = (parameters: Float64Array): number => {
    let [absolute, squares] = [0, 0];
    parameters.forEach((p, i) => {
      squares += p * p;
      if (i % size < inputs) absolute += Math.abs(p);
    });
    return lambda1 * absolute + (lambda2 / 2) * squares;
  };

  return {
    train: (parameters, trained, allowed) => {
      const m = trained.length;
      const start = new Float64Array(m * size);
      const free = new Float64Array(m * size).fill(1);
      trained.forEach((b, row) => {
        start.set(parameters.subarray(b * size, (b + 1) * size), row * size);
        for (let a = 0; a < nodes; a++)
          if (!allowed(a, b)) free.fill(0, row * size + a * width, row * size + (a + 1) * width);
      });
      for (let i = 0; i < start.length; i++) start[i]! *= free[i]!;
      const held = Array.from({ length: nodes }, (_, b) => b).filter((b) => !trained.includes(b));
      const others = held.length === 0 ? [] : Array.from(errors(take(rows(parameters, nodes), held), take(columns, held)).dataSync(), Number); // prettier-ignore
      const heldPenalties = penaltiesOf(Float64Array.from(held.flatMap((b) => [...parameters.subarray(b * size, (b + 1) * size)]))); // prettier-ignore
      const constants = {
        free: rows(free, m),
        targets: take(columns, trained),
        others: tensor(others.reduce((sum, wrong) => sum + wrong, 0), { dtype: 'float64' }), // prettier-ignore
      };
      const f = (x: Float64Array) => {
        const [value, slope] = smooth(rows(x, m), constants.free, constants.targets, constants.others);
        const result = { value: Number(value.item()), gradient: Float64Array.from(slope.dataSync()) };
        for (const t of [value, slope]) t.dispose();
        return result;
      };
      const penalties = Float64Array.from({ length: m * size }, (_, i) => (i % size < inputs ? lambda1 : 0));
      const { x, value } = optimizer === undefined ? byLbfgs(f, start, penalties) : bySteps(f, start, penalties, optimizer); // prettier-ignore
      const next = parameters.slice();
      trained.forEach((b, row) => next.set(x.subarray(row * size, (row + 1) * size), b * size));
      return { parameters: next, loss: value + heldPenalties };
    },
  };

  type Objective = (x: Float64Array) => { readonly value: number; readonly gradient: Float64Array };

  function byLbfgs(f: Objective, start: Float64Array, penalties: Float64Array) {
    let [x, before] = [start, Infinity];
    for (let done = 0; ;) {
      const run = lbfgs(f, x, { penalties, iterations: Math.min(checkEvery, iterations - done) });
      done += checkEvery;
      if (run.converged || done >= iterations || settled(before, run.value)) return run;
      [x, before] = [run.x, run.value];
    }
  }

  function bySteps(f: Objective, start: Float64Array, penalties: Float64Array, by: Optimizer) {
    let point: Tree = tensor(start.slice());
    let state = by.init(point);
    let [x, before] = [start, Infinity];
    const penalised = (at: Float64Array) => {
      const { value, gradient } = f(at);
      const slope = gradient.map((g, i) => g + penalties[i]! * Math.sign(at[i]!));
      return { value: at.reduce((sum, xi, i) => sum + penalties[i]! * Math.abs(xi), value), slope };
    };
    for (let done = 1; ; done++) {
      const { value, slope } = penalised(x);
      if (done % checkEvery === 0 || done > iterations) {
        if (done > iterations || settled(before, value)) return { x, value };
        before = value;
      }
      const next = by.update(tensor(slope), state, point);
      state = next.state;
      point = point.add(next.updates as Tensor); // of the same structure: one tensor
      x = Float64Array.from(point.dataSync());
    }
  }

  function settled(before: number, value: number): boolean {
    return Math.abs(before - value) / Math.max(Math.abs(before), Math.abs(value), 1) < tolerance;
  }
}
