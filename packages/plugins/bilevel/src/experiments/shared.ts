import type { Examples } from '@core/registry';
import type { Rule } from '@core/registry/checks';
import { random, type Tensor } from '@core/tensor';

const has = (value: unknown, members: readonly string[]): boolean =>
  typeof value === 'object' &&
  value !== null &&
  members.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === 'function');

export const datasetRule: Rule = {
  words: 'a dataset ({ size, load, … })',
  holds: (value) => has(value, ['size', 'load']),
};
export const modelRule: Rule = {
  words: 'a model ({ init, apply })',
  holds: (value) => has(value, ['init', 'apply']),
};

/** Numbers of `size` examples, drawn with replacement. */
export function indexSampler({ targets }: Examples, size: number): (key: Tensor) => Tensor {
  return (key) => random.randint(key, [size], 0, targets.size);
}

/** The elements, row by row. */
export function numbersOf(x: Tensor): number[] {
  return Array.from(x.dataSync(), Number);
}
