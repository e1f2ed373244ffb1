import { check, checkOptions, show, wholeNumber, type Rule } from '@core/registry/checks';
import { ArgumentError } from '@core/tensor';
import { generatorOf, permutation, uniform, type Generator } from '../blocks/generator.js';

/** Where a hyperparameter is looked for: an interval, or a list to choose from. */
export type SearchDimension =
  | {
      readonly min: number;
      readonly max: number;
      /** Whether u of [0, 1) becomes min + u (max - min) or min (max / min)ᵘ; for `log`, min is above 0. Default `linear`. */
      readonly scale?: 'linear' | 'log';
    }
  | { readonly values: readonly unknown[] };

/** By the hyperparameter's name. */
export type SearchSpace = Readonly<Record<string, SearchDimension>>;

type Value<D> = D extends { readonly values: readonly (infer V)[] } ? V : number;

/** One point of a search: a value for each hyperparameter. */
export type SearchPoint<S extends SearchSpace = SearchSpace> = { readonly [K in keyof S]: Value<S[K]> };

export interface HaltonOptions {
  /** Points left out at the beginning, which are correlated between dimensions. Default 100. */
  readonly skip?: number;
  /** A prime for each dimension. Default: the largest below 1000 but the very last, as in the official code. */
  readonly bases?: readonly number[];
}

/**
 * Quasi-random points for a search of hyperparameters: a Halton sequence whose digits are permuted in each dimension, which is
 * then shifted by a random amount (mod 1), and whose points come in random order.
 *
 *     u_i = Σ_k π(digit k of i in base b) b^-(k+1) + shift  (mod 1)            π permutes 1 … b - 1 and keeps 0
 *
 * ```ts
 * const points = haltonSearch({ learningRate: { min: 1e-4, max: 1e-1, scale: 'log' }, nesterov: { values: [true, false] } }, 20, 1);
 * ```
 *
 * Deal them in order, `trials` to a study: the order is random already. With bases near 1000, few points are hardly more even
 * than random ones; small primes (`bases: [2, 3, 5]`) spread them.
 *
 * Source: mlcommons/algorithmic-efficiency, algoperf/halton.py, after Bousquet et al. 2017 (arXiv:1706.03200). There the
 * permutations and shifts depend on the base alone; here on the seed too, so that seeds give different points.
 *
 * @param count points, at least 0
 * @throws ArgumentError
 */
export function haltonSearch<const S extends SearchSpace>(
  space: S,
  count: number,
  seed: number,
  options: HaltonOptions = {},
): SearchPoint<S>[] {
  const owner = 'haltonSearch';
  const dimensions = checkSpace(owner, space);
  check(owner, 'count', count, wholeNumber);
  check(owner, 'seed', seed, wholeNumber);
  checkOptions(owner, options, { skip: wholeNumber, bases: basesFor(dimensions.length) });
  const { skip = 100, bases = officialBases(dimensions.length) } = options;
  const columns = dimensions.map(([, dimension], d) =>
    sequence(bases[d]!, skip, count, generatorOf(seed * 1009 + bases[d]!)).map((u) => place(dimension, u)),
  );
  const order = permutation(generatorOf(seed * 1009), count);
  return Array.from(
    order,
    (i) => Object.fromEntries(dimensions.map(([name], d) => [name, columns[d]![i]])) as SearchPoint<S>, // a value for each
  );
}

/** `count` numbers of one dimension in [0, 1). */
function sequence(base: number, skip: number, count: number, generator: Generator): number[] {
  const digits = [0, ...Array.from(permutation(generator, base - 1), (digit) => digit + 1)];
  const shift = uniform(generator);
  return Array.from({ length: count }, (_, i) => {
    let sum = 0;
    for (let rest = skip + i + 1, scale = 1 / base; rest > 0; rest = Math.floor(rest / base), scale /= base)
      sum += digits[rest % base]! * scale;
    return (sum + shift) % 1;
  });
}

function place(dimension: SearchDimension, u: number): unknown {
  if ('values' in dimension) return dimension.values[Math.floor(u * dimension.values.length)];
  const { min, max, scale = 'linear' } = dimension;
  return scale === 'log' ? min * Math.exp(u * Math.log(max / min)) : min + u * (max - min);
}

/** As many primes as there are dimensions, ending with the last but one below 1000 (or the next thousand, if they are many). */
function officialBases(dimensions: number): readonly number[] {
  for (let limit = 1000; ; limit += 1000) {
    const odd = primesBelow(limit);
    if (odd.length > dimensions) return odd.slice(-dimensions - 1, -1);
  }
}

/** Odd primes. */
function primesBelow(limit: number): readonly number[] {
  return Array.from({ length: limit }, (_, n) => n).filter((n) => n > 2 && isPrime(n));
}

function isPrime(n: unknown): boolean {
  if (typeof n !== 'number' || !Number.isSafeInteger(n) || n < 2) return false;
  for (let factor = 2; factor * factor <= n; factor++) if (n % factor === 0) return false;
  return true;
}

function basesFor(dimensions: number): Rule {
  return {
    words: `a list of ${dimensions} different primes, one for each dimension`,
    holds: (bases) =>
      Array.isArray(bases) &&
      bases.length === dimensions &&
      new Set(bases).size === dimensions &&
      bases.every(isPrime),
  };
}

/** @throws ArgumentError for a dimension that is none */
function checkSpace(owner: string, space: SearchSpace): readonly (readonly [string, SearchDimension])[] {
  if (typeof space !== 'object' || space === null || Array.isArray(space))
    throw new ArgumentError(`${owner}: space must be dimensions by name, got ${show(space)}`);
  const dimensions = Object.entries(space);
  for (const [name, dimension] of dimensions) {
    const wrong = problemOf(dimension);
    if (wrong !== undefined) throw new ArgumentError(`${owner}: ${name} ${wrong}`);
  }
  return dimensions;
}

function problemOf(dimension: SearchDimension): string | undefined {
  const shape = 'must be { min, max, scale } or { values: [...] }';
  if (typeof dimension !== 'object' || dimension === null) return `${shape}, got ${show(dimension)}`;
  if ('values' in dimension) {
    return Array.isArray(dimension.values) && dimension.values.length > 0
      ? undefined
      : `must have a list of at least one value, got ${show(dimension.values)}`;
  }
  const { min, max, scale = 'linear' } = dimension;
  if (!Number.isFinite(min) || !Number.isFinite(max))
    return `${shape}, got min ${show(min)}, max ${show(max)}`;
  if (min > max) return `must have min <= max, got ${min} and ${max}`;
  if (scale !== 'linear' && scale !== 'log')
    return `must have the scale 'linear' or 'log', got ${show(scale)}`;
  return scale === 'log' && min <= 0 ? `must have min > 0 for the scale 'log', got ${min}` : undefined;
}
