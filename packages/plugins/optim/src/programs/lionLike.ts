import { arrayProgram } from './interpreter.js';
import { liveness, withoutRedundant } from './liveness.js';
import { lionProgram } from './known.js';
import type { OptimizerProgram } from './program.js';
import { randomNumbers } from './randomNumbers.js';

/** How near a program is to Lion, by what it does rather than by how it is written. */
export interface LionLikeness {
  /** Arrays per weight that its state needs; Lion has one. */
  readonly stateVariables: number;
  /** Mean over steps of the standard deviation of the updates' magnitudes, over their mean: 0 for a sign. */
  readonly magnitudeSpread: number;
  /** Share of elements whose sign is not the present gradient's: 0 without momentum. */
  readonly againstGradient: number;
  /** Share of elements that move as Lion's do, with the pair of averages that fits best. */
  readonly agreement: number;
  /** That pair, of 0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99. With two of the same it is the sign of one average (signum). */
  readonly beta1: number;
  readonly beta2: number;
  /** One state variable, a spread below 0.05, momentum against a twentieth of the elements, an agreement above 0.9. */
  readonly lionLike: boolean;
}

const size = 64;
const steps = 120;
/** The first steps are not looked at: averages from 0 need time. */
const settled = 20;
const betas = [0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99];

/** Gradients with a signal in noise; each element's has a size of its own. */
function stream(): Float64Array[] {
  const random = randomNumbers(7);
  const signal = Float64Array.from({ length: size }, () => 0.5 * random.normal());
  const scale = Float64Array.from({ length: size }, () => 100 ** random.uniform());
  return Array.from({ length: steps }, () =>
    signal.map((s, i) => (scale[i] as number) * (s + random.normal())),
  );
}

/** Updates at w = 0, where weight decay is 0, one row for each step. */
function follow(program: OptimizerProgram, grads: readonly Float64Array[]): Float64Array[] {
  const { step } = arrayProgram(program, [size]);
  const w = new Float64Array(size);
  return grads.map((g) => step(w, g, 0.1).slice()).slice(settled);
}

/** Looks at a checked program's updates on a stream of noisy gradients. */
export function lionLikeness(program: OptimizerProgram): LionLikeness {
  const grads = stream();
  const updates = follow(program, grads);
  const spreads = updates.map((row) => {
    const magnitudes = row.map(Math.abs);
    const mean = magnitudes.reduce((sum, x) => sum + x, 0) / size;
    return Math.sqrt(magnitudes.reduce((sum, x) => sum + (x - mean) ** 2, 0) / size) / mean;
  });
  const against = 1 - sameSigns(updates, grads.slice(settled));
  const pairs = betas.flatMap((beta1) =>
    betas.map((beta2) => {
      const lion = follow(withoutRedundant(lionProgram({ beta1, beta2 })), grads);
      return { beta1, beta2, agreement: sameSigns(updates, lion) };
    }),
  );
  const fits = pairs.reduce((a, b) => (b.agreement > a.agreement ? b : a));
  const stateVariables = liveness(program).state.length;
  const magnitudeSpread = spreads.reduce((sum, x) => sum + x, 0) / spreads.length;
  return {
    ...fits,
    stateVariables,
    magnitudeSpread,
    againstGradient: against,
    lionLike: stateVariables === 1 && magnitudeSpread < 0.05 && against > 0.05 && fits.agreement > 0.9,
  };
}

function sameSigns(a: readonly Float64Array[], b: readonly Float64Array[]): number {
  let same = 0;
  a.forEach((row, k) =>
    row.forEach((x, i) => (same += Math.sign(x) === Math.sign(b[k]?.[i] ?? NaN) ? 1 : 0)),
  );
  return same / (a.length * size);
}
