/*
 * `node tooling/bench/src/structureLearning.mjs [nodes …]`: graphs found by NOTEARS, by TOPO from a random order with the sizes of the official
 * script and with all pairs, and by TOPO from the order of NOTEARS. Erdős–Rényi and scale-free graphs with two edges a node, Gaussian
 * noise, 1,000 samples, three seeds; the threshold is 0.3. Prints for each the structural Hamming distance, the loss of the whole weights
 * over that of the true graph's order, and seconds: the median over seeds, and the distances of all. Default 20, 50 and 100 nodes,
 * some minutes. Needs built packages (`pnpm bench` builds them).
 */
import { random } from '@core/tensor';
import {
  countAccuracy,
  learnStructure,
  notears,
  orderFromWeights,
  simulateDag,
  simulateLinearSem,
  simulateWeights,
  thresholdWeights,
  topoLinear,
} from '@plugins/bilevel';
import { median } from './median.mjs';

const given = process.argv.slice(2).map(Number);
const seeds = [1, 2, 3];

/** A random model and its centred samples. */
function modelOf(seed, kind, nodes) {
  const [forGraph, forWeights, forSamples, key] = random.split(random.key(seed), 4);
  const graph = simulateDag(forGraph, nodes, 2 * nodes, kind, { dtype: 'float64' });
  const weights = simulateWeights(forWeights, graph);
  const drawn = simulateLinearSem(forSamples, weights, 1000);
  return { weights, samples: drawn.sub(drawn.mean(0)), key };
}

const lossAlong = (samples, order) =>
  topoLinear().init({ samples, start: { order } }, random.key(0)).loss.item();

console.log('nodes graph  method              distance  loss / true  seconds  distances');
for (const nodes of given.length > 0 ? given : [20, 50, 100])
  for (const kind of ['ER', 'SF']) {
    const rows = new Map();
    for (const seed of seeds) {
      const { weights, samples, key } = modelOf(seed, kind, nodes);
      const best = lossAlong(samples, orderFromWeights(weights));
      const record = (method, { solution, seconds }) => {
        const found = thresholdWeights(solution.weights, 0.3);
        const distance = countAccuracy(weights, found).structuralHammingDistance;
        const loss = solution.losses.dataSync().at(-1) / best;
        rows.set(method, [...(rows.get(method) ?? []), { distance, loss, seconds }]);
        return solution;
      };
      const pairs = (nodes * (nodes - 1)) / 2;
      const all = topoLinear({ sizeSmall: pairs, sizeLarge: pairs });
      record('TOPO', learnStructure(topoLinear(), { samples }, { key }));
      record('TOPO, all pairs', learnStructure(all, { samples }, { key }));
      const { order } = record('NOTEARS', learnStructure(notears({ tolerance: 1e-6 }), { samples }));
      const start = { order };
      record('NOTEARS, then TOPO', learnStructure(topoLinear(), { samples, start }));
    }
    for (const [method, runs] of rows) {
      const middle = (name) => median(runs.map((run) => run[name]));
      console.log(
        [
          String(nodes).padEnd(5),
          kind.padEnd(6),
          method.padEnd(19),
          String(middle('distance')).padStart(8),
          middle('loss').toFixed(4).padStart(12),
          middle('seconds').toFixed(2).padStart(8),
          ` ${runs.map(({ distance }) => distance).join(' ')}`,
        ].join(' '),
      );
    }
  }
