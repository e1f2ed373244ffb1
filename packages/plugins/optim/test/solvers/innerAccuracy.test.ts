import { expect, it } from 'vitest';
import { eye, jit, linalg, random, scan, type Tensor } from '@core/tensor';
import { affineSum, halpernLipschitz, type HalpernLipschitzState } from '../../src/index.js';
import { bilinearSum, innerSteps } from './problems.js';

it('four times the inner steps solve each of 20 resolvents to 1 %', () => {
  const options = bilinearSum(1, 400);
  const problem = affineSum(options);
  const solver = halpernLipschitz({ innerEffort: 20 });
  const eta = Math.sqrt(400) / (problem.constants?.lipschitz as number);
  const matrix = eye(10, 10, { dtype: 'float64' }).add(options.matrices.mean(0).mul(eta));
  const size = (x: Tensor): number => x.square().sum().sqrt().item();
  const block = 500;
  const advance = (length: number) => (from: HalpernLipschitzState) =>
    scan((state: HalpernLipschitzState) => [solver.step(problem, state).state, null] as const, from, null, {
      length,
    })[0];
  const [blockwise, single] = [jit(advance(block)), jit(advance(1))];
  let state = solver.init(problem, random.key(1));
  for (let k = 0; k < 20; k++) {
    const exact = linalg.solve(matrix, state.center.sub(options.offsets.mean(0).mul(eta)));
    const start = state.center;
    const steps = innerSteps(400, 20, k);
    for (let i = 0; i < Math.floor(steps / block); i++) state = blockwise(state);
    for (let i = 0; i < steps % block; i++) state = single(state);
    expect(state.count.item()).toBe(k + 1);
    expect(size(state.point.sub(exact)) / size(start.sub(exact))).toBeLessThan(1e-2);
  }
}, 120_000);
