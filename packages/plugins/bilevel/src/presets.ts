import type { BsvrbOptions } from './blocks/bsvrb.js';
import { powerLaw } from './schedules/powerLaw.js';
import type { LvHbaOptions } from './solvers/lvHba.js';
import type { PenaltyBilevelOptions } from './solvers/penaltyBilevel.js';

/**
 * Constants of the authors' scripts for `lvHba`: `lvHba({ ...lvHbaPresets.toyLlsc })`.
 *
 * - `toyLlc`: the toy problem with a merely convex lower level. These do not converge, in the authors' script no more than here: λ swings
 *   between its bounds. `lvHba`'s defaults are for the same problem and do.
 * - `toyLlsc`: the toy problem with a strongly convex one.
 * - `svm`: hyperparameters of support vector machines. Their script never moves z, and its p is the 1/2 that the theory excludes.
 *
 * Source: SUSTech-Optimization/LV-HBA.
 */
export const lvHbaPresets = {
  toyLlc: {
    gamma1: 10,
    gamma2: 10,
    alpha: 0.008,
    beta: 0.02,
    eta: 0.01,
    penalty: 0.025,
    power: 0.3,
    lambda0: 1,
    z0: -1,
  },
  toyLlsc: { gamma1: 1, gamma2: 1, alpha: 0.02, beta: 0.001, eta: 0.1, penalty: 1, power: 0.3 },
  svm: {
    gamma1: 10,
    gamma2: 10,
    alpha: 0.01,
    beta: 0.1,
    eta: 0.01,
    penalty: 1,
    power: 0.5,
    lambda0: 1,
    z0: 1,
  },
} as const satisfies Readonly<Record<string, LvHbaOptions>>;

/**
 * Options of `bsvrb`:
 *
 * - `theory`: the rates under which E|∇F|² falls as k^(-2/3): α and β as k^(-2/3), η and τ as k^(-1/3), from the defaults on.
 *   They begin to fall after `offset` steps. Default 100.
 * - `authors`: the constants of the authors' experiments, for 100 blocks of which 10 are drawn, with γ = 1.
 *
 * Source: Hu et al. 2023 (arXiv:2305.18730), quanqihu/BSVRB_ICML2023.
 */
export const bsvrbPresets = {
  theory: ({ offset = 100 }: { readonly offset?: number } = {}): BsvrbOptions => {
    const rate = (value: number, exponent: number) => powerLaw({ value, exponent, offset });
    return {
      alpha: rate(0.1, 2 / 3),
      alphaBar: rate(0.1, 2 / 3),
      beta: rate(0.1, 2 / 3),
      tau: rate(0.1, 1 / 3),
      tauBar: rate(0.1, 1 / 3),
      eta: rate(0.02, 1 / 3),
    };
  },
  authors: ({ version }: { readonly version: 1 | 2 }): BsvrbOptions => ({
    version,
    sampled: 10,
    alpha: 0.9,
    alphaBar: 0.9,
    gamma: 1,
    beta: 0.9,
    eta: 0.001,
    tau: version === 1 ? 0.5 : 1,
    tauBar: 1,
    vRadius: 10,
  }),
};

/**
 * Options of `penaltyBilevel`:
 *
 * - `f2sa`: F2SA's form, no proximal term and σ = 1/λ falling as k^(-1/7), from σ on. Default 1.
 * - `theory`: the single loop under which E|∇ψ|² falls as k^(-2/5) with noise whose mean square is smooth: σ as k^(-1/5), α as
 *   k^(-3/5), γ as k^(-2/5), the momentum's η as k^(-4/5), all after `offset` steps. Default 100.
 *
 * Source: Kwon et al. 2023 (arXiv:2301.10945) and 2024 (arXiv:2309.01753).
 */
export const penaltyPresets = {
  f2sa: ({ sigma = 1, offset = 1 }: { readonly sigma?: number; readonly offset?: number } = {}) =>
    ({
      mode: 'single',
      beta: 1,
      rho: Infinity,
      sigma: powerLaw({ value: sigma, exponent: 1 / 7, offset }),
    }) satisfies PenaltyBilevelOptions,
  theory: ({ sigma = 0.3, offset = 100 }: { readonly sigma?: number; readonly offset?: number } = {}) =>
    ({
      mode: 'single',
      sigma: powerLaw({ value: sigma, exponent: 1 / 5, offset }),
      alpha: powerLaw({ value: 0.02, exponent: 3 / 5, offset }),
      gamma: powerLaw({ value: 0.1, exponent: 2 / 5, offset }),
      momentum: powerLaw({ value: 0.5, exponent: 4 / 5, offset }),
    }) satisfies PenaltyBilevelOptions,
};
