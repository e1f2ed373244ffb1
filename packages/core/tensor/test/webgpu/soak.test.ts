import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jit, memory, random, scope, tensor, tree, useBackend, valueAndGrad } from '../../src/index.js';
import type { Tensor } from '../../src/index.js';
import { liveObjects } from '../../src/liveObjects.js';
import { deviceIsMissing } from './swiftShader.js';

interface Parameters {
  readonly hidden: Tensor;
  readonly output: Tensor;
}

interface Data {
  readonly x: Tensor;
  readonly target: Tensor;
}

const loss = ({ hidden, output }: Parameters, { x, target }: Data): Tensor =>
  x.matmul(hidden).relu().matmul(output).sub(target).square().mean();

function step(parameters: Parameters, data: Data): { parameters: Parameters; loss: Tensor } {
  const [value, g] = valueAndGrad(loss)(parameters, data);
  return { parameters: tree.map((p, d) => p.sub(d.mul(0.05)), parameters, g), loss: value };
}

const start = (): Parameters => ({
  hidden: random.normal(random.key(1), [16, 24]).mul(0.2),
  output: random.normal(random.key(2), [24, 4]).mul(0.2),
});

const target = Float32Array.from({ length: 32 * 4 }, (_, i) => Number((i >> 2) % 4 === i % 4));

/** Lets go of what was dropped before: by a collection, and finalizers, which wait for the event loop to turn. */
async function settle(): Promise<void> {
  for (let times = 0; times < 3; times++) {
    liveObjects({});
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe.skipIf(await deviceIsMissing())('memory on WebGPU stays as it is', () => {
  let data: Data;
  beforeAll(async () => {
    await useBackend('webgpu');
    data = { x: random.normal(random.key(3), [32, 16]), target: tensor(target, { shape: [32, 4] }) };
  });
  afterAll(() => useBackend('cpu'));

  /** Goes on for `steps`, reading the loss now and then, as training does; the last loss and the memory after it. */
  async function train(
    parameters: Parameters,
    steps: number,
    advance: (p: Parameters) => { parameters: Parameters; loss: Tensor },
  ): Promise<{ parameters: Parameters; last: number }> {
    let last = NaN;
    for (let i = 1; i <= steps; i++) {
      const next = advance(parameters);
      if (i % 50 === 0) last = (await next.loss.data())[0]!;
      next.loss.dispose();
      parameters = next.parameters;
    }
    return { parameters, last };
  }

  it('over 5,000 compiled steps', { timeout: 120_000 }, async () => {
    const compiled = jit(step);
    const advance = (p: Parameters): ReturnType<typeof step> => {
      const next = compiled(p, data);
      tree.leaves(p).forEach((x) => x.dispose());
      return next;
    };
    // Until the buffers that come round again have all been made.
    const first = await train(start(), 100, advance);
    await settle();
    const before = memory();
    const { last, parameters } = await train(first.parameters, 5_000, advance);
    expect(last).toBeLessThan(first.last / 2);
    // Tensors, bytes, the peak, and what waits for reuse.
    expect(memory()).toEqual(before);
    tree.leaves(parameters).forEach((x) => x.dispose());
    compiled.dispose();
  });

  it('over 500 compiled steps that give their parameters away', async () => {
    const compiled = jit(step, { donate: [0] });
    const advance = (p: Parameters): ReturnType<typeof step> => compiled(p, data);
    const first = await train(start(), 100, advance);
    await settle();
    const before = memory();
    const { parameters } = await train(first.parameters, 500, advance);
    expect(memory()).toEqual(before);
    tree.leaves(parameters).forEach((x) => x.dispose());
    compiled.dispose();
  });

  it('over 200 eager steps in scopes', { timeout: 60_000 }, async () => {
    const advance = (p: Parameters): ReturnType<typeof step> => {
      const next = scope(() => step(p, data));
      tree.leaves(p).forEach((x) => x.dispose());
      return next;
    };
    const first = await train(start(), 50, advance);
    await settle();
    const before = memory();
    const { parameters } = await train(first.parameters, 200, advance);
    expect(memory()).toEqual(before);
    tree.leaves(parameters).forEach((x) => x.dispose());
  });
});
