import { arrayProgram } from './interpreter.js';
import type { OptimizerProgram } from './program.js';
import { randomNumbers } from './randomNumbers.js';

const sizes = [5, 3];
const total = 8;
const scales = [1, 0.01, 30, 1, 1, 0.1];
const learningRates = [1, 0.5, 0.25, 1, 0.1, 0.5];

/** Weights and gradients of a few steps; gradients of several sizes, and one that is always 0. */
const probes = (() => {
  const random = randomNumbers(20230213);
  return scales.map((scale, k) => ({
    w: Float64Array.from({ length: total }, random.normal),
    g: Float64Array.from({ length: total }, (_, i) => (i === 2 ? 0 : scale * random.normal())),
    learningRate: learningRates[k] as number,
  }));
})();

/** A checked program's updates on fixed inputs, step after step. */
export function probeUpdates(program: OptimizerProgram): readonly number[] {
  const { step } = arrayProgram(program, sizes);
  return probes.flatMap(({ w, g, learningRate }) => Array.from(step(w, g, learningRate)));
}

/**
 * What a checked program does, as a short text: its updates on fixed inputs, to six digits, hashed. Programs that compute the
 * same have the same one, whatever their names, the order of their statements, their redundant statements and the way
 * they write it. Undefined for programs whose updates are not all finite: they would destroy any weights.
 */
export function fingerprint(program: OptimizerProgram): string | undefined {
  const updates = probeUpdates(program);
  if (!updates.every(Number.isFinite)) return undefined;
  return hash(updates.map((x) => x.toPrecision(6)).join());
}

/** Two 32-bit FNV-1a hashes from different starts: a collision among 10⁵ programs has a chance of 10⁻⁹. */
function hash(text: string): string {
  let [a, b] = [0x811c9dc5, 0x1234567];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x01000193) ^ (b >>> 13);
  }
  return [a, b].map((x) => (x >>> 0).toString(16).padStart(8, '0')).join('');
}
