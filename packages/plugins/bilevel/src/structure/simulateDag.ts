import { atLeastOne, check, oneOf } from '@core/registry/checks';
import { ArgumentError, random, tensor, where, type Tensor } from '@core/tensor';

export type GraphKind = 'ER' | 'SF';

export interface SimulateOptions {
  /** Default 'float32'. */
  readonly dtype?: 'float32' | 'float64';
}

/**
 * A random DAG [d, d] of 0 and 1, its nodes in random order.
 *
 * - 'ER' (Erdős and Rényi): `edges` edges, every set of that many pairs as likely as any, along a random order.
 * - 'SF' (scale-free, Barabási and Albert): nodes are added one by one, each with edges to round(edges / nodes) of the nodes before it
 *   (or all, where there are fewer), each as likely as its number of incoming edges + 1.
 *
 * Source: NOTEARS (Zheng et al. 2018) and their `simulate_dag`, which calls igraph, whose rules these are.
 *
 * @throws ArgumentError for fewer than 2 nodes, or more edges than pairs
 */
export function simulateDag(
  key: Tensor,
  nodes: number,
  edges: number,
  graph: GraphKind,
  { dtype = 'float32' }: SimulateOptions = {},
): Tensor {
  const owner = 'simulateDag';
  check(owner, 'nodes', nodes, { words: 'a whole number of at least 2', holds: (value) => Number.isSafeInteger(value) && (value as number) >= 2 }); // prettier-ignore
  check(owner, 'edges', edges, atLeastOne);
  check(owner, 'graph', graph, oneOf('ER', 'SF'));
  const pairs = (nodes * (nodes - 1)) / 2;
  if (edges > pairs)
    throw new ArgumentError(
      `${owner}: edges must be at most ${pairs}, the pairs of ${nodes} nodes, got ${edges}`,
    );
  const [forOrder, forEdges] = random.split(key);
  const names = random.permutation(forOrder, nodes).dataSync();
  const adjacency = new Float32Array(nodes * nodes);
  const list = graph === 'ER' ? anyPairs(forEdges, nodes, edges) : preferred(forEdges, nodes, Math.max(1, Math.round(edges / nodes))); // prettier-ignore
  for (const [from, to] of list) adjacency[Number(names[from]) * nodes + Number(names[to])] = 1;
  return tensor(adjacency, { shape: [nodes, nodes] }).cast(dtype);
}

type Edge = readonly [from: number, to: number];

function anyPairs(key: Tensor, nodes: number, count: number): Edge[] {
  const pairs: Edge[] = [];
  for (let a = 0; a < nodes; a++) for (let b = a + 1; b < nodes; b++) pairs.push([a, b]);
  const shuffled = random.permutation(key, pairs.length).dataSync();
  return Array.from({ length: count }, (_, i) => pairs[Number(shuffled[i])]!);
}

function preferred(key: Tensor, nodes: number, count: number): Edge[] {
  const draws = random.uniform(key, [nodes * count]).dataSync();
  const incoming = new Float64Array(nodes);
  const edges: Edge[] = [];
  for (let node = 1; node < nodes; node++) {
    const open = Array.from({ length: node }, (_, older) => older);
    for (let i = 0; i < count && open.length > 0; i++) {
      const total = open.reduce((sum, older) => sum + incoming[older]! + 1, 0);
      let left = Number(draws[node * count + i]) * total;
      const at = open.findIndex((older) => (left -= incoming[older]! + 1) < 0);
      const [older = 0] = open.splice(at < 0 ? open.length - 1 : at, 1);
      edges.push([node, older]);
    }
    for (const [, older] of edges.slice(-Math.min(node, count))) incoming[older]! += 1;
  }
  return edges;
}

/**
 * Weights for the edges of a graph, each range as likely as the others and uniform within. Traced.
 *
 * @param graph [d, d]; its entries that are not 0 are edges
 * @param ranges default [-2, -0.5] and [0.5, 2]
 */
export function simulateWeights(
  key: Tensor,
  graph: Tensor,
  ranges: readonly (readonly [number, number])[] = [
    [-2, -0.5],
    [0.5, 2],
  ],
): Tensor {
  const owner = 'simulateWeights';
  check(owner, 'ranges', ranges, {
    words: 'a list of ranges [low, high] of finite numbers',
    holds: (value) => Array.isArray(value) && value.length > 0 && ranges.every(([low, high]) => Number.isFinite(low) && Number.isFinite(high) && low <= high), // prettier-ignore
  });
  const [forRange, forPlace] = random.split(key);
  const which = random.randint(forRange, graph.shape, 0, ranges.length);
  const place = random.uniform(forPlace, graph.shape, {
    dtype: graph.dtype === 'float64' ? 'float64' : 'float32',
  });
  const weights = ranges.reduce(
    (sum, [low, high], i) => where(which.equal(i), place.mul(high - low).add(low), sum),
    place.mul(0),
  );
  return where(graph.notEqual(0), weights, 0);
}
