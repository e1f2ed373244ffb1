import { bsvrb, f2sa, penaltyBilevel, powerLaw, stocBiO } from '@plugins/bilevel';

/*
 * Solvers with the step sizes of their theories. `rate` is the r of E|∇F|² = O(calls^-r), where a call is one sample of one gradient or
 * product. Methods with `schedule` run once, and are measured along the way; those with `horizon` have constants that the theory
 * chooses for a number of calls, and run once for each.
 */

const law = (value, exponent, offset) => powerLaw({ value, exponent, offset });

/** ε^-4 for |∇F| <= ε: K of order √N steps, batches of order √N, and a Neumann series of order log N. */
const stocBiOMethod = {
  rate: 1 / 2,
  source: 'Ji, Yang & Liang 2021: ε^-2 samples for |∇F|² <= ε',
  horizon: (calls) => {
    const [innerSteps, iterations] = [3, 12];
    const each = innerSteps + iterations + 3;
    const steps = Math.max(8, Math.round(2 * Math.sqrt(calls / each)));
    const batch = calls / (each * steps);
    return {
      steps,
      batch,
      solver: stocBiO({ innerSteps, iterations, innerLearningRate: 0.3, eta: 0.4, learningRate: 0.3 }),
    };
  },
};

/** ε^-7 for |∇F| <= ε: α ~ k^(-5/7), γ ~ k^(-4/7), λ ~ k^(1/7), one sample for each gradient. */
const f2saMethod = {
  rate: 2 / 7,
  source: 'Kwon et al. 2023: ε^-7/2 for |∇F|² <= ε',
  callsPerStep: 6,
  solver: f2sa({
    innerLearningRate: law(0.4, 4 / 7, 10),
    learningRate: law(0.05, 5 / 7, 10),
    lambda: law(4, -1 / 7, 10),
    ratio: 1,
  }),
};

/** ε^-7: σ ~ ε, α ~ σ, K ~ ε^-3 steps, T ~ log(1/ε) inner ones, and batches of ε^-4. */
const doubleMethod = {
  rate: 2 / 7,
  source: 'Kwon et al. 2024: ε^-7 for |∇F| <= ε',
  horizon: (calls) => {
    const epsilon = calls ** (-1 / 7);
    const innerSteps = Math.ceil(4 * Math.log(4 / epsilon));
    const each = 3 * innerSteps + 3;
    const sigma = 2 * epsilon;
    const steps = Math.round(10 * epsilon ** -3);
    return {
      steps,
      batch: calls / (each * steps),
      solver: penaltyBilevel({
        mode: 'double',
        sigma,
        innerSteps,
        gamma: 0.3,
        rho: Infinity,
        alpha: 0.5 * sigma,
      }),
    };
  },
};

/** ε^-5 with momentum: σ ~ k^(-1/5), α ~ k^(-3/5), γ ~ k^(-2/5), the momentum's η ~ k^(-4/5). */
const singleMethod = {
  rate: 2 / 5,
  source: 'Kwon et al. 2024: ε^-5 for |∇F| <= ε',
  callsPerStep: 12,
  solver: penaltyBilevel({
    mode: 'single',
    sigma: law(0.3, 1 / 5, 10),
    alpha: law(0.1, 3 / 5, 10),
    gamma: law(0.3, 2 / 5, 10),
    momentum: law(0.5, 4 / 5, 10),
  }),
};

/** ε^-3: α, β ~ k^(-2/3), η, τ ~ k^(-1/3). */
const bsvrbMethod = (version, { q }) => ({
  rate: 2 / 3,
  source: 'Hu et al. 2023: ε^-3 for |∇F| <= ε',
  blocks: true,
  callsPerStep: 2 * (version === 1 ? 2 * (4 + q) : 10),
  solver: bsvrb({
    version,
    sampled: 2,
    alpha: law(0.5, 2 / 3, 10),
    alphaBar: law(0.5, 2 / 3, 10),
    beta: law(0.5, 2 / 3, 10),
    tau: law(0.3, 1 / 3, 10),
    tauBar: law(0.3, 1 / 3, 10),
    eta: law(0.1, 1 / 3, 10),
    lambdaMin: 0.5,
    vRadius: 10,
  }),
});

export const methodsFor = (dimensions) => ({
  stocBiO: stocBiOMethod,
  F2SA: f2saMethod,
  'penalty, double loop': doubleMethod,
  'penalty, single loop': singleMethod,
  'BSVRB v1': bsvrbMethod(1, dimensions),
  'BSVRB v2': bsvrbMethod(2, dimensions),
});
