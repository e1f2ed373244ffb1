import { ArgumentError, type Tensor } from '@core/tensor';
import type { Fields } from '../arrays.js';
import type { OptionNames } from '../checks.js';
import { checkOptions, describe } from '../checks.js';
import { permutation } from './permutation.js';
import type { Source } from './source.js';
import { disposeBatch, fieldSourceFor, isSource } from './source.js';
import { checkSeed } from './threefry.js';

/** Options of `batches`. */
export interface BatchOptions {
  /** Rows in a batch. Default 32. */
  readonly batchSize?: number;
  /** Seed of the order. Default 0. */
  readonly seed?: number;
  /** A new order in every epoch, or the rows as they stand. Default true. */
  readonly shuffle?: boolean;
  /**
   * What to do with the rest when the size is no multiple of `batchSize`: `'keep'` a smaller last batch (default),
   * `'drop'` it, or `'wrap'` around to the epoch's first rows, so that every batch has the same shape.
   */
  readonly lastBatch?: 'keep' | 'drop' | 'wrap';
  /** How many batches a source that answers later may prepare ahead. Default 2. */
  readonly prefetch?: number;
}

const optionNames: OptionNames<BatchOptions> = {
  batchSize: true,
  seed: true,
  shuffle: true,
  lastBatch: true,
  prefetch: true,
};

/** A place between two batches: plain JSON, to be kept in a checkpoint. The other fields guard against a mix-up. */
// A type alias, because those (unlike interfaces) fit JsonObject.
export type Position = {
  readonly epoch: number;
  readonly batch: number;
  readonly size: number;
  readonly seed: number;
  readonly shuffle: boolean;
  readonly batchSize: number;
  readonly lastBatch: 'keep' | 'drop' | 'wrap';
};

export interface Batch<T> {
  readonly data: T;
  /** The rows it was made of, in order. */
  readonly indices: Int32Array;
  readonly epoch: number;
  /** Number of the batch in its epoch, from 0. */
  readonly index: number;
  /** Where to go on once this batch is done. */
  readonly next: Position;
}

export interface Batches<T> {
  /** Number of rows. */
  readonly size: number;
  readonly batchSize: number;
  readonly batchesPerEpoch: number;
  /** The place before the first batch. */
  start(): Position;
  /** One epoch. Its order depends on the seed and the epoch's number only. */
  epoch(epoch: number): AsyncGenerator<Batch<T>, void, void>;
  /** `epoch` without promises, for sources that answer at once; ArgumentError for others. */
  epochSync(epoch: number): Generator<Batch<T>, void, void>;
  /** From a saved place through the end of epoch `epochs - 1`. Throws ArgumentError for a place of other batches. */
  from(position: Position, options: { readonly epochs: number }): AsyncGenerator<Batch<T>, void, void>;
}

/**
 * Shuffled batches of named arrays, `batches({ images, labels }, { batchSize: 64, seed: 1 })`, or of any Source.
 *
 *     for await (const { data } of loader.epoch(0)) step(data.images, data.labels);
 *
 * Rows are copied batch by batch, never as a whole. The tensors of a batch belong to whoever gets it.
 * Throws ArgumentError for bad options or when there would be no batch at all, ShapeError for unequal fields.
 */
export function batches<F extends Fields>(
  fields: F,
  options?: BatchOptions,
): Batches<{ [K in keyof F]: Tensor }>;
export function batches<T>(source: Source<T>, options?: BatchOptions): Batches<T>;
export function batches(data: Fields | Source<unknown>, options: BatchOptions = {}): Batches<unknown> {
  checkOptions('batches', options, optionNames);
  const source = isSource(data) ? data : fieldSourceFor('batches', data);
  const { prefetch = 2 } = options;
  const origin = firstPosition(source.size, options);
  if (!Number.isInteger(prefetch) || prefetch < 0) {
    throw new ArgumentError(`batches: prefetch must be a non-negative integer, got ${String(prefetch)}`);
  }
  const { size, batchSize } = origin;
  const batchesPerEpoch =
    origin.lastBatch === 'drop' ? Math.floor(size / batchSize) : Math.ceil(size / batchSize);
  if (batchesPerEpoch === 0) {
    throw new ArgumentError(
      `batches: ${size} rows give no batch of ${batchSize} with lastBatch '${origin.lastBatch}'` +
        (size === 0 ? '; the data is empty' : "; use a smaller batchSize or lastBatch: 'keep'"),
    );
  }
  const plan = (from: Position, epochs: number): Generator<Plan, void, void> =>
    plans(from, epochs, batchesPerEpoch);
  const at = (epoch: number): Position => ({ ...origin, epoch: count('epoch', epoch) });
  return {
    size,
    batchSize,
    batchesPerEpoch,
    start: () => origin,
    epoch: (epoch) => run(source, plan(at(epoch), epoch + 1), prefetch),
    epochSync: (epoch) => runSync(source, plan(at(epoch), epoch + 1)),
    from: (position, until) => {
      checkOptions('batches: from', until, { epochs: true });
      const place = checkPosition(position, origin, batchesPerEpoch);
      return run(source, plan(place, count('epochs', until.epochs)), prefetch);
    },
  };
}

function firstPosition(size: number, options: BatchOptions): Position {
  const { batchSize = 32, seed = 0, shuffle = true, lastBatch = 'keep' } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new ArgumentError(`batches: batchSize must be a positive integer, got ${String(batchSize)}`);
  }
  if (!['keep', 'drop', 'wrap'].includes(lastBatch)) {
    throw new ArgumentError(
      `batches: lastBatch must be 'keep', 'drop' or 'wrap', got ${JSON.stringify(lastBatch)}`,
    );
  }
  return { epoch: 0, batch: 0, size, seed: checkSeed('batches', seed), shuffle, batchSize, lastBatch };
}

function count(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new ArgumentError(`batches: ${name} must be a non-negative integer, got ${String(value)}`);
}

function checkPosition(position: Position, origin: Position, batchesPerEpoch: number): Position {
  if (typeof position !== 'object' || position === null) {
    throw new ArgumentError(`batches: from wants a saved position, got ${describe(position)}`);
  }
  for (const key of ['size', 'seed', 'shuffle', 'batchSize', 'lastBatch'] as const) {
    if (position[key] !== origin[key]) {
      throw new ArgumentError(
        `batches: the saved position has ${key} ${String(position[key])}, these batches have ${String(origin[key])}; ` +
          'going on would repeat some rows and miss others',
      );
    }
  }
  count('epoch', position.epoch);
  if (count('batch', position.batch) > batchesPerEpoch) {
    throw new ArgumentError(`batches: the saved position is batch ${position.batch} of ${batchesPerEpoch}`);
  }
  return position;
}

type Plan = Omit<Batch<unknown>, 'data'>;

/** The batches to come, without their data. */
function* plans(from: Position, epochs: number, perEpoch: number): Generator<Plan, void, void> {
  const { size, batchSize, seed, shuffle, lastBatch } = from;
  let index = from.batch;
  for (let epoch = from.epoch; epoch < epochs; epoch++, index = 0) {
    if (index >= perEpoch) continue;
    const order = shuffle ? permutation(size, seed, epoch) : undefined;
    for (; index < perEpoch; index++) {
      const start = index * batchSize;
      const length = lastBatch === 'wrap' ? batchSize : Math.min(batchSize, size - start);
      const indices = new Int32Array(length);
      for (let i = 0; i < length; i++) indices[i] = order?.[(start + i) % size] ?? (start + i) % size;
      const ended = index + 1 === perEpoch;
      const next = { ...from, epoch: ended ? epoch + 1 : epoch, batch: ended ? 0 : index + 1 };
      yield { indices, epoch, index, next };
    }
  }
}

function* runSync<T>(source: Source<T>, plan: Iterable<Plan>): Generator<Batch<T>, void, void> {
  for (const step of plan) {
    const data = source.get(step.indices);
    if (data instanceof Promise) {
      data.then(disposeBatch, () => undefined);
      throw new ArgumentError('batches: this source answers with promises; use epoch() and for await');
    }
    yield { ...step, data };
  }
}

async function* run<T>(
  source: Source<T>,
  plan: Iterator<Plan, void>,
  prefetch: number,
): AsyncGenerator<Batch<T>, void, void> {
  const waiting: { step: Plan; data: T | Promise<T> }[] = [];
  // A source that answers at once gains nothing from asking early.
  let ahead = 0;
  const fill = (): void => {
    while (waiting.length <= ahead) {
      const { value: step, done } = plan.next();
      if (done === true || step === undefined) return;
      const data = source.get(step.indices);
      if (data instanceof Promise) {
        ahead = prefetch;
        // The failure is thrown when its turn comes; until then it must not count as unhandled.
        data.catch(() => undefined);
      }
      waiting.push({ step, data });
    }
  };
  try {
    for (fill(); waiting.length > 0; fill()) {
      const { step, data } = waiting[0]!;
      const ready = await data;
      waiting.shift();
      yield { ...step, data: ready };
    }
  } finally {
    for (const { data } of waiting) Promise.resolve(data).then(disposeBatch, () => undefined);
  }
}
