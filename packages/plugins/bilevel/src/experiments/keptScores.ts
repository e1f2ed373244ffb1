/** How well what was kept is what is clean. */
export type KeptScores = {
  /** The harmonic mean of precision and recall, 0 where nothing clean is kept. */
  readonly f1: number;
  /** Share of the kept that is clean; 0 where nothing is kept. */
  readonly precision: number;
  /** Share of the clean that is kept. */
  readonly recall: number;
};

/** Of examples with weights above a threshold as a guess at the clean ones (1; others 0). */
export function keptScores(
  weights: readonly number[],
  clean: readonly number[],
  threshold = 0.5,
): KeptScores {
  const count = (holds: (i: number) => boolean): number => weights.filter((_, i) => holds(i)).length;
  const kept = count((i) => (weights[i] ?? 0) > threshold);
  const right = count((i) => clean[i] === 1);
  const both = count((i) => (weights[i] ?? 0) > threshold && clean[i] === 1);
  return {
    f1: both === 0 ? 0 : (2 * both) / (kept + right),
    precision: kept === 0 ? 0 : both / kept,
    recall: right === 0 ? 0 : both / right,
  };
}
