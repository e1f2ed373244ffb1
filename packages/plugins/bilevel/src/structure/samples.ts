import { show } from '@core/registry/checks';
import { ArgumentError, DTypeError, ShapeError, Tensor, isFloat } from '@core/tensor';

/** Samples at hand: row-major, [count, nodes]. */
export interface Samples {
  readonly values: Float64Array;
  readonly count: number;
  readonly nodes: number;
}

/**
 * Reads samples [n, d].
 *
 * @throws ShapeError unless there are two axes and at least two nodes, DTypeError unless they are float, ArgumentError for one
 *   that is not finite
 */
export function readSamples(owner: string, samples: unknown): Samples {
  if (!(samples instanceof Tensor) || samples.ndim !== 2)
    throw new ShapeError(
      `${owner}: samples must be a tensor [n, d], a row for each sample, got ${show(samples)}`,
    );
  if (!isFloat(samples.dtype))
    throw new DTypeError(`${owner}: samples must be float32 or float64, got ${show(samples)}`);
  const [count = 0, nodes = 0] = samples.shape;
  if (count < 2 || nodes < 2)
    throw new ShapeError(
      `${owner}: samples must have at least 2 rows (samples) and 2 columns (nodes), got ${show(samples)}`,
    );
  const values = Float64Array.from(samples.dataSync());
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new ArgumentError(
      `${owner}: samples must be finite, sample ${Math.floor(bad / nodes)} of node ${bad % nodes} is ${values[bad]}`,
    );
  return { values, count, nodes };
}

/** X^T X / n, [d, d] row-major: all that least squares needs of the samples. */
export function gramMatrix({ values, count, nodes }: Samples): Float64Array {
  const gram = new Float64Array(nodes * nodes);
  for (let row = 0; row < count; row++)
    for (let a = 0, at = row * nodes; a < nodes; a++) {
      const x = values[at + a]!;
      if (x !== 0) for (let b = 0; b <= a; b++) gram[a * nodes + b]! += x * values[at + b]!;
    }
  for (let a = 0; a < nodes; a++)
    for (let b = 0; b <= a; b++) gram[b * nodes + a] = gram[a * nodes + b]! /= count;
  return gram;
}
