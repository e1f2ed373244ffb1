import { factorize, largestEigenvalue } from './dense.js';
import { coloursAlong, forestAlong, forestsAlong } from './forests.js';
import { below, permutation, runningSums, sample, sampleWeighted } from './generator.js';
import { newtonDecrement, partOf, perBlock, type Chosen, type Method, type Run } from './method.js';
import { ascendingBy } from './partition.js';
import { proximalGradient } from './problem.js';

/** Chooses a block. `gradient` computes the whole gradient when it is first called. */
export function select(method: Method, run: Run, gradient: () => Float64Array): Chosen {
  return method.blocks === undefined
    ? { block: variableBlock(method, run, gradient) }
    : fixedBlock(method, method.blocks, run, gradient);
}

function fixedBlock(
  method: Method,
  blocks: readonly Int32Array[],
  run: Run,
  gradient: () => Float64Array,
): Chosen {
  const { selection } = method.options;
  const chosen = (index: number): Chosen => ({ block: blocks[index]!, index });
  switch (selection) {
    case 'Random':
      return chosen(below(run.generator, blocks.length));
    case 'Cyclic':
      return chosen(run.iteration % blocks.length);
    case 'Perm': {
      const order = ordered(run, blocks.length);
      return chosen(order[run.iteration % blocks.length]!);
    }
    case 'Lipschitz': {
      const sums = method.once('sums', () =>
        runningSums(blocks.map((_, index) => method.blockLipschitz(chosen(index)))),
      );
      return chosen(sampleWeighted(run.generator, sums, 1)[0]!);
    }
    default: {
      const score = fixedScore(method, run, gradient());
      let [best, most] = [0, -Infinity];
      blocks.forEach((block, index) => {
        const value = score({ block, index });
        if (value > most) [best, most] = [index, value];
      });
      return chosen(best);
    }
  }
}

/** What greedy rules compare blocks by. */
function fixedScore(method: Method, run: Run, gradient: Float64Array): (chosen: Chosen) => number {
  const { problem, options } = method;
  const { selection, norm } = options;
  if (selection === 'GSQ-NN') {
    const gain = ownGains(method, run, gradient);
    return ({ block }) => block.reduce((sum, i) => sum + gain[i]!, 0);
  }
  if (selection === 'GSQ') {
    // The official code adds 1e-10 to the diagonal, so that it can be inverted.
    const factor = method.once('GSQ', () =>
      perBlock((block) => {
        const h = problem.bound(block);
        for (let i = 0; i < block.length; i++) h[i * block.length + i]! += 1e-10;
        return factorize(h, block.length);
      }),
    );
    return (chosen) => newtonDecrement(factor(chosen), partOf(gradient, chosen.block));
  }
  const g = proximalGradient(problem, run.point.x, gradient);
  const { estimates } = run;
  const ofBlock = (chosen: Chosen): number => {
    if (selection !== 'GSL') return 1;
    if (estimates === undefined) return method.blockLipschitz(chosen);
    return chosen.block.reduce((most, i) => Math.max(most, estimates[i]!), 0);
  };
  const weights = selection === 'GSD' || selection === 'GSDHb' ? diagonal(method, run) : undefined;
  return (chosen) => {
    let sum = 0;
    for (const i of chosen.block) {
      const squared = g[i]! ** 2 / (weights?.[i] ?? 1);
      sum += norm === 2 ? squared : Math.sqrt(squared);
    }
    const l = ofBlock(chosen);
    return sum / (norm === 2 ? l : Math.sqrt(l));
  };
}

/** D of GSD: Lᵢ (or what 'LA' found), of which blockSize times diag(L_b) is above H_b, or the bound's row sums: diag(D_b) is. */
function diagonal(method: Method, run: Run): Float64Array {
  const { problem, options } = method;
  if (options.selection === 'GSDHb' || options.selection === 'GSDTree')
    return method.once('row sums', () => problem.boundRowSums());
  return run.estimates ?? problem.lipschitz;
}

function variableBlock(method: Method, run: Run, gradient: () => Float64Array): Int32Array {
  const { problem, options } = method;
  const { size } = problem;
  const { selection, blockSize } = options;
  switch (selection) {
    case 'Random':
      return sample(run.generator, size, blockSize);
    case 'Cyclic':
    case 'Perm': {
      const count = Math.ceil(size / blockSize);
      const order = ordered(run, selection === 'Cyclic' ? size : count);
      const first = (run.iteration % count) * blockSize;
      return order.slice(first, first + blockSize).sort();
    }
    case 'Lipschitz':
      return sampleWeighted(
        run.generator,
        method.once('sums', () => runningSums(problem.lipschitz)),
        blockSize,
      );
    case 'GSQ-NN':
      return largest(ownGains(method, run, gradient()), blockSize);
    case 'IHT':
      return hardThresholding(method, gradient(), blockSize);
    case 'RedBlackTree':
    case 'TreePartitions': {
      const blocks = method.once('graph', () => graphBlocks(method));
      return blocks[run.iteration % blocks.length]!;
    }
    case 'RTree':
      return forestAlong(permutation(run.generator, size), quadraticOf(method).matrix);
    case 'GSTree':
    case 'GSLTree':
    case 'GSDTree':
      return forestAlong(
        ascendingBy(coordinateScores(method, run, gradient()).map((score) => -score)),
        quadraticOf(method).matrix,
      );
    default: // 'GS', 'GSD', 'GSDHb'; the rules for fixed blocks are refused with the options
      return largest(coordinateScores(method, run, gradient()), blockSize);
  }
}

/** gᵢ², over D where the rule has one: in the order of |gᵢ|/√Dᵢ. */
function coordinateScores(method: Method, run: Run, gradient: Float64Array): Float64Array {
  const { selection } = method.options;
  const g = proximalGradient(method.problem, run.point.x, gradient);
  if (selection === 'GS' || selection === 'GSTree') return g.map((value) => value * value);
  const d = diagonal(method, run);
  return g.map((value, i) => (value * value) / d[i]!);
}

/** The order for a step, drawn anew every `period` steps. */
function ordered(run: Run, period: number): Int32Array {
  const order = run.order!; // startRun gives one to the rules that come here
  if (run.iteration % period === 0) order.set(permutation(run.generator, order.length));
  return order;
}

/**
 * GSQ-NN: what a coordinate's own step d = prox(x - g/L) - x gains on the bound, -(g d + ½ L d² + r(x + d) - r(x)). At least 0.
 * (For fixed blocks the official code takes the absolute value, which is the same.)
 */
function ownGains({ problem }: Method, { point, estimates }: Run, gradient: Float64Array): Float64Array {
  const { proximal } = problem;
  const lipschitz = estimates ?? problem.lipschitz;
  return gradient.map((g, i) => {
    const [x, l] = [point.x[i]!, lipschitz[i]!];
    const to = proximal?.apply(x - g / l, 1 / l) ?? x - g / l;
    const d = to - x;
    const penalty = proximal === undefined ? 0 : proximal.penalty(to) - proximal.penalty(x);
    return -(g * d + 0.5 * l * d * d + penalty);
  });
}

/**
 * IHT: the block that H-steps would gain most on, nearly. From d = g/√L, at most 10 times d ← d - μ (g + H d) with
 * μ = 1/λmax(H), all but the largest |d| set to 0; ends when d moves less than 1e-10.
 */
function hardThresholding({ problem, once }: Method, g: Float64Array, blockSize: number): Int32Array {
  const mu = once('mu', () => 1 / largestEigenvalue((v) => problem.boundTimes(v), problem.size));
  let d = g.map((value, i) => value / Math.sqrt(problem.lipschitz[i]!));
  let block: Int32Array = new Int32Array(0);
  for (let round = 0; round < 10; round++) {
    const h = problem.boundTimes(d);
    const moved = d.map((value, i) => value - mu * (g[i]! + h[i]!));
    block = largest(moved.map(Math.abs), blockSize);
    const kept = new Float64Array(d.length);
    for (const i of block) kept[i] = moved[i]!;
    const change = d.reduce((sum, value, i) => sum + (value - kept[i]!) ** 2, 0);
    d = kept;
    if (change < 1e-20) break;
  }
  return block;
}

function quadraticOf({ problem }: Method) {
  return problem.quadratic!; // checked with the options
}

/** The blocks that a lattice has, or those found in order of descending Lᵢ. */
function graphBlocks(method: Method): readonly Int32Array[] {
  const { matrix, redBlack, trees } = quadraticOf(method);
  const order = ascendingBy(method.problem.lipschitz).reverse();
  return method.options.selection === 'RedBlackTree'
    ? (redBlack ?? coloursAlong(matrix, order))
    : (trees ?? forestsAlong(matrix, order));
}

/** The coordinates with the largest scores, ascending; the first of equal ones. */
export function largest(scores: Float64Array, count: number): Int32Array {
  const chosen = new Int32Array(Math.min(count, scores.length));
  let filled = 0;
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!;
    if (filled === chosen.length && !(score > scores[chosen[filled - 1]!]!)) continue;
    let at = filled < chosen.length ? filled++ : filled - 1;
    for (; at > 0 && scores[chosen[at - 1]!]! < score; at--) chosen[at] = chosen[at - 1]!;
    chosen[at] = i;
  }
  return chosen.sort();
}
