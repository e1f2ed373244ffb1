import { check, nonNegative } from '@core/registry/checks';
import { ArgumentError, ShapeError, where, type Tensor } from '@core/tensor';
import { checkWeights } from './acyclicity.js';
import { orderFromWeights } from './orders.js';

/** W with entries below the threshold in absolute value set to 0. Traced. @throws ArgumentError for a negative threshold */
export function thresholdWeights(weights: Tensor, threshold = 0.3): Tensor {
  check('thresholdWeights', 'threshold', threshold, nonNegative);
  return where(weights.abs().less(threshold), 0, weights);
}

/** How close a graph is to the true one, edge by edge. */
export interface StructureAccuracy {
  /** Of the edges found, the share that is not there or runs the other way. */
  readonly falseDiscoveryRate: number;
  /** Of the true edges, the share that was found in its direction. */
  readonly truePositiveRate: number;
  /** Edges found that are wrong, over the pairs of nodes without a true edge. */
  readonly falsePositiveRate: number;
  /** Edges to add, to remove and to turn round: extra, missing and reversed. */
  readonly structuralHammingDistance: number;
  /** Edges found. */
  readonly edges: number;
}

/** Edges by what they are, as pairs from → to; a reversed one as it was found. */
export interface EdgeComparison {
  readonly correct: readonly (readonly [number, number])[];
  readonly reversed: readonly (readonly [number, number])[];
  readonly extra: readonly (readonly [number, number])[];
  readonly missing: readonly (readonly [number, number])[];
}

/** Compares the edges (entries that are not 0) of two DAGs. */
export function compareEdges(truth: Tensor, found: Tensor): EdgeComparison {
  const size = truth.shape[0] ?? 0;
  const [wanted, got] = [truth.dataSync(), found.dataSync()];
  const is = (edges: ArrayLike<number>, a: number, b: number): boolean => Number(edges[a * size + b]) !== 0;
  const all = Array.from(
    { length: size * size },
    (_, at) => [Math.floor(at / size), at % size] as [number, number],
  );
  const present = all.filter(([a, b]) => is(got, a, b));
  return {
    correct: present.filter(([a, b]) => is(wanted, a, b)),
    reversed: present.filter(([a, b]) => !is(wanted, a, b) && is(wanted, b, a)),
    extra: present.filter(([a, b]) => !is(wanted, a, b) && !is(wanted, b, a)),
    missing: all.filter(([a, b]) => is(wanted, a, b) && !is(got, a, b) && !is(got, b, a)),
  };
}

/**
 * Measures of a DAG that was found against the true one. Both are [d, d]; an edge is wherever an entry is not 0.
 *
 * Source: NOTEARS (Zheng et al. 2018) and their `count_accuracy`, which Deng et al. 2023 use; without undirected edges.
 *
 * @throws ArgumentError for a graph with a cycle, which it names; ShapeError for two sizes
 */
export function countAccuracy(truth: Tensor, found: Tensor): StructureAccuracy {
  const owner = 'countAccuracy';
  checkWeights(owner, truth, undefined, 'truth');
  checkWeights(owner, found, undefined, 'found');
  if (truth.shape.join() !== found.shape.join())
    throw new ShapeError(`${owner}: truth is [${truth.shape.join()}], found is [${found.shape.join()}]`);
  for (const [name, graph] of [
    ['truth', truth],
    ['found', found],
  ] as const)
    // prettier-ignore
    try {
      orderFromWeights(graph);
    } catch (error) {
      if (!(error instanceof ArgumentError)) throw error;
      throw new ArgumentError(`${owner}: ${name} is no DAG: ${error.message}`);
    }
  const { correct, reversed, extra, missing } = compareEdges(truth, found);
  const size = truth.shape[0] ?? 0;
  const edges = correct.length + reversed.length + extra.length;
  const wrong = reversed.length + extra.length;
  const trueEdges = Array.from(truth.dataSync(), Number).filter((weight) => weight !== 0).length;
  return {
    falseDiscoveryRate: wrong / Math.max(edges, 1),
    truePositiveRate: correct.length / Math.max(trueEdges, 1),
    falsePositiveRate: wrong / Math.max((size * (size - 1)) / 2 - trueEdges, 1),
    structuralHammingDistance: extra.length + missing.length + reversed.length,
    edges,
  };
}
