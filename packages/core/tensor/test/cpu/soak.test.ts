import { describe, expect, it } from 'vitest';
import { jit, maximum, memory, random, scope, tensor, tree, valueAndGrad } from '../../src/index.js';
import type { Tensor } from '../../src/index.js';

interface Parameters {
  readonly hidden: Tensor;
  readonly output: Tensor;
}

const [k0, k1, k2] = random.split(random.key(0), 3) as [Tensor, Tensor, Tensor];
const x = random.normal(k2, [32, 16]);
const target = tensor(
  Array.from({ length: 32 }, (_, i) => Array.from({ length: 4 }, (_, j) => Number(i % 4 === j))),
);
const start = (): Parameters => ({
  hidden: random.normal(k0, [16, 24]).mul(0.2),
  output: random.normal(k1, [24, 4]).mul(0.2),
});

const gradient = valueAndGrad((p: Parameters) =>
  maximum(x.matmul(p.hidden), 0).matmul(p.output).sub(target).square().mean(),
);

function step(parameters: Parameters): { parameters: Parameters; loss: Tensor } {
  const [loss, g] = gradient(parameters);
  return { parameters: tree.map((p, d) => p.sub(d.mul(0.05)), parameters, g), loss };
}

describe('memory stays as it is', () => {
  it('over 20,000 compiled steps that give their parameters away', { timeout: 120_000 }, () => {
    const compiled = jit(step, { donate: [0] });
    let parameters = start();
    const turn = (): number => {
      const result = compiled(parameters);
      parameters = result.parameters;
      const loss = result.loss.item();
      result.loss.dispose();
      return loss;
    };
    const first = turn();
    const before = memory();
    let last = first;
    for (let i = 0; i < 20_000; i++) last = turn();
    expect(last).toBeLessThan(first / 4);
    expect(memory()).toEqual(before);
  });

  it('over 5,000 eager steps in scopes', { timeout: 120_000 }, () => {
    let parameters = start();
    const turn = (): void => {
      const old = parameters;
      parameters = scope(() => step(parameters).parameters);
      tree.leaves(old).forEach((p) => p.dispose());
    };
    for (let i = 0; i < 10; i++) turn();
    const before = memory();
    for (let i = 0; i < 5_000; i++) turn();
    expect(memory()).toEqual(before);
  });
});
