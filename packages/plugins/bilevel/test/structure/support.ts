import { random, type Tensor } from '@core/tensor';
import {
  simulateDag,
  simulateLinearSem,
  simulateNonlinearSem,
  simulateWeights,
  type GraphKind,
  type LinearSemOptions,
} from '../../src/index.js';

/** A random linear model, its centred samples, and a key for the search. */
export function linearModel(
  seed: number,
  nodes: number,
  edges: number,
  samples: number,
  { graph = 'ER', ...options }: LinearSemOptions & { readonly graph?: GraphKind } = {},
): { readonly weights: Tensor; readonly samples: Tensor; readonly key: Tensor } {
  const [forGraph, forWeights, forSamples, key] = random.split(random.key(seed), 4) as [Tensor, Tensor, Tensor, Tensor]; // prettier-ignore
  const dag = simulateDag(forGraph, nodes, edges, graph, { dtype: 'float64' });
  const weights = simulateWeights(forWeights, dag);
  const drawn = simulateLinearSem(forSamples, weights, samples, options);
  return { weights, samples: drawn.sub(drawn.mean(0)), key };
}

/** All orders of d nodes. */
export function permutations(nodes: readonly number[]): number[][] {
  if (nodes.length < 2) return [[...nodes]];
  return nodes.flatMap((first) =>
    permutations(nodes.filter((node) => node !== first)).map((rest) => [first, ...rest]),
  );
}

/** A random model with networks of 100 hidden units, its centred samples, and a key for the search. */
export function nonlinearModel(
  seed: number,
  nodes: number,
  edges: number,
  samples: number,
): { readonly dag: Tensor; readonly samples: Tensor; readonly key: Tensor } {
  const [forGraph, forSamples, key] = random.split(random.key(seed), 3) as [Tensor, Tensor, Tensor];
  const dag = simulateDag(forGraph, nodes, edges, 'ER', { dtype: 'float64' });
  const drawn = simulateNonlinearSem(forSamples, dag, samples);
  return { dag, samples: drawn.sub(drawn.mean(0)), key };
}
