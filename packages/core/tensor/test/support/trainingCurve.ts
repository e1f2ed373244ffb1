import { jit, random, tensor, tree, valueAndGrad } from '../../src/index.js';
import type { Tensor } from '../../src/index.js';

/** A small convolutional network on made-up images: every kind of kernel that training needs. */
type Params = { kernel: Tensor; bias: Tensor; weight: Tensor };

const images = Float32Array.from({ length: 16 * 8 * 8 }, (_, i) => Math.sin(i * 0.37) + Math.cos(i * 0.011));
const classes = Int32Array.from({ length: 16 }, (_, i) => (i * 7) % 3);

const init = (): Params => ({
  kernel: random.normal(random.key(1), [4, 1, 3, 3]).mul(0.3),
  bias: tensor(new Float32Array(4)),
  weight: random.normal(random.key(2), [36, 3]).mul(0.2),
});

function loss(p: Params, x: Tensor, labels: Tensor): Tensor {
  const features = x
    .conv2d(p.kernel)
    .add(p.bias.reshape([4, 1, 1]))
    .relu()
    .maxPool2d(2);
  const logits = features.reshape([16, 36]).matmul(p.weight);
  const oneHot = labels.reshape([16, 1]).equal([0, 1, 2]).cast('float32');
  return logits.logSoftmax(-1).mul(oneHot).sum(-1).mean().neg();
}

const step = (p: Params, x: Tensor, labels: Tensor) => {
  const [value, grads] = valueAndGrad(loss)(p, x, labels);
  return { value, params: tree.map((w: Tensor, g: Tensor) => w.sub(g.mul(0.2)), p, grads) };
};

/** Its losses over compiled steps on the current backend, which draws the parameters itself from one seed. */
export async function trainingCurve(steps: number): Promise<number[]> {
  const compiled = jit(step);
  const [x, labels] = [tensor(images, { shape: [16, 1, 8, 8] }), tensor(classes)];
  let params = init();
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    const next = compiled(params, x, labels);
    losses.push((await next.value.data())[0]!);
    params = next.params;
  }
  return losses;
}
