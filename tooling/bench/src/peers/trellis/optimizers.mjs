import { adamw, applyUpdates, sgd } from '@plugins/optim';
import { tensor, tree } from '@core/tensor';
import { meanMagnitude, numbers } from '../../numbers.mjs';
import { compiledStep } from './compiled.mjs';

/** A step of `optimizer` with given gradients, on `size` numbers in equal tensors. */
function optimizerStep(optimizer, { size, tensors }) {
  const length = size / tensors;
  const group = (seed) =>
    Array.from({ length: tensors }, (_, i) => tensor(numbers(length, { seed: seed + i })));
  const params = group(100);
  const step = compiledStep(
    ({ params, state }, gradients) => {
      const next = optimizer.update(gradients, state, params);
      return { state: { params: applyUpdates(params, next.updates), state: next.state } };
    },
    { params, state: optimizer.init(params) },
    [group(200)],
  );
  return {
    ...step,
    /** How far three steps have moved the parameters. */
    async check() {
      for (let i = 0; i < 3; i++) step.run();
      const moved = await Promise.all(
        tree.leaves(step.current().params).map(async (leaf, i) => {
          const before = numbers(length, { seed: 100 + i });
          return meanMagnitude((await leaf.data()).map((value, j) => value - before[j]));
        }),
      );
      return moved.reduce((a, b) => a + b);
    },
  };
}

export const optimizers = {
  adamw: (subject) => optimizerStep(adamw({ learningRate: 1e-3 }), subject),
  sgd: (subject) => optimizerStep(sgd({ learningRate: 1e-2, momentum: 0.9 }), subject),
};
