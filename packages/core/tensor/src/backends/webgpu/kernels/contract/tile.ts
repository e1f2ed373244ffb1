import type { Capabilities } from '../../kernel.js';

/** How a product is cut: a workgroup computes a block of the output, each of its threads a part of that block. */
export interface Tile {
  /** The workgroup's block. */
  readonly rows: number;
  readonly columns: number;
  /** The thread's part, held in registers; multiples of four. */
  readonly threadRows: number;
  readonly threadColumns: number;
  /** Depth of the slices of both factors that lie in workgroup memory at a time; a multiple of four. */
  readonly depth: number;
  /**
   * How much of the device's arithmetic it reaches once all is busy, relative to the best tile. A thread reads
   * rows + columns numbers from workgroup memory for rows * columns multiplications: large parts read less. Estimated from
   * that, not measured.
   */
  readonly efficiency: number;
  /** Half of the threads loads one factor, half the other: that leaves the most registers for the parts. */
  readonly halves: boolean;
}

export const threadsOf = ({ rows, columns, threadRows, threadColumns }: Tile): number =>
  (rows / threadRows) * (columns / threadColumns);

const tile = (rows: number, columns: number, threadRows: number, threadColumns: number, depth: number, efficiency: number, halves = false): Tile =>
  ({ rows, columns, threadRows, threadColumns, depth, efficiency, halves }); // prettier-ignore

export const tiles: readonly Tile[] = [
  tile(128, 128, 8, 8, 16, 1, true),
  tile(64, 128, 8, 8, 8, 0.9),
  tile(128, 64, 8, 8, 8, 0.9),
  tile(64, 64, 8, 4, 16, 0.75),
  tile(32, 128, 8, 4, 8, 0.65),
  tile(128, 32, 4, 8, 8, 0.65),
  tile(32, 32, 4, 4, 16, 0.5),
  tile(16, 128, 4, 4, 8, 0.45),
  tile(128, 16, 4, 4, 8, 0.45),
];

/** Threads that a device of the larger kind keeps busy. With fewer, part of it idles. */
const busyThreads = 1 << 15;
/** A workgroup of a split product takes at least such a share of the depth. */
const leastShare = 128;
/** What the second pass of a split product costs, in multiplications: to start it, and for a number of a part. */
const splitStart = 5e7;
const splitNumber = 64;

export interface Cut {
  readonly tile: Tile;
  /** Into how many ranges the depth is divided, for more workgroups. */
  readonly parts: number;
  /** Depth of each range but the last; a multiple of the tile's. */
  readonly share: number;
}

/**
 * The cut that should take the least time, by arithmetic and by how well it fills the device. `maySplit`: the output may be
 * computed in parts.
 */
export function chooseCut(
  rows: number,
  columns: number,
  depth: number,
  batch: number,
  { threads, workgroupBytes }: Capabilities,
  maySplit = true,
): Cut {
  let best: Cut | undefined;
  let least = Infinity;
  for (const each of tiles) {
    const size = threadsOf(each);
    if (size > threads || (each.rows + each.columns) * each.depth * 4 > workgroupBytes) continue;
    const blocks = Math.ceil(rows / each.rows) * Math.ceil(columns / each.columns) * batch;
    const perThread = (each.threadRows * each.threadColumns) / each.efficiency;
    const most = maySplit ? Math.floor(depth / leastShare) : 1;
    for (
      let divided = 1;
      divided === 1 || (divided <= most && blocks * size * divided < 2 * busyThreads);
      divided *= 2
    ) {
      const share = Math.ceil(depth / divided / each.depth) * each.depth;
      const parts = Math.ceil(depth / share);
      const product = Math.max(blocks * parts * size, busyThreads) * perThread * share;
      const time = product + (parts > 1 ? splitStart + splitNumber * parts * rows * columns * batch : 0);
      if (time < least) [least, best] = [time, { tile: each, parts, share }];
    }
  }
  return best!;
}
