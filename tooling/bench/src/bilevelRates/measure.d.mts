export function slopeOf(xs: readonly number[], ys: readonly number[]): number;
export function slopeWithInterval(
  calls: readonly number[],
  bySeed: readonly (readonly number[])[],
  resamples?: number,
): { readonly slope: number; readonly low: number; readonly high: number; readonly means: readonly number[] };
