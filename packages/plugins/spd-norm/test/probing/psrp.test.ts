import { grad, random, tree, type Tensor } from '@core/tensor';
import { transformerLayer } from '@core/nn';
import { describe, expect, it } from 'vitest';
import { blockWithPsrp, psrp, transformerParts, type ResidualBlock } from '../../src/index.js';
import { centralDifference, elements, randomTensor, relativeError, seeds, thrown } from '../support.js';

const f64 = { dtype: 'float64' } as const;
const shape = [6, 8];
const x = randomTensor(1, [3, ...shape]);
const block = transformerParts(2);

describe('psrp', () => {
  it('has 3 · channels · reduction parameters', () => {
    const { params } = psrp().init(random.key(0), [197, 768]);
    expect(tree.leaves(params).reduce((sum, { size }) => sum + size, 0)).toBe(36_864);
  });

  it('is relu(D x) times one matrix each', () => {
    const layer = psrp({ reduction: 3 });
    const { params } = layer.init(random.key(1), shape, f64);
    const { scale, shift } = layer.apply(params, x);
    const shared = x.matmul(params.down.T).maximum(0);
    expect(relativeError(scale, shared.matmul(params.scale.T))).toBeLessThan(1e-14);
    expect(relativeError(shift, shared.matmul(params.shift.T))).toBeLessThan(1e-14);
  });

  it('says what is wrong', () => {
    expect(thrown(() => psrp({ reduction: 0 }))).toContain('ARGUMENT: psrp: reduction must be a whole number'); // prettier-ignore
    expect(thrown(() => psrp().init(random.key(0), []))).toContain('SHAPE: psrp: examples must be [..., channels], got []'); // prettier-ignore
    expect(thrown(() => blockWithPsrp(block, psrp(), { input: 'x' as 'branch' }))).toContain(
      "blockWithPsrp: input must be 'residual' or 'branch'",
    );
  });
});

describe('a block', () => {
  it('in its parts is transformerLayer', () => {
    const layer = transformerLayer(2);
    const { params } = layer.init(random.key(2), shape, f64);
    const mixed = block.mix(params, x, {});
    expect(relativeError(mixed.add(block.branch(params, mixed, {})), layer.apply(params, {}, x).output)).toBe(0); // prettier-ignore
  });

  it('with U_s = U_b = 0 is what it was, and the gradient of D is 0 there', () => {
    const layer = blockWithPsrp(block, psrp({ zeroInit: true }));
    const { params } = layer.init(random.key(2), shape, f64);
    const plain = transformerLayer(2).apply(params.block, {}, x).output;
    expect(relativeError(layer.apply(params, {}, x).output, plain)).toBe(0);
    const slopes = grad((p: typeof params) => layer.apply(p, {}, x).output.square().sum())(params);
    expect(slopes.psrp.down.abs().max().item()).toBe(0);
    for (const up of [slopes.psrp.scale, slopes.psrp.shift])
      expect(up.abs().max().item()).toBeGreaterThan(0.1);
  });

  it.each(seeds)('has gradients of D through U_s and U_b, and none of the frozen block; seed %d', (seed) => {
    const layer = blockWithPsrp(block, psrp({ reduction: 4, weights: 'uniform' }));
    const { params } = layer.init(random.key(seed), shape, f64);
    const loss = (p: typeof params): Tensor => layer.apply(p, {}, x).output.square().sum();
    const slopes = grad(loss)(params);
    for (const leaf of tree.leaves(slopes.block)) expect(elements(leaf).every((slope) => slope === 0)).toBe(true); // prettier-ignore
    for (const name of ['down', 'scale', 'shift'] as const) {
      const v = randomTensor(seed, params.psrp[name].shape);
      const along = (at: Tensor): Tensor => loss({ ...params, psrp: { ...params.psrp, [name]: at } });
      const difference = centralDifference(along, params.psrp[name], v).item();
      expect(slopes.psrp[name].mul(v).sum().item() / difference).toBeCloseTo(1, 7);
    }
    const free = blockWithPsrp(block, psrp({ reduction: 4 }), { frozen: false });
    const moved = grad((p: typeof params) => free.apply(p, {}, x).output.square().sum())(params);
    expect(moved.block.linear1.weight.abs().max().item()).toBeGreaterThan(0);
  });

  it('of one branch takes scale and shift from what the branch gave, before its layer scale (ConvNeXt)', () => {
    const one: ResidualBlock<{ gamma: Tensor }> = {
      init: () => ({ params: { gamma: randomTensor(4, [8]) } }),
      mix: (_, at) => at,
      branch: (_, at) => at.sin(),
      close: ({ gamma }, branch) => branch.mul(gamma),
    };
    const recalibration = psrp({ reduction: 4 });
    const layer = blockWithPsrp(one, recalibration, { input: 'branch' });
    const { params } = layer.init(random.key(1), shape, f64);
    const y = x.sin();
    const { scale, shift } = recalibration.apply(params.psrp, y);
    const wanted = x.add(shift.add(scale.add(1).mul(y)).mul(params.block.gamma));
    expect(relativeError(layer.apply(params, {}, x).output, wanted)).toBeLessThan(1e-14);
  });
});
