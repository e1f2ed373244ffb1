// Down the narrow valley of Rosenbrock, with two optimizers of the same form.
import { jit, tensor, valueAndGrad } from '@core/tensor';
import { adam, applyUpdates, lion, warmupCosine } from '@plugins/optim';

const valley = ({ x, y }) => x.sub(1).square().add(y.sub(x.square()).square().mul(100));

function descend(optimizer, steps) {
  const step = jit((params, state) => {
    const [value, grads] = valueAndGrad(valley)(params);
    const { updates, state: next } = optimizer.update(grads, state, params);
    return { params: applyUpdates(params, updates), state: next, value };
  });
  let params = { x: tensor(-1.5), y: tensor(1.5) };
  let state = optimizer.init(params);
  for (let count = 0; count < steps; count++) ({ params, state } = step(params, state));
  return valley(params).item();
}

console.log(descend(adam({ learningRate: 0.05 }), 3000) < 1e-3); // prints: true
const schedule = warmupCosine({ peak: 0.01, warmupSteps: 50, steps: 1500 });
console.log(descend(lion({ learningRate: schedule }), 1500) < 1e-2); // prints: true
