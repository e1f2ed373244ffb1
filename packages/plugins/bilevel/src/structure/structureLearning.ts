import type { Experiment, Figure, Found, Scores } from '@core/registry';
import { atLeastOne, checkOptions, nonNegative, oneOf, positive } from '@core/registry/checks';
import { random, tensor, zerosLike, type Tensor } from '@core/tensor';
import { countAccuracy, thresholdWeights } from './accuracy.js';
import { drawGraph } from './drawGraph.js';
import { initialParameters, networkOf } from './network.js';
import { strongestDag } from './orders.js';
import type { StructureProblem, StructureSolution } from './problem.js';
import { leastSquares } from './scores/leastSquares.js';
import { logisticL1 } from './scores/logisticL1.js';
import type { StructureScore } from './scores/score.js';
import { simulateDag, simulateWeights, type GraphKind } from './simulateDag.js';
import { simulateLinearSem, simulateNonlinearSem, type NoiseKind } from './simulateSem.js';
import { networkTraining } from './trainNetworks.js';

export interface StructureLearningOptions {
  /** 'ER' (edges anywhere) or 'SF' (scale-free). Default 'ER'. */
  readonly graph?: GraphKind;
  /** Default 20. */
  readonly nodes?: number;
  /** Edges, for 'SF' about. Default 2 for each node. */
  readonly edges?: number;
  /** Default 1000. */
  readonly samples?: number;
  /** How a node depends on its parents: 'linear', or nonlinear as in `simulateNonlinearSem`. Default 'linear'. */
  readonly mechanism?: 'linear' | 'mlp' | 'mim';
  /** The noise of a linear mechanism. Default 'gauss'; other mechanisms have that. */
  readonly noise?: NoiseKind;
  /** Its scale. Default 1. */
  readonly noiseScale?: number;
  /** Strength below which an edge does not count as found. Default 0.3. */
  readonly threshold?: number;
}

/**
 * A random graph, samples of a model on it, and the question which edges it has. The samples are centred, float64. Scores:
 *
 * - `structuralHammingDistance`: edges missing, extra and reversed
 * - `truePositiveRate`, `falseDiscoveryRate`: as `countAccuracy` has them
 * - `loss`: that of the found graph, its edges alone fitted anew: by least squares, logistic regression, or small networks, as the
 *   mechanism is. A graph with more edges than the true one may have a lower loss.
 *
 * Edges below the threshold are dropped, and where cycles are left, the weakest edges that close one. References are the true graph and
 * the empty one.
 *
 * Source: the simulations of Zheng et al. 2018 and Deng et al. 2023 (arXiv:2305.17277).
 *
 * @throws ArgumentError for options
 */
export function structureLearning(
  options: StructureLearningOptions = {},
): Experiment<StructureProblem, StructureSolution> {
  const owner = 'structureLearning';
  checkOptions(owner, options, {
    graph: oneOf('ER', 'SF'),
    nodes: atLeastOne,
    edges: atLeastOne,
    samples: atLeastOne,
    mechanism: oneOf('linear', 'mlp', 'mim'),
    noise: oneOf('gauss', 'exponential', 'gumbel', 'uniform', 'logistic'),
    noiseScale: positive,
    threshold: nonNegative,
  });
  const { graph = 'ER', nodes = 20, samples: count = 1000, mechanism = 'linear', noise = 'gauss', noiseScale = 1, threshold = 0.3 } = options; // prettier-ignore
  const binary = mechanism === 'linear' && noise === 'logistic';
  return {
    name: 'Structure learning',
    scores: {
      structuralHammingDistance: 'min',
      truePositiveRate: 'max',
      falseDiscoveryRate: 'min',
      loss: 'min',
    },
    load: async (key) => {
      const [forGraph, forWeights, forSamples] = random.split(key, 3) as [Tensor, Tensor, Tensor];
      const edges = simulateDag(forGraph, nodes, options.edges ?? 2 * nodes, graph, { dtype: 'float64' });
      const drawn =
        mechanism === 'linear'
          ? simulateLinearSem(forSamples, simulateWeights(forWeights, edges), count, { noise, noiseScale })
          : simulateNonlinearSem(forSamples, edges, count, { kind: mechanism, noiseScale });
      // Nodes that are 0 or 1 stay so.
      const samples = binary ? drawn : drawn.sub(drawn.mean(0));
      const lossOf = mechanism === 'linear' ? refitted(binary ? logisticL1(1, { penalty: 'fitted' }) : leastSquares(), samples) : networkLoss(samples); // prettier-ignore
      const scoresOf = (found: Tensor): Scores => {
        const accuracy = countAccuracy(edges, found);
        const { structuralHammingDistance, truePositiveRate, falseDiscoveryRate } = accuracy;
        return { structuralHammingDistance, truePositiveRate, falseDiscoveryRate, loss: lossOf(found) };
      };
      const truth = scoresOf(edges);
      return {
        problem: { samples },
        references: { 'true graph': truth, 'empty graph': scoresOf(zerosLike(edges)) },
        evaluate: ({ weights }) => scoresOf(foundGraph(weights, threshold)),
        draw: (found) => [...lossFigure(found), ...found.map((one) => graphFigure(edges, one, threshold))],
      };
    },
  };
}

/** Strong edges, without those that close a cycle with stronger ones; float64. */
function foundGraph(weights: Tensor, threshold: number): Tensor {
  const kept = thresholdWeights(weights.cast('float64'), threshold);
  const [size = 0] = weights.shape;
  const values = Array.from(kept.dataSync(), Number);
  for (const edge of strongestDag('structureLearning', values, size).left) values[edge] = 0;
  return tensor(Float64Array.from(values), { shape: [size, size] });
}

/** The score of a graph whose edges alone have weights. */
function refitted(score: StructureScore, samples: Tensor): (graph: Tensor) => number {
  return (graph) => {
    const [size = 0] = graph.shape;
    const edges = graph.dataSync();
    const weights = new Float64Array(size * size);
    for (let b = 0; b < size; b++) {
      const parents = Array.from({ length: size }, (_, a) => a).filter(
        (a) => Number(edges[a * size + b]) !== 0,
      );
      if (parents.length === 0) continue;
      const column = samples.take(tensor(Int32Array.of(b)), 1).reshape([-1]);
      const fitted = score.fit(samples.take(tensor(Int32Array.from(parents)), 1), column).dataSync();
      parents.forEach((a, i) => (weights[a * size + b] = Number(fitted[i])));
    }
    return Number(score.score(samples, tensor(weights, { shape: [size, size] })).loss.item());
  };
}

/** The loss of networks that see their parents alone, always from the same start. */
function networkLoss(samples: Tensor): (graph: Tensor) => number {
  const [, size = 1] = samples.shape;
  const network = networkOf('structureLearning', [size, 10, 1], false);
  const training = networkTraining(network, samples, {
    lambda1: 0.01,
    lambda2: 0.01,
    lossType: 'l2',
    optimizer: undefined,
    iterations: 400,
    checkEvery: 100,
    tolerance: 1e-3,
  });
  const start = initialParameters(random.key(0), network, 1);
  const nodes = Array.from({ length: size }, (_, node) => node);
  return (graph) => {
    const edges = graph.dataSync();
    return training.train(start, nodes, (a, b) => Number(edges[a * size + b]) !== 0).loss;
  };
}

function lossFigure(found: readonly Found<StructureSolution>[]): readonly Figure[] {
  const lines = found.map(({ name, solution }) => ({
    name,
    points: Array.from(solution.losses.dataSync(), (loss, round) => [round, Number(loss)] as const),
  }));
  if (lines.length === 0) return [];
  const positiveOnly = lines.every(({ points }) => points.every(([, loss]) => loss > 0));
  return [
    {
      kind: 'lines',
      title: 'Loss over rounds',
      caption:
        'Round 0 is the start. Searches over orders only go down; methods that make a graph of free weights go up as cycles are taken from them.',
      x: 'round',
      y: 'loss',
      ...(positiveOnly ? { logarithmic: ['y'] as const } : {}),
      lines,
    },
  ];
}

function graphFigure(
  truth: Tensor,
  { name, solution, scores }: Found<StructureSolution>,
  threshold: number,
): Figure {
  const distance = scores['structuralHammingDistance'] ?? 0;
  return {
    kind: 'svg',
    title: `True graph and ${name}`,
    caption: `Edges found, missing, extra and reversed, with nodes in the true order; ${distance === 0 ? 'all edges are right' : `${distance} to correct`}.`,
    svg: drawGraph(truth, foundGraph(solution.weights, threshold)),
  };
}
