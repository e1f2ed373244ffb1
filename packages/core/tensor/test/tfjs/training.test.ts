import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { jit, memory, random, scan, tensor, tree, useBackend, valueAndGrad } from '../../src/index.js';
import type { Backend, Tensor } from '../../src/index.js';
import { startTfjs } from './support.js';

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

const data = (): [Tensor, Tensor] => [tensor(images, { shape: [16, 1, 8, 8] }), tensor(classes)];

async function curve(steps: number): Promise<number[]> {
  const compiled = jit(step);
  const [x, labels] = data();
  let params = init();
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    const next = compiled(params, x, labels);
    losses.push((await next.value.data())[0]!);
    params = next.params;
  }
  return losses;
}

describe.each(['cpu', 'wasm'] as const)('training on the %s engine', (engine) => {
  let backend: Backend;
  beforeEach(async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    backend ??= await startTfjs(engine);
    await useBackend(`tfjs-${engine}`);
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await useBackend('cpu');
  });

  it('follows the curve of the CPU backend', async () => {
    await useBackend('cpu');
    const expected = await curve(40);
    expect(expected.at(-1)!).toBeLessThan(0.9 * expected[0]!);
    await useBackend(`tfjs-${engine}`);
    const found = await curve(40);
    found.forEach((value, i) => expect(Math.abs(value - expected[i]!), `step ${i}`).toBeLessThan(1e-3));
  });

  it('keeps memory flat over 500 steps', () => {
    const compiled = jit((p: { w: Tensor; s: Tensor }, x: Tensor) => {
      const [value, g] = valueAndGrad((q: typeof p) => x.matmul(q.w).tanh().square().mean())(p);
      const s = scan((c: Tensor, e: Tensor) => [c.mul(0.9).add(e), c] as const, p.s, x)[0];
      return { value, params: { w: p.w.sub(g.w.mul(0.1)), s } };
    });
    const x = random.normal(random.key(0), [6, 4]);
    let params = { w: random.normal(random.key(1), [4, 4]), s: tensor([0, 0, 0, 0]) };
    const advance = (): void => {
      const next = compiled(params, x);
      tree.leaves(params).forEach((leaf) => leaf.dispose());
      next.value.dispose();
      params = next.params;
    };
    advance();
    const before = [memory(), backend.memory()];
    for (let i = 0; i < 500; i++) advance();
    expect([memory(), backend.memory()]).toEqual(before);
  });
});
