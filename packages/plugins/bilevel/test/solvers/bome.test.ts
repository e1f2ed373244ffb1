import { describe, expect, it } from 'vitest';
import { random, type Tensor } from '@core/tensor';
import { bome, type BilevelProblem } from '../../src/index.js';
import { f64, relativeError } from '../support.js';

const start = { x: f64([0.5, -1]), y: f64([2, 1]) };
const problem: BilevelProblem<Tensor, Tensor> = {
  upper: (x, y) => y.sub(1).square().sum().add(x.square().sum()),
  lower: (x, y) => y.sub(x).square().sum(),
  start,
};

describe('BOME', () => {
  it('moves x at the ratio of rates that it is told, and y as before', () => {
    const after = (ratio: number) => {
      const solver = bome<Tensor, Tensor, unknown>({ ratio });
      return solver.step(problem, solver.init(problem, random.key(0))).state;
    };
    const [plain, faster] = [after(1), after(30)];
    expect(relativeError(faster.x.sub(start.x), plain.x.sub(start.x).mul(30))).toBeLessThan(1e-12);
    expect(relativeError(faster.y, plain.y)).toBeLessThan(1e-12);
    expect(() => bome({ ratio: 0 })).toThrow(/bome: ratio must be a finite number greater than 0, got 0/);
  });
});
