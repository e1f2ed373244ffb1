// Ridge regression whose penalties e^t, one for each feature, are learned on held-out data. Only the first two of five features matter.
import { random, tensor } from '@core/tensor';
import { bilevelLoop, hypergradient, solve } from '@plugins/bilevel';

const normal = (seed, shape) => random.normal(random.key(seed), shape, { dtype: 'float64' });
const truth = tensor([1, -2, 0, 0, 0], { dtype: 'float64' });
const examples = { train: normal(1, [15, 5]), held: normal(2, [60, 5]) };
const targets = {
  train: examples.train.matmul(truth).add(normal(3, [15])),
  held: examples.held.matmul(truth),
};

/** The lower level fits weights w for given penalties; the upper level judges them on data that they have not seen. */
const problem = {
  lower: (t, w) =>
    examples.train.matmul(w).sub(targets.train).square().mean().add(t.exp().mul(w.square()).sum()),
  upper: (_t, w) => examples.held.matmul(w).sub(targets.held).square().mean(),
  start: {
    x: tensor([0, 0, 0, 0, 0], { dtype: 'float64' }),
    y: tensor([0, 0, 0, 0, 0], { dtype: 'float64' }),
  },
};

const solver = bilevelLoop({
  hypergradient: { method: 'cg', iterations: 5 },
  innerSteps: 20,
  innerLearningRate: 0.1,
  outerLearningRate: 0.5,
});
const { solution, history } = solve(solver, problem, { steps: 400, every: 100 });
const loss = ({ x, y }) => problem.upper(x, y).item();

console.log(`penalties grow where features say nothing: ${solution.x.greater(0).toArray()}`); // prints: penalties grow where features say nothing: false,false,true,true,true
console.log(loss(solution) < 0.2 * problem.upper(null, truth.mul(0)).item()); // prints: true
console.log(history.map(({ step }) => step).join(' ')); // prints: 0 100 200 300 400

// The gradient alone, for a loop of one's own: exact, and by ten terms of a Neumann series.
const exact = hypergradient(problem, { method: 'exact' })(solution.x, solution.y);
const series = hypergradient(problem, { method: 'neumann', iterations: 10, alpha: 0.1 })(
  solution.x,
  solution.y,
);
console.log(exact.grad.sub(series.grad).abs().max().item() < 0.1); // prints: true
