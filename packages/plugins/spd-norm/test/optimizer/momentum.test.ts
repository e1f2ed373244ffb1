import { loadGoldens, type GoldenArray } from '@tooling/goldens';
import { eye, grad, jit, jvp, random, tensor, tree, type Tensor } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import {
  affineInvariant,
  buresWasserstein,
  logEuclidean,
  randomSpd,
  riemannianSgd,
  type RiemannianSgdOptions,
} from '../../src/index.js';
import { spdMotion, spdSteps, stiefelMotion } from '../../src/optimizer/manifoldSteps.js';
import { elements, randomTensor, relativeError, symmetric, thrown } from '../support.js';

const read = ({ data, shape }: GoldenArray): Tensor => tensor([...data], { dtype: 'float64' }).reshape(shape);
const spd = (seed: number): Tensor => randomSpd(random.key(seed), 4, { dtype: 'float64' });

/** Points of one leaf after each step. */
function trajectory(leaf: string, start: Tensor, gradients: Tensor, options: RiemannianSgdOptions<never>) {
  const optimizer = riemannianSgd(options);
  let params = { [leaf]: start };
  let state = optimizer.init(params);
  return Array.from({ length: gradients.shape[0]! }, (_, i) => {
    const made = optimizer.update({ [leaf]: gradients.at(i) }, state, params);
    params = { [leaf]: params[leaf]!.add((made.updates as typeof params)[leaf]!) };
    state = made.state;
    return params[leaf]!;
  });
}

describe('four steps against SciPy and PyTorch', () => {
  const names = { spdSteps: 'spdPoint', stiefelSteps: 'stiefelPoint', plainSteps: 'plain' } as const;
  const cases = loadGoldens('spd_training').filter(({ op }) => op in names);

  it.each(cases.map((one) => [one.name, one] as const))('%s', (_name, { op, args, options, expected }) => {
    const start = read((args.p ?? args.w)!);
    const settings = options as unknown as RiemannianSgdOptions<never>;
    const points = trajectory(names[op as keyof typeof names], start, read(args.g!), settings);
    const wanted = read(expected.points!);
    points.forEach((point, i) => expect(relativeError(point, wanted.at(i))).toBeLessThan(1e-11));
  });
});

describe('carried vectors', () => {
  const [p, v, x] = [spd(1), symmetric(2, [4, 4]).mul(0.05), symmetric(3, [4, 4])];

  it.each(['official', 'buresWasserstein'] as const)('%s: the derivative of the exponential', (how) => {
    const [point, along] = jvp((u: Tensor) => buresWasserstein().exp(p, u), [v], [x]);
    const moved = spdMotion(how).move(p, v, x);
    expect(relativeError(moved.point, point)).toBeLessThan(1e-13);
    expect(relativeError(moved.carried!, along)).toBeLessThan(1e-12);
    // To first order in the step it is parallel transport.
    const off = (size: number): number => {
      const step = v.mul(size);
      const { point: to, carried } = spdMotion(how).move(p, step, x);
      return relativeError(carried!, buresWasserstein().transport(p, to, x));
    };
    expect(off(0.1) / off(0.01)).toBeGreaterThan(70);
  });

  it('affineInvariant: parallel transport', () => {
    const { point, carried } = spdMotion('affineInvariant').move(p, v, x);
    expect(relativeError(carried!, affineInvariant().transport(p, point, x))).toBeLessThan(1e-12);
  });

  it('exponential: the step of the log-Euclidean metric', () => {
    const metric = logEuclidean();
    const motion = spdMotion('exponential');
    const { point } = motion.move(p, motion.direction(p, x).mul(-0.1));
    const expected = metric.exp(p, metric.riemannianGradient(p, x).mul(-0.1));
    expect(relativeError(point, expected)).toBeLessThan(1e-12);
  });

  it('stiefel: tangent at the new point', () => {
    const w = random.orthogonal(random.key(4), 5, { columns: 2, dtype: 'float64' });
    const motion = stiefelMotion('canonical');
    const { point, carried } = motion.move(w, motion.direction(w, randomTensor(5, [5, 2])), randomTensor(6, [5, 2])); // prettier-ignore
    const product = point.T.matmul(carried!);
    expect(product.add(product.T).abs().max().item()).toBeLessThan(1e-14);
  });
});

describe('momentum', () => {
  const goal = spd(9);
  const target = random.orthogonal(random.key(8), 4, { columns: 2, dtype: 'float64' });
  type Params = { spdA: Tensor; stiefelW: Tensor; b: Tensor };
  const start = (): Params => ({
    spdA: eye(4, 4, { dtype: 'float64' }),
    stiefelW: random.orthogonal(random.key(3), 4, { columns: 2, dtype: 'float64' }),
    b: randomTensor(1, [3]),
  });
  const loss = ({ spdA, stiefelW, b }: Params): Tensor =>
    spdA.sub(goal).square().sum().add(stiefelW.sub(target).square().sum()).add(b.square().sum());

  it.each(spdSteps)('%s: fewer steps to the same loss, compiled, and resumed to the same bits', (spdStep) => {
    const run = (momentum: number, steps: number, pause = Infinity): Params => {
      const optimizer = riemannianSgd({
        learningRate: 0.02,
        momentum,
        manifoldMomentum: momentum,
        spdStep,
      });
      const step = jit((p: Params, s: ReturnType<typeof optimizer.init>) => {
        const { updates, state } = optimizer.update(grad(loss)(p), s, p);
        return { p: tree.map((a: Tensor, b: Tensor) => a.add(b), p, updates), state };
      });
      let at = { p: start(), state: optimizer.init(start()) };
      for (let i = 0; i < steps; i++) {
        if (i === pause) at = tree.map((leaf) => tensor([...elements(leaf)], { dtype: leaf.dtype }).reshape(leaf.shape), at); // prettier-ignore
        at = step(at.p, at.state);
      }
      return at.p;
    };
    const first = loss(start()).item();
    expect(loss(run(0.8, 40)).item()).toBeLessThan(0.5 * loss(run(0, 40)).item());
    expect(loss(run(0.8, 40)).item()).toBeLessThan(0.2 * first);
    const [whole, resumed] = [run(0.8, 12), run(0.8, 12, 5)];
    for (const [i, leaf] of tree.leaves(whole).entries())
      expect(elements(tree.leaves(resumed)[i]!)).toEqual(elements(leaf));
  });

  it('leaves what is fixed where it is', () => {
    const manifolds = { spdA: 'spd', stiefelW: 'fixed', b: 'euclidean' } as const;
    const optimizer = riemannianSgd({ learningRate: 0.1, momentum: 0.9, manifoldMomentum: 0.9, manifolds });
    const state = optimizer.init(start());
    expect(Object.keys(state.velocity).join()).toBe('b,spdA');
    const { updates } = optimizer.update(grad(loss)(start()), state, start());
    const moved = tree.leaves(updates).map((x) => x.abs().max().item() > 0);
    expect(tree.paths(updates).filter((_path, i) => moved[i])).toEqual(['b', 'spdA']);
  });

  it('is kept for the leaves that have it', () => {
    const keys = (options: Partial<RiemannianSgdOptions<never>>): string =>
      Object.keys(riemannianSgd({ learningRate: 1, ...options }).init(start()).velocity).join();
    expect(keys({})).toBe('');
    expect(keys({ momentum: 0.9 })).toBe('b');
    expect(keys({ manifoldMomentum: 0.9 })).toBe('spdA,stiefelW');
  });
});

it('says what is wrong', () => {
  const rest = { init: () => ({}), update: (g: unknown, s: object) => ({ updates: g as object, state: s }) };
  expect(thrown(() => riemannianSgd({ learningRate: 1, momentum: 1 }))).toBe('ARGUMENT: riemannianSgd: momentum must be a number in [0, 1), got 1'); // prettier-ignore
  expect(thrown(() => riemannianSgd({ learningRate: 1, momentum: 0.9, rest: rest as never }))).toBe('ARGUMENT: riemannianSgd: momentum is of the leaves that rest moves; give it to that optimizer, got 0.9 with rest'); // prettier-ignore
  expect(thrown(() => riemannianSgd({ learningRate: 1, manifoldWeightDecay: -1 }))).toContain('manifoldWeightDecay must be a finite number of at least 0'); // prettier-ignore
  expect(thrown(() => riemannianSgd({ learningRate: 1, spdStep: 'geodesic' as never }))).toBe(
    "ARGUMENT: riemannianSgd: spdStep must be 'official' or 'buresWasserstein' or 'affineInvariant' or 'exponential', got \"geodesic\"",
  );
  expect(thrown(() => riemannianSgd({ learningRate: 1, decay: 0.1 } as never))).toContain('there is no option decay'); // prettier-ignore
  expect(thrown(() => riemannianSgd({} as never))).toContain('learningRate is missing');
});
