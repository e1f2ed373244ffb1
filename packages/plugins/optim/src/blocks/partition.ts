import { ArgumentError } from '@core/tensor';
import type { ResolvedMethod } from './options.js';
import type { BlockProblem } from './problem.js';

/** The fixed blocks of a method, each ascending; undefined for variable ones. */
export function fixedBlocks(
  owner: string,
  problem: BlockProblem,
  { partition, blockSize }: ResolvedMethod,
): readonly Int32Array[] | undefined {
  if (partition === 'VB') return undefined;
  if (typeof partition !== 'string') return ownBlocks(owner, partition, problem.size);
  const order =
    partition === 'Order'
      ? Int32Array.from({ length: problem.size }, (_, i) => i)
      : ascendingBy(partition.startsWith('H') ? problem.boundRowSums() : problem.lipschitz);
  const arranged = partition === 'Avg' || partition === 'Havg' ? fromBothEnds(order) : order;
  return Array.from({ length: problem.size / blockSize }, (_, k) =>
    arranged.slice(k * blockSize, (k + 1) * blockSize).sort(),
  );
}

/** Coordinates by ascending score, equal ones as they come. */
export function ascendingBy(scores: Float64Array): Int32Array {
  return Int32Array.from(scores.keys()).sort((i, j) => scores[i]! - scores[j]! || i - j);
}

/** The first, the last, the second, the last but one, … */
function fromBothEnds(order: Int32Array): Int32Array {
  return order.map((_, k) => (k % 2 === 0 ? order[k / 2]! : order[order.length - 1 - (k - 1) / 2]!));
}

function ownBlocks(owner: string, blocks: readonly ArrayLike<number>[], size: number): readonly Int32Array[] {
  const seen = new Set(blocks.flatMap((block) => Array.from(block)));
  const count = blocks.reduce((sum, block) => sum + block.length, 0);
  const within = [...seen].every((i) => Number.isInteger(i) && i >= 0 && i < size);
  if (!within || seen.size !== size || count !== size || blocks.some((block) => block.length === 0))
    throw new ArgumentError(
      `${owner}: the blocks of partition must hold each coordinate from 0 to ${size - 1} once, and none be empty`,
    );
  return blocks.map((block) => Int32Array.from(block).sort());
}
