import { tensor } from '@core/tensor';
import type { Tensor } from '@core/tensor';
import { expectTypeOf, test } from 'vitest';
import type { ArrayData, Position, Source } from '../src/index.js';
import { arrayData, batches, namedTree, splitRows, treeLike } from '../src/index.js';
import type { JsonObject } from '../src/node.js';
import { loadCheckpoint, saveCheckpoint } from '../src/node.js';

interface Model {
  readonly weight: Tensor;
}
interface Training {
  readonly step: number;
  readonly next: Position;
}

const images = arrayData(new Float32Array(4));
const labels = tensor([1, 2, 3, 4]);

test('batches have the names of the fields', () => {
  const loader = batches({ images, labels });
  for (const { data } of loader.epochSync(0))
    expectTypeOf(data).toEqualTypeOf<{ images: Tensor; labels: Tensor }>();
  const source: Source<string> = { size: 1, get: () => 'x' };
  for (const { data } of batches(source).epochSync(0)) expectTypeOf(data).toEqualTypeOf<string>();
  // @ts-expect-error a typo in an option
  batches({ images }, { batchsize: 3 });
  // @ts-expect-error no such way to end an epoch
  batches({ images }, { lastBatch: 'pad' });
});

test('splits have the names of the parts', () => {
  const parts = splitRows({ images, labels }, { train: 3, test: 1 });
  expectTypeOf(parts.train.images).toEqualTypeOf<ArrayData>();
  // @ts-expect-error no such part
  void parts.valid;
});

test('checkpoints take interfaces and give them back', async () => {
  const params: Model = { weight: labels };
  const state: Training = { step: 1, next: batches({ labels }).start() };
  await saveCheckpoint('x', { params, state, meta: { next: state.next } });
  const loaded = await loadCheckpoint('x', { like: { params, state } });
  expectTypeOf(loaded.params).toEqualTypeOf<Model>();
  expectTypeOf(loaded.state).toEqualTypeOf<Training>();
  expectTypeOf(loaded.meta).toEqualTypeOf<JsonObject>();
  expectTypeOf(treeLike(params, {})).toEqualTypeOf<Model>();
  expectTypeOf(state.next).toExtend<JsonObject>();
  expectTypeOf(namedTree({ a: 1 })).not.toBeAny();
});
