import { describe, expect, it } from 'vitest';
import { grad, jit, random, tensor, tree, valueAndGrad, vmap } from '../../src/index.js';
import type { DType, Tensor } from '../../src/index.js';

interface Params {
  readonly w1: Tensor;
  readonly b1: Tensor;
  readonly w2: Tensor;
  readonly b2: Tensor;
}
interface State {
  readonly params: Params;
  readonly mean: Params;
  readonly square: Params;
  readonly count: Tensor;
}

const floats = ['float32', 'float64'] as const;

function init(seed: number, dtype: DType): State {
  const [a, b] = random.split(random.key(seed));
  const float = dtype as 'float32' | 'float64';
  const params: Params = {
    w1: random.normal(a, [5, 16], { dtype: float }).mul(0.5),
    b1: tensor(new Float64Array(16)).cast(dtype),
    w2: random.normal(b, [16, 3], { dtype: float }).mul(0.3),
    b2: tensor(new Float64Array(3)).cast(dtype),
  };
  const zeros = (): Params => ({ ...tree.map((x) => x.mul(0), { ...params }) });
  return { params, mean: zeros(), square: zeros(), count: tensor(0, { dtype }) };
}

const loss = (p: Params, x: Tensor, y: Tensor): Tensor =>
  x.matmul(p.w1).add(p.b1).gelu().matmul(p.w2).add(p.b2).logSoftmax().mul(y).sum(-1).mean().neg();

/** One step of Adam. */
function step({ params, mean, square, count }: State, x: Tensor, y: Tensor): { state: State; loss: Tensor } {
  const [value, gradient] = valueAndGrad(loss)(params, x, y);
  const next = count.add(1);
  const apply = (f: (...leaves: Tensor[]) => Tensor, first: Params, ...rest: Params[]): Params =>
    tree.map((a: Tensor, ...others: Tensor[]) => f(a, ...others), first, ...rest);
  const m = apply((old, g) => old.mul(0.9).add(g.mul(0.1)), mean, gradient);
  const v = apply((old, g) => old.mul(0.999).add(g.square().mul(0.001)), square, gradient);
  const scale = next
    .mul(Math.log(0.999))
    .exp()
    .neg()
    .add(1)
    .sqrt()
    .div(next.mul(Math.log(0.9)).exp().neg().add(1));
  const updated = apply((p, a, b) => p.sub(a.mul(scale).div(b.sqrt().add(1e-8)).mul(0.01)), params, m, v);
  return { state: { params: updated, mean: m, square: v, count: next }, loss: value };
}

function bits(value: unknown): string[] {
  return tree.leaves(value).map((t) => {
    const data = t.dataSync();
    return Array.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)).join();
  });
}

describe.each(floats)('50 steps of training in %s', (dtype) => {
  it.each([1, 2, 3])('have the same bits compiled and eagerly, seed %i', (seed) => {
    const key = random.key(100 + seed);
    const x = random.normal(key, [12, 5], { dtype });
    const y = tensor(
      Array.from({ length: 12 }, (_, i) => [0, 1, 2].map((k) => Number(k === i % 3))),
      { dtype },
    );
    const compiled = jit(step);
    let eager = init(seed, dtype);
    let fast = eager;
    const losses: number[] = [];
    for (let i = 0; i < 50; i++) {
      const a = step(eager, x, y);
      const b = compiled(fast, x, y);
      expect(bits(b)).toEqual(bits(a));
      eager = a.state;
      fast = b.state;
      losses.push(a.loss.item());
    }
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
  });
});

describe('retracing', () => {
  const counted = <A extends readonly unknown[], R>(
    f: (...args: A) => R,
  ): { f: (...args: A) => R; traces: () => number } => {
    let traces = 0;
    return {
      f: (...args) => {
        traces++;
        return f(...args);
      },
      traces: () => traces,
    };
  };

  it('happens for new shapes, dtypes, structures and static values, and for nothing else', () => {
    const { f, traces } = counted((p: { w: Tensor; extra?: Tensor }, k: number, mode: string) =>
      mode === 'double' ? p.w.mul(k * 2) : p.w.mul(k),
    );
    const g = jit(f);
    const x = tensor([1, 2]);
    const expectTraces = (n: number, ...args: Parameters<typeof g>): void => {
      g(...args);
      expect(traces()).toBe(n);
    };
    expectTraces(1, { w: x }, 2, 'once');
    expectTraces(1, { w: tensor([5, 6]) }, 2, 'once');
    expectTraces(2, { w: x }, 3, 'once');
    expectTraces(3, { w: x }, 3, 'double');
    expectTraces(4, { w: x, extra: x }, 3, 'double');
    expectTraces(5, { w: tensor([1, 2, 3]) }, 2, 'once');
    expectTraces(6, { w: x.cast('float64') }, 2, 'once');
    expectTraces(6, { w: tensor([3, 4]) }, 3, 'double');
    expect(g({ w: x }, 3, 'double').toArray()).toEqual([6, 12]);
  });

  it('treats closures as constants of the program', () => {
    let factor = tensor(2);
    const f = jit((t: Tensor) => t.mul(factor));
    expect(f(tensor([1, 2])).toArray()).toEqual([2, 4]);
    factor = tensor(10);
    // The program was written down with the tensor of that time.
    expect(f(tensor([1, 2])).toArray()).toEqual([2, 4]);
    f.dispose();
    expect(f(tensor([1, 2])).toArray()).toEqual([10, 20]);
  });

  it('is not needed for grad, vmap and jit of a compiled function at one shape', () => {
    const { f, traces } = counted((t: Tensor) => t.sin().sum());
    const g = jit(f);
    const x = tensor([1, 2]);
    g(x);
    for (let i = 0; i < 3; i++) {
      grad(g)(x);
      jit(grad(g))(x);
      vmap(g)(tensor([[1, 2], [3, 4]])); // prettier-ignore
    }
    expect(traces()).toBe(1);
  });

  it('traces empty, scalar and bool arguments', () => {
    const f = jit((a: Tensor, b: Tensor, c: Tensor) => [a.add(1), b.mul(2), c.logicalNot()]);
    const [a, b, c] = f(tensor([]), tensor(3), tensor([true, false]));
    expect([a!.toArray(), b!.toArray(), c!.toArray()]).toEqual([[], 6, [false, true]]);
  });
});
