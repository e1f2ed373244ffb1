import { describe, expect, it } from 'vitest';
import type { Backend, BufferHandle } from '../../src/backends/backend.js';
import { createCpuBackend } from '../../src/backends/cpu/index.js';
import {
  conv2d, cumsum, logSoftmax, maxPool2d, maximum, random, tensor, valueAndGrad, zeros,
} from '../../src/index.js'; // prettier-ignore
import type { Tensor, TypedArray } from '../../src/index.js';
import { record } from '../../src/program/record.js';

const one = createCpuBackend({ threads: 1 });
const several = createCpuBackend({ threads: 3 });

/** A program's results on a backend, with inputs copied there. */
function run(
  backend: Backend,
  f: (...inputs: Tensor[]) => readonly Tensor[],
  inputs: readonly Tensor[],
): TypedArray[] {
  const { program } = record('test', f, inputs);
  const executable = backend.compile(program);
  const handles: BufferHandle[] = inputs.map((x) => backend.upload(x.dataSync()));
  // The first runs start the threads; later ones have them.
  let results: TypedArray[] = [];
  for (let turn = 0; turn < 20; turn++) {
    const outputs = executable.run(handles);
    results = outputs.map((handle, i) => backend.readSync(handle, program.outputs[i]!));
    outputs.forEach((handle) => backend.release(handle));
  }
  return results;
}

const normal = (seed: number, ...shape: number[]): Tensor => random.normal(random.key(seed), shape);

const functions: Readonly<
  Record<string, { f: (...inputs: Tensor[]) => readonly Tensor[]; inputs: Tensor[] }>
> = {
  'elementwise chains and sums': {
    f: (x, y) => [x.mul(y).tanh().add(x.exp()), x.sub(y).square().sum(), x.sum(0), x.max(1), y.mean(1)],
    inputs: [normal(1, 700, 501), normal(2, 700, 501)],
  },
  'matrix products': {
    f: (x, y) => [x.matmul(y), x.T.matmul(x), x.slice([0, 0], [3, 300]).matmul(y)],
    inputs: [normal(3, 401, 300), normal(4, 300, 257)],
  },
  'batches of small products': {
    f: (x, y) => [x.matmul(y), x.transpose([0, 2, 1]).matmul(x), y.matmul(y.transpose([0, 2, 1]))],
    inputs: [normal(8, 40, 64, 33), normal(9, 40, 33, 65)],
  },
  'a convolutional step': {
    f: (x, k) => {
      const loss = (kernel: Tensor, image: Tensor): Tensor => {
        const pooled = maxPool2d(maximum(conv2d(image, kernel, { padding: 1 }), 0), 2);
        return logSoftmax(pooled.reshape([image.shape[0]!, -1]), -1)
          .square()
          .mean();
      };
      const [value, gradients] = valueAndGrad(loss, { argnums: [0, 1] })(k, x);
      return [value, ...gradients];
    },
    inputs: [normal(5, 16, 8, 28, 28), normal(6, 16, 8, 3, 3)],
  },
  'moves, sorts and sums along axes': {
    f: (x) => [
      x.transpose([2, 0, 1]), x.sort(1), cumsum(x, 1), x.argmax(2), x.flip([0, 2]),
      x.gather(tensor([5, 0, -1, 3], { dtype: 'int32' }), 1), random.uniform(random.key(3), [100_003]),
    ], // prettier-ignore
    inputs: [normal(7, 60, 70, 80)],
  },
};

describe('results do not depend on the number of threads', () => {
  it.each(Object.entries(functions))('%s', (_, { f, inputs }) => {
    const expected = run(one, f, inputs);
    run(several, f, inputs).forEach((data, i) => {
      const [a, b] = [data, expected[i]!].map((x) => Buffer.from(x.buffer, x.byteOffset, x.byteLength));
      expect(a!.equals(b!), `output ${i}`).toBe(true);
    });
  });

  it('has a backend that uses as many as it was told', () => {
    expect(one.info().threads).toBe(1);
    expect(several.info()).toMatchObject({
      threads: 3,
      description: expect.stringContaining('3 threads') as string,
    });
    expect(zeros([2]).toArray()).toEqual([0, 0]);
  });
});
