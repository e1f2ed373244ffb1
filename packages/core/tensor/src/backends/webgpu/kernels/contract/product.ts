import type { DType } from '../../../../dtype.js';
import type { ArrayUse } from '../../shader.js';
import { pass, wgslType } from '../../shader.js';
import type { Capabilities, Pass } from '../../kernel.js';
import { loadings, placeThread, prepare, slices } from './slices.js';
import { accumulators, write } from './sums.js';
import type { Cut } from './tile.js';
import { threadsOf } from './tile.js';

/*
 * A product of matrices, out[row, column] = sum over k of a[row, k] b[k, column], of whatever lies behind a, b and out:
 * stored matrices, patches of images.
 *
 * A workgroup computes a block of the output. It goes through the depth in slices, which its threads bring to workgroup
 * memory as vectors of four rows or columns, `slice_a[k][vector]` and `slice_b[k][vector]`. While a slice is multiplied,
 * the next one is on its way to registers, in each thread a piece of up to four depths of such a vector (`slices.ts`).
 * Every thread adds up a part of the block in registers: per step of k it reads a few vectors and multiplies them
 * crosswise (`sums.ts`). There is no test for borders in that: lines beyond the end repeat the last line and are not
 * written, and depths beyond the end are loaded as zeros.
 */

/** A factor. Its lines are the rows of a, or the columns of b. */
export interface Factor {
  readonly lines: number;
  /**
   * What lies side by side in memory, and so should be read by neighbouring threads: numbers of one line (`depth`), or of
   * neighbouring lines.
   */
  readonly contiguous: 'depth' | 'lines';
  /**
   * The four lines of a vector are neighbours, or else a quarter of the block apart: then neighbouring threads read (and
   * write) neighbouring numbers also where they go one by one.
   */
  readonly adjacent: boolean;
  /** A thread must load four depths at once, which it reads along the lines. */
  readonly turned: boolean;
  /** Statements once for each thread, with `lines: vec4<u32>` (its four lines, clamped) in scope. */
  readonly prepare: string;
  /** Variables that `prepare` sets and `load` uses. */
  readonly state: string;
  /**
   * Statements that set `pieces`, zeros until then, to the four lines at depths `k`, `k + 1`, …. `k` is a multiple of
   * their number and may be beyond the end.
   */
  readonly load: (pieces: readonly string[]) => string;
}

export interface Target {
  /** Index of an output, as the sum of what its column and its row give. With adjacent columns: of four at once. */
  readonly columnPlace: (column: string) => string;
  readonly rowPlace: (row: string) => string;
  /** Whether the column is one, where that takes more than to be below the number of columns. */
  readonly columnExists?: ((column: string) => string) | undefined;
  /** Numbers of an output; as many lie between the parts of a split product. */
  readonly size: number;
}

export interface Product {
  readonly label: string;
  readonly dtype: DType;
  readonly depth: number;
  /** Products of the same sizes; `batch` tells the loaders and the target which. */
  readonly batch: number;
  readonly a: Factor;
  readonly b: Factor;
  readonly target: Target;
  readonly cut: Cut;
  readonly inputs: readonly ArrayUse[];
  /** Which array it writes. Where the cut has parts, it holds them one after another. */
  readonly output: number;
  readonly declarations?: string;
  /** Statements before all others, with `batch` in scope. */
  readonly setup?: string;
}

/** Sums are taken in blocks of so many terms, so that rounding does not grow with the depth. */
const block = 1024;

export function productPass(product: Product, capabilities: Capabilities): Pass {
  const { label, dtype, batch, a, b, cut, inputs, output, target, declarations = '' } = product;
  const { tile, parts } = cut;
  const vector = `vec4<${wgslType(dtype)}>`;
  const blocks = [Math.ceil(a.lines / tile.rows), Math.ceil(b.lines / tile.columns)] as const;
  const groups = blocks[0] * blocks[1] * parts * batch;
  const inBlocks = cut.share > block;
  const plans = loadings(tile, a, b);
  const main = [
    `  if (group >= ${groups}u) { return; }`,
    placeBlocks(blocks, parts),
    product.setup ?? '',
    placeThread(tile),
    ...plans.map((plan) => prepare(tile, plan)),
    `  let begin = part * ${cut.share}u;`,
    `  let end = ${parts === 1 ? `${product.depth}u` : `min(begin + ${cut.share}u, ${product.depth}u)`};`,
    inBlocks ? `  for (var start = begin; start < end; start += ${block}u) {` : '',
    inBlocks ? `  let stop = min(start + ${block}u, end);` : '  let start = begin; let stop = end;',
    ...accumulators(tile).map((name) => `  var ${name} = ${vector}();`),
    slices(tile, plans, vector),
    write(product, inBlocks),
    inBlocks ? '  }' : '',
  ];
  return pass({
    label,
    capabilities,
    size: threadsOf(tile),
    groups,
    arrays: [
      ...inputs,
      {
        name: 'out',
        array: output,
        dtype,
        elements: parts * target.size,
        access: inBlocks ? 'both' : 'write',
        width: b.adjacent ? 4 : 1,
      },
    ],
    declarations: [
      `var<workgroup> slice_a: array<array<${vector}, ${tile.rows / 4}>, ${tile.depth}>;`,
      `var<workgroup> slice_b: array<array<${vector}, ${tile.columns / 4}>, ${tile.depth}>;`,
      declarations,
    ].join('\n'),
    main: main.filter((line) => line !== '').join('\n'),
  });
}

/** Which block, part and batch a workgroup has. Neighbours share what the shorter side of the output repeats. */
function placeBlocks([down, across]: readonly [number, number], parts: number): string {
  const inside = `(group % ${down * across}u)`;
  const rest = `(group / ${down * across}u)`;
  return [
    down <= across
      ? `  let block_row = ${inside} % ${down}u; let block_column = ${inside} / ${down}u;`
      : `  let block_row = ${inside} / ${across}u; let block_column = ${inside} % ${across}u;`,
    `  let part = ${rest} % ${parts}u; let batch = ${rest} / ${parts}u;`,
  ].join('\n');
}
