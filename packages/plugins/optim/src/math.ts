import { TrellisError, backendInfo, type DType, type Tensor } from '@core/tensor';

/** Scalars of update rules are float64 wherever the backend has it: they cost nothing, and 0.999 stays 0.999. */
export function scalarDType(): DType {
  return backendInfo().dtypes.includes('float64') ? 'float64' : 'float32';
}

/** A scalar's value where it is known already: not in compiled and batched code, nor on a device that answers later. */
export function knownValue(x: Tensor): number | undefined {
  try {
    return x.item();
  } catch (error) {
    if (error instanceof TrellisError) return undefined;
    throw error;
  }
}

/** Smallest normal number of each dtype. */
const tiny: Partial<Record<DType, number>> = { float32: 2 ** -126, float64: 2 ** -1022 };

/**
 * √x for x >= 0, with a finite derivative at 0. The smallest normal number is added first; it is lost in the rounding of
 * any x that matters (above 1e-31 in float32, 1e-291 in float64), and lets gradients pass where a second moment is
 * exactly 0, instead of ∞ · 0.
 */
export function root(x: Tensor): Tensor {
  return x.add(tiny[x.dtype] ?? 0).sqrt();
}

/** √(x / y) for x, y >= 0, with one root in place of √x / √y, and as smooth at 0 as `root`; 1 where both are 0. */
export function rootOfRatio(x: Tensor, y: Tensor): Tensor {
  const least = tiny[x.dtype] ?? 0;
  return x.add(least).div(y.add(least)).sqrt();
}

/** Rows shorter than this are not worth a sum of their own. */
const leastRow = 32;

/**
 * The mean of x². Matrices are summed row by row first: a compiled step does that while it computes x, also where x depends
 * on its row and column, and so neither stores x² nor reads it.
 */
export function meanSquare(x: Tensor): Tensor {
  const byRows = x.ndim > 1 && (x.shape.at(-1) ?? 0) >= leastRow;
  return byRows ? x.square().sum(-1).sum().div(x.size) : x.square().mean();
}

/** 1 - x */
export function complement(x: Tensor): Tensor {
  return x.neg().add(1);
}

/**
 * 1 - βᵗ, the bias correction of an average with decay β after t steps, as -expm1(t log β): exact also where βᵗ is nearly
 * 1 and the subtraction would cancel.
 */
export function oneMinusPower(beta: Tensor, t: Tensor): Tensor {
  const logarithm = beta.maximum(tiny[beta.dtype] ?? 0).log();
  return logarithm.mul(t.cast(beta.dtype)).expm1().neg();
}

/** The record with every scalar in the dtype of a leaf; computed once for each dtype. */
export function inDType<K extends string>(
  scalars: Readonly<Record<K, Tensor>>,
): (dtype: DType) => Readonly<Record<K, Tensor>> {
  const made = new Map<DType, Readonly<Record<K, Tensor>>>();
  return (dtype) => {
    let cast = made.get(dtype);
    if (cast === undefined) {
      const entries = Object.entries<Tensor>(scalars).map(([name, x]) => [name, x.cast(dtype)]);
      cast = Object.fromEntries(entries) as Record<K, Tensor>; // the same keys
      made.set(dtype, cast);
    }
    return cast;
  };
}
