import type { Factor } from './product.js';
import { multiply, range } from './sums.js';
import type { Tile } from './tile.js';
import { threadsOf } from './tile.js';

/** Threads that run in step lie together in the block, 8 wide and 4 high, so that they read few different vectors. */
export function placeThread({ columns, threadColumns }: Tile): string {
  const across = columns / threadColumns;
  const wide = Math.min(8, across);
  const high = 32 / wide;
  return [
    `  let thread_column = lane % ${wide}u + ${wide}u * (lane / 32u % ${across / wide}u);`,
    `  let thread_row = lane / ${wide}u % ${high}u + ${high}u * (lane / ${(32 * across) / wide}u);`,
  ].join('\n');
}

/** How a factor's slice is divided among threads. */
export interface Loading {
  readonly name: 'a' | 'b';
  readonly factor: Factor;
  /** Lines of the slice. */
  readonly lines: number;
  /** Threads `first` to `first + threads - 1` load. */
  readonly first: number;
  readonly threads: number;
  /** Each a vector at so many depths. */
  readonly pieces: readonly string[];
}

/** Either half of the threads loads one factor, which takes the fewest registers; or all threads load both. */
export function loadings(tile: Tile, a: Factor, b: Factor): readonly [Loading, Loading] {
  const threads = threadsOf(tile);
  const plan = (name: 'a' | 'b', factor: Factor, lines: number, first: number): Loading => {
    const evenly = Math.max(1, Math.min(4, ((lines / 4) * tile.depth) / threads));
    const deep = tile.halves || factor.turned ? 4 : evenly;
    const pieces = range(deep).map((j) => (tile.halves ? `piece_${j}` : `piece_${name}_${j}`));
    return { name, factor, lines, first, threads: ((lines / 4) * tile.depth) / deep, pieces };
  };
  const planA = plan('a', a, tile.rows, 0);
  return [planA, plan('b', b, tile.columns, tile.halves ? planA.threads : 0)];
}

/** Gives each loading thread its place in the slice (`vector`, and from which `depth`) and its four lines. */
export function prepare(tile: Tile, { name, factor, lines, first, threads, pieces }: Loading): string {
  const vectors = lines / 4;
  const deep = pieces.length;
  const own = first === 0 ? 'lane' : `(lane - ${first}u)`;
  const together = Math.min(8, vectors);
  const groups = tile.depth / deep;
  // Where a line's numbers lie side by side, the threads of one line still store to different banks.
  const [vector, group] =
    factor.contiguous === 'lines'
      ? [`${own} % ${vectors}u`, `${own} / ${vectors}u`]
      : [`${own} % ${together}u + ${together}u * (${own} / ${together * groups}u)`, `${own} / ${together}u % ${groups}u`]; // prettier-ignore
  const [line, apart] = factor.adjacent ? [`4u * ${name}_vector`, 1] : [`${name}_vector`, vectors];
  const block = name === 'a' ? 'block_row' : 'block_column';
  const all = first === 0 && threads === threadsOf(tile);
  return [
    `  let loads_${name} = ${all ? 'true' : first === 0 ? `lane < ${threads}u` : `lane >= ${first}u && lane < ${first + threads}u`};`,
    `  var ${name}_vector = 0u; var ${name}_depth = 0u;`,
    factor.state,
    `  if (loads_${name}) {`,
    `    ${name}_vector = ${vector};`,
    `    ${name}_depth = ${deep}u * (${group});`,
    `    let first_line = ${block} * ${lines}u + ${line};`,
    `    let lines = min(vec4<u32>(first_line, first_line + ${apart}u, first_line + ${2 * apart}u, first_line + ${3 * apart}u), vec4<u32>(${factor.lines - 1}u));`,
    factor.prepare,
    '  }',
  ].join('\n');
}

/** Adds the products of the depths from `start` to `stop`. */
export function slices(tile: Tile, plans: readonly Loading[], vector: string): string {
  const pieces = [...new Set(plans.flatMap((plan) => plan.pieces))];
  const loads = plans.map(
    ({ name, factor, pieces: own }) =>
      `      if (loads_${name}) {\n      let k = at + ${name}_depth;\n${factor.load(own)}\n      }`,
  );
  const stores = plans.map(
    ({ name, pieces: own }) =>
      `    if (loads_${name}) {\n${own.map((piece, j) => `      slice_${name}[${name}_depth + ${j}u][${name}_vector] = ${piece};`).join('\n')}\n    }`,
  );
  return `
  for (var at = start; ; at += ${tile.depth}u) {
    let more = at < stop;
${pieces.map((piece) => `    var ${piece} = ${vector}();`).join('\n')}
    if (more) {
${loads.join('\n')}
    }
    if (at > start) {
${multiply(tile)}
    }
    if (!more) { break; }
    workgroupBarrier();
${stores.join('\n')}
    workgroupBarrier();
  }`;
}
