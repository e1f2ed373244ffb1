import type { Figure, Found } from '@core/registry';
import { inputPicture } from './inputPicture.js';
import type { Network } from './network.js';
import type { PruningSolution } from './problem.js';

/**
 * Accuracy against sparsity, a line for each method; what is kept of each layer, a line for each solution; and for networks that
 * read pictures by a dense layer, the pixels that are still read.
 *
 * Solvers whose names differ in a number at the end (`BiP 5 %`, `BiP 2 %`) are one method.
 */
export function pruningFigures(
  found: readonly Found<PruningSolution>[],
  paths: readonly string[],
  { inputShape }: Pick<Network, 'inputShape'>,
): readonly Figure[] {
  const methods = [...new Set(found.map(({ name }) => methodOf(name)))];
  const score = ({ scores }: Found, name: string): number => scores[name] ?? 0;
  const accuracy: Figure = {
    kind: 'lines',
    title: 'Accuracy against sparsity',
    caption: 'Share of right answers on the test split, after the same fine-tuning for each.',
    x: 'weights removed (%)',
    y: 'accuracy',
    lines: methods.map((method) => ({
      name: method,
      points: found
        .filter(({ name }) => methodOf(name) === method)
        .map((one): [number, number] => [100 * (1 - score(one, 'kept')), score(one, 'accuracy')])
        .sort(([a], [b]) => a - b),
    })),
  };
  const layers: Figure = {
    kind: 'lines',
    title: 'What is kept of each layer',
    caption: `Layers in the order of their names: ${paths.map((path, i) => `${i + 1} ${path}`).join(', ')}.`,
    x: 'layer',
    y: 'weights kept (%)',
    lines: found.map(({ name, solution: { mask } }) => ({
      name,
      points: paths.map((path, i): [number, number] => [i + 1, 100 * (mask[path]?.mean().item() ?? 1)]),
    })),
  };
  const pictures = inputPicture(found, paths, inputShape);
  return [accuracy, layers, ...(pictures === undefined ? [] : [pictures])];
}

/** A solver's name without the number at its end. */
function methodOf(name: string): string {
  const method = name.replace(/[\s,:@(-]*\d+(?:\.\d+)?\s*%?\)?$/, '');
  return method === '' ? name : method;
}
