import { describe, expect, it } from 'vitest';
import { bsvrb, f2sa, lvHba, penaltyBilevel } from '../../src/index.js';

/** Every rate and size of the solvers, which may be neither 0 nor negative. */
const rates = {
  bsvrb: [bsvrb, ['alpha', 'alphaBar', 'tau', 'tauBar', 'eta', 'lambdaMin', 'vRadius', 'sampled']],
  penaltyBilevel: [penaltyBilevel, ['sigma', 'alpha', 'gamma', 'beta', 'rho', 'momentum', 'innerSteps']],
  f2sa: [f2sa, ['learningRate', 'innerLearningRate', 'ratio', 'lambda']],
  lvHba: [lvHba, ['gamma1', 'gamma2', 'alpha', 'beta', 'eta', 'penalty', 'bound']],
} as const;

describe('steps of 0, negative ones and what is no number', () => {
  for (const [owner, [make, names]] of Object.entries(rates))
    it.each(names.flatMap((name) => [0, -1, NaN].map((value) => [name, value] as const)))(
      `${owner}: %s = %s is refused by name`,
      (name, value) => {
        const options: Readonly<Record<string, number>> = { [name]: value };
        expect(() => make(options)).toThrow(new RegExp(`^${owner}: ${name} must be .*, got ${value}$`));
      },
    );

  it('other options, and a schedule that is none', () => {
    expect(() => bsvrb({ stepSize: 0.1 } as never)).toThrow(/bsvrb: there is no option stepSize/);
    expect(() => bsvrb({ eta: '0.1' as never })).toThrow(/eta must be .* or a schedule, got "0.1"/);
    expect(() => penaltyBilevel({ sigma: {} as never })).toThrow(
      /sigma must be .* or a schedule, got an object/,
    );
  });
});
