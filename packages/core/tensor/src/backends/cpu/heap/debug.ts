import { BackendError } from '../../../errors.js';
import type { Heap } from './heap.js';

/** On both sides of a block; a multiple of the alignment of blocks. */
const guardBytes = 64;
/** Neither a small number nor 0xff nor half of a common float: hardly written by chance. */
const guard = 0xa5;
/** Makes float32 and float64 elements NaN, and integers -1. */
const filling = 0xff;
const stackDepth = 24;

interface Block {
  readonly bytes: number;
  readonly stack: string;
}

/**
 * Watches over a heap's blocks: guards around each show when something writes outside of it (looked at when it is given
 * back, and by `allocations`), what is fresh or was given back is NaN, giving back what is not taken is an error, and every
 * block knows where it was taken. Slow: it notes a stack for each block.
 *
 * @throws BackendError (from `give`) for a block that was overrun, given back twice, never taken, or taken with another
 *   size
 */
export function debugHeap(heap: Heap): Heap {
  const blocks = new Map<number, Block>();
  /** Where blocks were given back that were not taken again since. */
  const freed = new Map<number, string>();

  const bytesAt = (address: number, count: number): Uint8Array =>
    heap.view('bool', address, count) as Uint8Array;
  // The guard behind begins with the block's last byte, so that one element too many is seen.
  const guards = (address: number, { bytes }: Block): readonly (readonly [side: string, Uint8Array])[] => [
    ['before', bytesAt(address - guardBytes, guardBytes)],
    ['after', bytesAt(address + bytes, paddedBytes(bytes) - guardBytes - bytes)],
  ];
  const checkBlock = (address: number, block: Block): void => {
    for (const [side, bytes] of guards(address, block)) {
      const wrong = bytes.findIndex((byte) => byte !== guard);
      if (wrong < 0) continue;
      const distance = side === 'before' ? guardBytes - wrong : wrong + 1;
      throw new BackendError(
        `cpu: something wrote ${side} a block of ${block.bytes} bytes (${distance} bytes ${side === 'before' ? 'ahead of its first' : 'behind its last'} byte); ` +
          `the block was taken${block.stack}`,
      );
    }
  };

  return {
    ...heap,
    take(bytes) {
      const address = heap.take(paddedBytes(bytes)) + guardBytes;
      const block = { bytes, stack: callers() };
      bytesAt(address, bytes).fill(filling);
      for (const [, side] of guards(address, block)) side.fill(guard);
      blocks.set(address, block);
      freed.delete(address);
      return address;
    },
    give(address, bytes) {
      const block = blocks.get(address);
      if (block === undefined) {
        const before = freed.get(address);
        throw new BackendError(
          before === undefined
            ? `cpu: a block of ${bytes} bytes was given back that was never taken`
            : `cpu: a block of ${bytes} bytes was given back twice; the first time${before}`,
        );
      }
      if (block.bytes !== bytes)
        throw new BackendError(
          `cpu: a block of ${block.bytes} bytes was given back as one of ${bytes}; it was taken${block.stack}`,
        );
      checkBlock(address, block);
      blocks.delete(address);
      freed.set(address, callers());
      bytesAt(address, bytes).fill(filling);
      heap.give(address - guardBytes, paddedBytes(bytes));
    },
    allocations() {
      blocks.forEach((block, address) => checkBlock(address, block));
      const groups = new Map<string, { stack: string; count: number; bytes: number }>();
      for (const { bytes, stack } of blocks.values()) {
        const group = groups.get(stack) ?? { stack, count: 0, bytes: 0 };
        group.count++;
        group.bytes += bytes;
        groups.set(stack, group);
      }
      return [...groups.values()].sort((a, b) => b.bytes - a.bytes);
    },
  };
}

/** With both guards. The one behind fills up to the next multiple of the alignment, too. */
function paddedBytes(bytes: number): number {
  return Math.ceil(bytes / guardBytes) * guardBytes + 2 * guardBytes;
}

/** The stack of who called the heap. Text at once: a stack not yet written out holds the objects of its frames. */
function callers(): string {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = stackDepth;
  const stack = new Error().stack ?? '';
  Error.stackTraceLimit = before;
  const lines = stack.split('\n').slice(3);
  return `\n${lines.join('\n')}`;
}
