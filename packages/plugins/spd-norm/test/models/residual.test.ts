import { loadGoldens, type GoldenArray } from '@tooling/goldens';
import { eye, grad, random, tensor, tree, type Tensor } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import { affineInvariant, noiseFloors, rResNet, randomSpd, riemannianSgd, spdResidual, ssvepNet } from '../../src/index.js'; // prettier-ignore
import { centralDifference, elements, randomTensor, relativeError, symmetric, thrown } from '../support.js';

const read = ({ data, shape }: GoldenArray): Tensor => tensor([...data], { dtype: 'float64' }).reshape(shape);
const spd = (seed: number, n: number, count: number): Tensor =>
  randomSpd(random.key(seed), n, { shape: [count], dtype: 'float64' });

describe('spdResidual', () => {
  it('is what PyTorch and SciPy find', () => {
    const { args, expected } = loadGoldens('spd_training').find(({ op }) => op === 'spdResidual')!;
    const layer = spdResidual();
    const { params, state } = layer.init(random.key(0), [6, 6], { dtype: 'float64' });
    const spectrum: Record<string, object> = { ...(params.spectrum as Record<string, object>) };
    for (const k of [0, 1, 2])
      spectrum[`conv${k + 1}`] = { weight: read(args[`w${k}`]!), bias: read(args[`b${k}`]!) };
    const own = { stiefelWeight: read(args.q!), spectrum } as unknown as typeof params;
    const { output } = layer.apply(own, state, read(args.x!), { train: true });
    expect(relativeError(output, read(expected.output!))).toBeLessThan(1e-11);
  });

  it('goes a geodesic of length 1, and has the gradient of differences', () => {
    const layer = spdResidual();
    const { params, state } = layer.init(random.key(1), [5, 5], { dtype: 'float64' });
    const x = spd(2, 5, 4);
    const { output } = layer.apply(params, state, x);
    for (const distance of elements(affineInvariant().distance(x, output)))
      expect(distance).toBeCloseTo(1, 10);
    const c = randomTensor(3, [4, 5, 5]);
    const loss = (t: Tensor): Tensor => layer.apply(params, state, t, { train: true }).output.mul(c).sum();
    const v = symmetric(4, [4, 5, 5]).mul(0.1);
    expect(relativeError(grad(loss)(x).mul(v).sum(), centralDifference(loss, x, v, 1e-6))).toBeLessThan(1e-6);
    const stacked = layer.apply(params, state, x.reshape([2, 2, 5, 5])).output;
    expect(relativeError(stacked.reshape([4, 5, 5]), output)).toBeLessThan(1e-13);
  });

  it('says what is wrong', () => {
    expect(thrown(() => spdResidual({ channels: 0 }))).toContain(
      'spdResidual: channels must be a whole number',
    );
    expect(thrown(() => spdResidual().apply({ spectrum: {} }, { spectrum: {} }, spd(1, 3, 1)))).toContain('got no basis'); // prettier-ignore
  });
});

describe('rResNet', () => {
  it('has the official shapes by default', () => {
    const { params, outputShape } = rResNet({ parametrization: 'riemannian' }).init(random.key(1), [93, 93]);
    const named = Object.fromEntries(tree.paths(params).map((path, i) => [path, tree.leaves(params)[i]!.shape.join()])); // prettier-ignore
    expect(outputShape).toEqual([117]);
    expect(named).toMatchObject({
      'bimap.stiefelWeight': '1,1,93,30',
      'norm.spdBias': '30,30',
      'norm.spdMetric': '30,30',
      'block1.stiefelWeight': '30,30',
      'block1.spectrum.conv1.weight': '3,1,5',
      'block1.spectrum.conv3.weight': '1,3,5',
      'output.weight': '117,900',
    });
  });

  it('learns, on its manifolds', async () => {
    const { inputs, targets } = await noiseFloors({ train: 12 }).load('train');
    const model = rResNet({ size: 5, outputs: 3, blocks: 2, parametrization: 'riemannian' });
    const { params, state } = model.init(random.key(1), [12, 12]);
    const oneHot = eye(3, 3, { dtype: 'float64' }).take(targets, 0);
    const loss = (p: typeof params): Tensor =>
      model.apply(p, state, inputs, { train: true }).output.sub(oneHot).square().mean();
    const optimizer = riemannianSgd({ learningRate: 0.01, momentum: 0.9 });
    let [at, memory] = [params, optimizer.init(params)];
    for (let i = 0; i < 10; i++) {
      const { updates, state: next } = optimizer.update(grad(loss)(at), memory, at);
      at = tree.map((a: Tensor, b: Tensor) => a.add(b), at, updates);
      memory = next;
    }
    expect(loss(at).item()).toBeLessThan(0.8 * loss(params).item());
    expect(thrown(() => rResNet({ size: 0 }))).toContain(
      'rResNet: size must be a whole number of at least 1',
    );
  });
});

describe('ssvepNet', () => {
  it('has the official shapes by default', () => {
    const model = ssvepNet({ parametrization: 'riemannian' });
    const { params, state, outputShape } = model.init(random.key(1), [8, 125]);
    const named = Object.fromEntries(tree.paths(params).map((path, i) => [path, tree.leaves(params)[i]!.shape.join()])); // prettier-ignore
    expect(outputShape).toEqual([5]);
    expect(named).toMatchObject({
      'spatial.weight': '125,1,8,1',
      'temporal.weight': '15,125,1,36',
      'bimap1.stiefelWeight': '1,1,15,12',
      'norm1.spdBias': '12,12',
      'norm1.spdMetric': '12,12',
      'output.weight': '5,144',
    });
    const signals = random.normal(random.key(2), [3, 8, 125]);
    const { output } = model.apply(params, state, signals, { train: true });
    expect(elements(output).every(Number.isFinite)).toBe(true);
  });

  it('learns which of two rhythms signals have', () => {
    const model = ssvepNet({
      spatialFilters: 4,
      temporalFilters: 4,
      temporalKernel: 9,
      temporalPadding: 4,
      sizes: [3],
      outputs: 2,
      parametrization: 'riemannian',
    });
    const times = tensor(Array.from({ length: 50 }, (_, i) => i), { dtype: 'float64' }); // prettier-ignore
    const rhythms = [0.6, 1.4].map((f) => times.mul(f).sin());
    const noise = random.normal(random.key(3), [24, 3, 50], { dtype: 'float64' });
    const kinds = Array.from({ length: 24 }, (_, i) => i % 2);
    const signals = noise.mul(0.5).add(tensor(kinds.map((k) => [...elements(rhythms[k]!)]), { dtype: 'float64' }).expandDims(1)); // prettier-ignore
    const goal = tensor(kinds.map((k) => (k === 0 ? 1 : -1)), { dtype: 'float64' }); // prettier-ignore
    const { params, state } = model.init(random.key(1), [3, 50]);
    const side = (p: typeof params): Tensor => {
      const { output } = model.apply(p, state, signals, { train: true });
      return output.at(null, 0).sub(output.at(null, 1));
    };
    const loss = (p: typeof params): Tensor => side(p).mul(goal).neg().softplus().mean();
    const optimizer = riemannianSgd({ learningRate: 0.02, momentum: 0.9 });
    let [at, memory] = [params, optimizer.init(params)];
    for (let i = 0; i < 30; i++) {
      const { updates, state: next } = optimizer.update(grad(loss)(at), memory, at);
      at = tree.map((a: Tensor, b: Tensor) => a.add(b), at, updates);
      memory = next;
    }
    expect(side(at).mul(goal).greater(0).cast('float64').mean().item()).toBeGreaterThan(0.95);
  });

  it('says what is wrong', () => {
    expect(thrown(() => ssvepNet().init(random.key(1), [8]))).toBe('SHAPE: ssvepNet: examples must be signals [electrodes, times], got [8]'); // prettier-ignore
    expect(thrown(() => ssvepNet({ temporalPadding: -1 }))).toContain('temporalPadding must be a whole number of at least 0'); // prettier-ignore
  });
});
