import { checkOptions, belowOne, flag, nonNegative } from '@core/registry/checks';
import { parseProgram } from './parse.js';
import type { OptimizerProgram } from './program.js';

export interface AdamwProgramOptions {
  /** β₁. In [0, 1). Default 0.9. */
  readonly beta1?: number;
  /** β₂. In [0, 1). Default 0.999. */
  readonly beta2?: number;
  /** ε. At least 0. Default 1e-8. */
  readonly epsilon?: number;
  /** λ. At least 0. Default 0.01. */
  readonly weightDecay?: number;
  /** Divide the moments by 1 - βᵗ. Default true; the paper's search starts without. */
  readonly biasCorrection?: boolean;
}

/**
 * AdamW as a program: what `adamw` does, or without bias corrections the warm start of the search (Chen et al. 2023,
 * program 3, with the ε of google/automl's hero/core_test.py, as 0/0 would be NaN where a weight has no gradient).
 *
 * @throws ArgumentError
 */
export function adamwProgram(options: AdamwProgramOptions = {}): OptimizerProgram {
  checkOptions('adamwProgram', options, {
    beta1: belowOne,
    beta2: belowOne,
    epsilon: nonNegative,
    weightDecay: nonNegative,
    biasCorrection: flag,
  });
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.01, biasCorrection = true } = options;
  const moments = biasCorrection
    ? `
  power1 = power(${beta1}, t)
  bias1 = 1 - power1
  mean = m / bias1
  power2 = power(${beta2}, t)
  bias2 = 1 - power2
  second = v / bias2
  sqrt_v = sqrt(second)
  sqrt_v = sqrt_v + ${epsilon}
  update = mean / sqrt_v`
    : `
  sqrt_v = sqrt(v)
  sqrt_v = sqrt_v + ${epsilon}
  update = m / sqrt_v`;
  return parseProgram(`
def train(w, g, m, v, lr):
  g2 = square(g)
  m = interp(g, m, ${beta1})
  v = interp(g2, v, ${beta2})${moments}
  wd = w * ${weightDecay}
  update = update + wd
  update = update * lr
  return update, m, v`);
}

export interface LionProgramOptions {
  /** β₁, of the average whose sign is taken. In [0, 1). Default 0.9. */
  readonly beta1?: number;
  /** β₂, of the average that is kept. In [0, 1). Default 0.99. */
  readonly beta2?: number;
  /** λ. At least 0. Default 0. */
  readonly weightDecay?: number;
}

/**
 * Lion as a program (Chen et al. 2023, program 1): what `lion` does.
 *
 * @throws ArgumentError
 */
export function lionProgram(options: LionProgramOptions = {}): OptimizerProgram {
  checkOptions('lionProgram', options, { beta1: belowOne, beta2: belowOne, weightDecay: nonNegative });
  const { beta1 = 0.9, beta2 = 0.99, weightDecay = 0 } = options;
  return parseProgram(`
def train(w, g, m, lr):
  update = interp(g, m, ${beta1})
  update = sign(update)
  m = interp(g, m, ${beta2})
  wd = w * ${weightDecay}
  update = update + wd
  update = update * lr
  return update, m`);
}
