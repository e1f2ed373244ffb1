import { describe, expect, it } from 'vitest';
import { random } from '@core/tensor';
import { affineSum, extraAnchoredGradient, halpernLipschitz, solve } from '../../src/index.js';
import { seeds } from '../support.js';
import { bilinearSum, distanceToSolution, innerSteps } from './problems.js';

const options = bilinearSum(1, 400);
const problem = affineSum(options);
const L = problem.constants?.lipschitz as number;
const bound = (2 * L * distanceToSolution(options)) / (Math.sqrt(400) * 20);

describe('a bilinear game of 400 components', () => {
  const steps = Array.from({ length: 20 }, (_, k) => innerSteps(400, 5, k)).reduce((a, b) => a + b, 0);

  it.each(seeds)(
    '20 resolvents reach 2 L D / (20 √n), seed %d',
    (seed) => {
      const { state, history } = solve(halpernLipschitz(), problem, {
        steps,
        every: 5000,
        key: random.key(seed),
      });
      const { residual = NaN, oracleCalls = NaN } = history.at(-1) ?? {};
      expect(state.count.item()).toBe(20);
      expect(residual).toBeLessThanOrEqual(bound);
      expect(state.residual.item()).toBeLessThanOrEqual(bound);
      expect(oracleCalls).toBeLessThan(3.2e5);
      if (seed !== 1) return;
      const { finished, history: others } = solve(extraAnchoredGradient(), problem, {
        steps: 5000,
        every: 10,
        until: (m) => m.residual.lessEqual(residual),
      });
      expect(finished).toBe(true);
      expect(others.at(-1)?.oracleCalls).toBeGreaterThan(3 * oracleCalls);
    },
    60_000,
  );
});
