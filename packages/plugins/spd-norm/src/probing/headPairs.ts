import { ArgumentError } from '@core/tensor';
import { oneOf } from '@core/registry/checks';

/**
 * Which heads meet: `'near'` neighbours, h - 1 pairs (i, i+1); `'n/2'` h/2 pairs (i, i+h/2); `'one'` the first with each other,
 * h - 1 pairs (0, i); `'cn2'` all h(h-1)/2.
 */
export type CrossType = 'near' | 'n/2' | 'one' | 'cn2';

export const crossTypeRule = oneOf('near', 'n/2', 'one', 'cn2');

/** The pairs of heads, in the official order. @throws ArgumentError where there are none, or an odd number cannot be halved */
export function headPairs(
  owner: string,
  crossType: CrossType,
  heads: number,
): readonly (readonly [number, number])[] {
  if (heads < 2) throw new ArgumentError(`${owner}: heads must be at least 2 to make a pair, got ${heads}`);
  if (crossType === 'n/2' && heads % 2 !== 0)
    throw new ArgumentError(`${owner}: heads must be even with crossType 'n/2', got ${heads}`);
  const others = Array.from({ length: heads - 1 }, (_, i) => i + 1);
  switch (crossType) {
    case 'near':
      return others.map((i) => [i - 1, i]);
    case 'one':
      return others.map((i) => [0, i]);
    case 'n/2':
      return Array.from({ length: heads / 2 }, (_, i) => [i, i + heads / 2]);
    case 'cn2':
      return [0, ...others].flatMap((i) => others.filter((j) => j > i).map((j) => [i, j] as const));
  }
}
