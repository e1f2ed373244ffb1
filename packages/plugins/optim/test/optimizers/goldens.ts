import { tensor, tree, type Tensor, type Tree } from '@core/tensor';
import { mismatch, type GoldenCase } from '@tooling/goldens';
import * as optim from '../../src/index.js';

/** The reference files' spelling of options, where ours differs. */
const ours: Readonly<Record<string, string>> = { wdRatio: 'weightDecayRatio' };

const makers: Readonly<Record<string, unknown>> = { ...optim };

/** The optimizer of a case. */
export function make(golden: GoldenCase): optim.Optimizer {
  const { steps: _, ...named } = golden.options;
  const options = Object.entries(named).map(([name, value]) => [ours[name] ?? name, value] as const);
  const maker = makers[golden.op] as (options: object) => optim.Optimizer; // the files name exported optimizers
  return maker(Object.fromEntries(options));
}

function inputs(golden: GoldenCase): { params: Tree; grads: readonly Tree[] } {
  const named = (prefix: string): Record<string, Tensor> =>
    Object.fromEntries(
      Object.entries(golden.args).flatMap(([name, { shape, data }]) =>
        name.startsWith(prefix)
          ? [[name.slice(prefix.length), tensor(data as Float32Array | Float64Array, { shape })]]
          : [],
      ),
    );
  const all = named('grads.');
  const steps = Math.max(...(golden.options['steps'] as readonly number[]));
  const grads = Array.from({ length: steps }, (_, t) =>
    tree.map((g: Tensor) => g.slice([t], [t + 1]).squeeze(0), all),
  );
  return { params: named('params.'), grads };
}

/** What is wrong with the parameters after each stored step. */
export function follow(
  golden: GoldenCase,
  step: optim.Optimizer['update'],
  optimizer: optim.Optimizer,
): string[] {
  const { params: start, grads } = inputs(golden);
  let params = start;
  let state = optimizer.init(params);
  const problems: string[] = [];
  const wanted = golden.options['steps'] as readonly number[];
  grads.forEach((g, i) => {
    const next = step(g, state, params);
    params = optim.applyUpdates(params, next.updates);
    state = next.state;
    const row = wanted.indexOf(i + 1);
    if (row < 0) return;
    for (const [name, want] of Object.entries(golden.expected)) {
      const got = (params as Record<string, Tensor>)[name.slice('params.'.length)];
      const size = want.data.length / wanted.length;
      const expected = {
        shape: want.shape.slice(1),
        dtype: want.dtype,
        data: want.data.slice(row * size, (row + 1) * size),
      };
      const actual = { shape: got?.shape ?? [], dtype: got?.dtype ?? 'none', data: got?.dataSync() ?? [] };
      const problem = mismatch(actual, expected, golden);
      if (problem !== undefined) problems.push(`step ${i + 1}, ${name}: ${problem}`);
    }
  });
  return problems;
}
