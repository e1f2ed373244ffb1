import { ArgumentError } from '@core/tensor';

/** Throws ArgumentError for a size that is no whole number of at least 1. */
export function wholeNumbers(name: string, sizes: Readonly<Record<string, number>>): void {
  for (const [option, value] of Object.entries(sizes))
    if (!Number.isInteger(value) || value < 1)
      throw new ArgumentError(`${name}: ${option} must be a whole number of at least 1, got ${value}`);
}

/** Throws ArgumentError for a number that is below `least` or not finite. */
export function finiteFrom(name: string, least: number, values: Readonly<Record<string, number>>): void {
  for (const [option, value] of Object.entries(values))
    if (!(value >= least) || !Number.isFinite(value))
      throw new ArgumentError(
        `${name}: ${option} must be a finite number of at least ${least}, got ${value}`,
      );
}
