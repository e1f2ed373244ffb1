import * as tf from '@tensorflow/tfjs';
import { meanMagnitude, numbers } from '../../numbers.mjs';

export const optimizers = {
  adamw() {
    throw new Error('has no AdamW');
  },
  sgd({ size, tensors }) {
    const length = size / tensors;
    const optimizer = tf.train.momentum(1e-2, 0.9);
    const indices = Array.from({ length: tensors }, (_, i) => i);
    const variables = indices.map((i) =>
      tf.variable(tf.tensor1d(numbers(length, { seed: 100 + i })), true, `parameter${i}`),
    );
    const gradients = indices.map((i) => ({
      name: `parameter${i}`,
      tensor: tf.tensor1d(numbers(length, { seed: 200 + i })),
    }));
    const run = () => optimizer.applyGradients(gradients);
    return {
      run,
      async check() {
        for (let i = 0; i < 3; i++) run();
        const moved = await Promise.all(
          variables.map(async (variable, i) => {
            const before = numbers(length, { seed: 100 + i });
            return meanMagnitude((await variable.data()).map((value, j) => value - before[j]));
          }),
        );
        return moved.reduce((a, b) => a + b);
      },
      release() {
        optimizer.dispose();
        tf.dispose([variables, gradients.map(({ tensor }) => tensor)]);
      },
    };
  },
};
