import { beforeAll, describe, expect, it } from 'vitest';
import { jit, linalg, matmul, tensor, valueAndGrad, type Tensor } from '@core/tensor';
import {
  adamw,
  applyUpdates,
  linear,
  muon,
  shampoo,
  soap,
  type Optimizer,
  type Schedule,
} from '../../src/index.js';
import { normals, seeds } from '../support.js';

const steps = 300;
const rates = [0.01, 0.03, 0.1, 0.3];

const normal = (seed: number, shape: readonly number[]): Tensor =>
  tensor(normals(seed, shape.reduce((a, b) => a * b, 1)), { dtype: 'float64' }).reshape(shape); // prettier-ignore

/** Symmetric, with eigenvalues from 1 down to 10^-1.5 in a random basis. */
function spread(seed: number, n: number): Tensor {
  const [q] = linalg.qr(normal(seed, [n, n]));
  const values = tensor(Array.from({ length: n }, (_, i) => 10 ** ((-1.5 * i) / (n - 1))), { dtype: 'float64' }); // prettier-ignore
  return matmul(q.mul(values), q, { transposeB: true });
}

/** The losses of X 12 × 8 in ½ ‖A X B - C‖² on the way, as shares of the first one; C = A X* B with X* normal. */
function descend(seed: number, optimizer: Optimizer): number[] {
  const [a, b] = [spread(10 * seed, 12), spread(10 * seed + 1, 8)];
  const c = matmul(matmul(a, normal(10 * seed + 2, [12, 8])), b);
  const loss = (x: Tensor): Tensor => matmul(matmul(a, x), b).sub(c).square().sum().mul(0.5);
  const step = jit((x: Tensor, state: never) => {
    const [value, g] = valueAndGrad(loss)(x);
    const next = optimizer.update(g, state, x);
    return { value, x: applyUpdates(x, next.updates as Tensor), state: next.state };
  });
  const start = c.mul(0);
  let at: { x: Tensor; state: unknown } = { x: start, state: optimizer.init(start) };
  const losses: number[] = [];
  for (let t = 0; t <= steps; t++) {
    const next = step(at.x, at.state as never);
    losses.push(next.value.item());
    at = next;
  }
  step.dispose();
  return losses.map((x) => x / (losses[0] ?? NaN));
}

const makers: Readonly<Record<string, (rate: Schedule) => Optimizer>> = {
  adamw: (learningRate) => adamw({ learningRate, beta1: 0.95, beta2: 0.95, weightDecay: 0 }),
  'soap 1': (learningRate) => soap({ learningRate, preconditionFrequency: 1, weightDecay: 0 }),
  'soap 10': (learningRate) => soap({ learningRate, weightDecay: 0 }),
  'soap 50': (learningRate) => soap({ learningRate, preconditionFrequency: 50, weightDecay: 0 }),
  factorised: (learningRate) => soap({ learningRate, factorised: true, weightDecay: 0 }),
  shampoo: (learningRate) => shampoo({ learningRate, momentum: 0.95 }),
  muon: (learningRate) => muon({ learningRate }),
};

/** By seed and optimizer: the last loss at the best rate, and the first step below 1e-4 at the best rate for that. */
const best = new Map<string, { last: number; target: number }>();

beforeAll(() => {
  for (const seed of seeds) {
    for (const [name, make] of Object.entries(makers)) {
      const runs = rates.map((from) => descend(seed, make(linear({ from, to: 0, steps }))));
      const first = runs.map((losses) => losses.findIndex((x) => x <= 1e-4)).filter((t) => t >= 0);
      best.set(`${name}, seed ${seed}`, {
        last: Math.min(...runs.map((losses) => losses.at(-1) ?? NaN)),
        target: Math.min(Infinity, ...first),
      });
    }
  }
}, 60_000);

describe.each(seeds)('a badly conditioned product, seed %i', (seed) => {
  const of = (name: string): { last: number; target: number } =>
    best.get(`${name}, seed ${seed}`) ?? { last: NaN, target: NaN };

  it('SOAP ends twenty times lower than Adam, however rarely it refreshes', () => {
    for (const name of ['soap 1', 'soap 10', 'soap 50'])
      expect(of(name).last).toBeLessThan(of('adamw').last / 20);
  });

  it('SOAP is at the target before Shampoo, and Shampoo before AdamW', () => {
    expect(of('soap 10').target).toBeLessThan(of('shampoo').target);
    expect(of('shampoo').target).toBeLessThan(of('adamw').target);
  });

  it('Muon ends as low as SOAP, and factorised moments, which follow no single element, far above', () => {
    expect(of('muon').last).toBeLessThan(of('adamw').last / 20);
    expect(of('factorised').last).toBeGreaterThan(10 * of('soap 10').last);
    expect(of('factorised').last).toBeLessThan(5e-3);
  });
});
