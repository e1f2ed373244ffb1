import type { Tensor } from '@core/tensor';
import type { Metric } from '../kinds/metric.js';
import {
  law,
  must,
  mustBeFinite,
  fromNumbers,
  leavesUntouched,
  numbersOf,
  seeds,
  type Law,
  type Make,
} from './law.js';
import { batchOf, type LossLawOptions } from './loss.js';

export type MetricLawOptions = LossLawOptions;

/** Rows `from` to `to` of a batch. */
function rows(batch: Tensor, from: number, to: number): Tensor {
  const [count = 1, ...rest] = batch.shape;
  const size = batch.size / count;
  const numbers = (numbersOf(batch)[0] ?? []).slice(from * size, to * size);
  return fromNumbers(numbers, [to - from, ...rest], batch.dtype);
}

export function metricLaws(make: Make<Metric>, options: MetricLawOptions = {}): readonly Law[] {
  const whole = async (
    seed: number,
  ): Promise<{ metric: Metric; outputs: Tensor; targets: Tensor; value: number }> => {
    const metric = await make();
    const { outputs, targets } = batchOf(seed, options);
    const value = metric.result(metric.update(metric.init(), outputs, targets));
    return { metric, outputs, targets, value };
  };
  return [
    law('the result is a finite number with a name and a goal', async () => {
      const { metric, value } = await whole(1);
      must(typeof value === 'number', () => `result() gives ${String(value)}`);
      mustBeFinite(fromNumbers([value], [], 'float64'), 'the result');
      must(metric.name.length > 0, () => 'the name is empty');
      must(['max', 'min'].includes(metric.goal), () => `goal is ${metric.goal}; it is max or min`);
    }),
    law('the result does not depend on the batches', async () => {
      for (const seed of seeds) {
        const { metric, outputs, targets, value } = await whole(seed);
        const count = outputs.shape[0] ?? 0;
        const first = metric.update(metric.init(), rows(outputs, 0, 2), rows(targets, 0, 2));
        const split = metric.result(metric.update(first, rows(outputs, 2, count), rows(targets, 2, count)));
        must(
          Math.abs(split - value) <= 1e-9 * Math.max(1, Math.abs(value)),
          () => `two batches give ${String(split)}, one gives ${String(value)}`,
        );
      }
    }),
    law('update is pure, and the state is JSON', async () => {
      const { metric, outputs, targets, value } = await whole(2);
      const state = metric.init();
      const before = JSON.stringify(state);
      const next = leavesUntouched('update', { outputs, targets }, () =>
        metric.update(state, outputs, targets),
      );
      must(JSON.stringify(state) === before, () => 'update changed the state it was given');
      const reread: unknown = JSON.parse(JSON.stringify(next));
      must(metric.result(reread) === value, () => 'a state that went through JSON gives another result');
    }),
  ];
}
