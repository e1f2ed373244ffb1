import type { DType, TypedArray } from '../../../dtype.js';
import { BackendError, MemoryError } from '../../../errors.js';
import { platform } from '../wasm/platform.js';
import type { WasmMemory } from '../wasm/platform.js';
import type { Heap } from './heap.js';

const pageBytes = 65536;
/** The largest memory with 32-bit addresses: 4 GiB. */
const mostPages = 65536;
/** Blocks up to this size are cut from chunks by size class; larger ones are whole pages. */
const largestSmall = 2 ** 18;
const chunkBytes = 2 ** 20;
/**
 * Large blocks begin at one of so many places of their first page, this far apart. Where all begin at the same one,
 * loops over several of them find the same few sets of the caches for each: AdamW's step took half as long again.
 */
const colours = 15;
const colourBytes = 4096 + 256;
/** The pages of a large block: with room for any place to begin at, so that equal blocks fit where one was. */
const pagesOf = (bytes: number): number => Math.ceil((bytes + (colours - 1) * colourBytes) / pageBytes);
const goldenRatio = 0.6180339887498949;
/** Grown by at least this much at a time: growing costs a system call. */
const leastGrowth = 2 ** 23;

/**
 * A heap over one WebAssembly memory, shared between threads where the platform allows. Small blocks come in size
 * classes, four to each doubling; large ones are runs of pages, the smallest that fits first, joined with their
 * neighbours when freed.
 *
 * @param shared whether other threads may work in it; needs SharedArrayBuffer
 * @throws MemoryError (from `take`) when 4 GiB are not enough, saying what was asked and what is free; BackendError when
 *   no heap could ever hold it
 */
export function createHeap(shared: boolean): Heap {
  const { memory, maximumPages } = newMemory(shared);
  const classes = Array.from({ length: classCount }, (): number[] => []);
  const runs = pageRuns(
    (pages) => growMemory(memory, pages, maximumPages),
    1,
    memory.buffer.byteLength / pageBytes,
  );
  let chunk = 0;
  let chunkEnd = 0;

  const takeRun = (bytes: number, pages: number): number => {
    const page = runs.take(pages);
    if (page === undefined) throw noRoom(bytes, maximumPages, runs);
    return page * pageBytes;
  };

  let turn = 0;
  /** Far from the last few ones, whatever the step between two blocks that are used together. */
  const nextColour = (): number => Math.floor(((++turn * goldenRatio) % 1) * colours);

  const take = (bytes: number): number => {
    if (bytes > largestSmall) return takeRun(bytes, pagesOf(bytes)) + nextColour() * colourBytes;
    const index = classOf(bytes);
    const free = classes[index]!;
    if (free.length > 0) return free.pop()!;
    const size = sizeOfClass(index);
    if (chunk + size > chunkEnd) {
      // What is left of the chunk is smaller than this class; give it to the classes below.
      while (chunkEnd - chunk >= 64) {
        const rest = largestClassWithin(chunkEnd - chunk);
        classes[rest]!.push(chunk);
        chunk += sizeOfClass(rest);
      }
      chunk = takeRun(chunkBytes, chunkBytes / pageBytes);
      chunkEnd = chunk + chunkBytes;
    }
    const address = chunk;
    chunk += size;
    return address;
  };

  let buffer = memory.buffer;
  return {
    memory,
    type: { initialPages: 1, maximumPages, shared },
    take,
    give(address, bytes) {
      if (bytes > largestSmall) runs.give(Math.floor(address / pageBytes), pagesOf(bytes));
      else classes[classOf(bytes)]!.push(address);
    },
    view(dtype, address, size) {
      // Reading the property of a grown shared memory makes a new object each time; keep it while it suffices.
      if (buffer.byteLength < address + size * 8) buffer = memory.buffer;
      return makeView[dtype](buffer, address, size);
    },
    size: () => memory.buffer.byteLength,
  };
}

function noRoom(bytes: number, maximumPages: number, runs: PageRuns): BackendError {
  const megabytes = (n: number): string => `${(n / 2 ** 20).toFixed(1)} MB`;
  const asked = `cpu: ${bytes} bytes (${megabytes(bytes)}) were asked for`;
  const most = megabytes(maximumPages * pageBytes);
  if (bytes > maximumPages * pageBytes)
    return new BackendError(
      `${asked}, more than the JS engine can give (${most} in all); make it in parts, or use a smaller dtype`,
    );
  const free = megabytes(runs.freePages(maximumPages) * pageBytes);
  const longest = megabytes(runs.largest(maximumPages) * pageBytes);
  return new MemoryError(
    `${asked}; of the ${most} that the heap can hold ${free} are free, ${longest} of them in one piece; ` +
      `dispose of tensors (scope(), using), make it in parts, or use a smaller dtype`,
  );
}

const makeView: Readonly<Record<DType, (buffer: ArrayBuffer, address: number, size: number) => TypedArray>> =
  {
    float32: (buffer, address, size) => new Float32Array(buffer, address, size),
    float64: (buffer, address, size) => new Float64Array(buffer, address, size),
    int32: (buffer, address, size) => new Int32Array(buffer, address, size),
    bool: (buffer, address, size) => new Uint8Array(buffer, address, size),
  };

/**
 * The number of the smallest class that holds `bytes`. Classes are the multiples of 64 up to 512, and then four to each
 * doubling (640, 768, 896, 1024, 1280, …): at most a fifth is lost, but for the smallest.
 */
function classOf(bytes: number): number {
  if (bytes <= 512) return bytes <= 64 ? 0 : (bytes - 1) >> 6;
  const doubling = 31 - Math.clz32(bytes - 1);
  return 8 + (doubling - 9) * 4 + (((bytes - 1) >> (doubling - 2)) & 3);
}

function sizeOfClass(index: number): number {
  if (index < 8) return (index + 1) * 64;
  const doubling = 9 + ((index - 8) >> 2);
  return 2 ** doubling + (((index - 8) & 3) + 1) * 2 ** (doubling - 2);
}

const classCount = classOf(largestSmall) + 1;

/** The largest class that fits into what is left of a chunk. */
function largestClassWithin(bytes: number): number {
  let index = Math.min(classCount - 1, classOf(bytes));
  while (sizeOfClass(index) > bytes) index--;
  return index;
}

/** Where address space is limited, a smaller maximum may still be granted. */
function newMemory(shared: boolean): { memory: WasmMemory; maximumPages: number } {
  const initial = 64;
  for (let maximum = mostPages; ; maximum /= 2) {
    try {
      return { memory: new platform.Memory({ initial, maximum, shared }), maximumPages: maximum };
    } catch (error) {
      if (maximum / 2 < 1024) throw error;
    }
  }
}

function growMemory(memory: WasmMemory, pages: number, maximumPages: number): number {
  const now = memory.buffer.byteLength / pageBytes;
  // By an eighth of what there is, so that a growing program asks rarely.
  const wanted = Math.max(pages, leastGrowth / pageBytes, Math.floor(now / 8));
  for (const more of [Math.min(wanted, maximumPages - now), pages]) {
    if (more < pages) continue;
    try {
      memory.grow(more);
      return more;
    } catch {
      // The system has no more; the smaller wish may still be granted.
    }
  }
  return 0;
}

interface PageRuns {
  /** The first page of a run, or undefined when there is no room. */
  readonly take: (pages: number) => number | undefined;
  readonly give: (page: number, pages: number) => void;
  /** Pages free in a memory of `limit` pages, also those not yet grown to. */
  readonly freePages: (limit: number) => number;
  /** The longest run that could be had. */
  readonly largest: (limit: number) => number;
}

/** Runs of free pages in order of address. Page 0 is never given out: an address of 0 is always a mistake. */
function pageRuns(grow: (pages: number) => number, first: number, end: number): PageRuns {
  const free: { page: number; pages: number }[] = [{ page: first, pages: end - first }];
  let top = end;

  const give = (page: number, pages: number): void => {
    let at = free.findIndex((run) => run.page > page);
    if (at < 0) at = free.length;
    const before = free[at - 1];
    const after = free[at];
    const joinsBefore = before !== undefined && before.page + before.pages === page;
    const joinsAfter = after !== undefined && page + pages === after.page;
    if (joinsBefore) {
      before.pages += pages + (joinsAfter ? after.pages : 0);
      if (joinsAfter) free.splice(at, 1);
    } else if (joinsAfter) {
      after.page = page;
      after.pages += pages;
    } else free.splice(at, 0, { page, pages });
  };

  const take = (pages: number): number | undefined => {
    let best: { page: number; pages: number } | undefined;
    for (const run of free)
      if (run.pages >= pages && (best === undefined || run.pages < best.pages)) best = run;
    if (best === undefined) {
      const last = free.at(-1);
      const missing = pages - (last !== undefined && last.page + last.pages === top ? last.pages : 0);
      const more = grow(missing);
      if (more === 0) return undefined;
      give(top, more);
      top += more;
      best = free.at(-1)!;
    }
    const { page } = best;
    best.page += pages;
    best.pages -= pages;
    if (best.pages === 0) free.splice(free.indexOf(best), 1);
    return page;
  };

  const tail = (): number => {
    const last = free.at(-1);
    return last !== undefined && last.page + last.pages === top ? last.pages : 0;
  };
  return {
    take,
    give,
    freePages: (limit) => free.reduce((sum, run) => sum + run.pages, limit - top),
    largest: (limit) => free.reduce((most, run) => Math.max(most, run.pages), tail() + limit - top),
  };
}
