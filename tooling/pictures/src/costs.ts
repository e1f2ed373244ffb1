import type { Optimizer } from '@core/registry';
import { bytesPerElement, jit, profile, random, tree, type Tensor, type Tree } from '@core/tensor';

/** What an optimizer costs on a matrix, for each of its elements. */
export interface Costs {
  /** Of state, scalars aside. */
  readonly bytes: number;
  /** Of a compiled update: the mean of ten updates after the first one. */
  readonly operations: number;
}

/** Sides of the matrix. */
export const side = 64;

/**
 * Costs in float32, measured: the state is made and its bytes are counted; updates run under `profile`, which counts an operation
 * for each element of each elementwise primitive and two for each multiply-add of a product.
 */
export function costsOf(optimizer: Optimizer): Costs {
  const [params, grads] = [1, 2].map((seed) => random.normal(random.key(seed), [side, side])) as [Tensor, Tensor]; // prettier-ignore
  const elements = side * side;
  let state = optimizer.init(params);
  const bytes = tree
    .leaves(state)
    .filter((leaf) => leaf.ndim > 0)
    .reduce((sum, leaf) => sum + leaf.size * bytesPerElement(leaf.dtype), 0);
  const update = jit((g: Tensor, before: Tree, p: Tensor) => optimizer.update(g, before, p));
  state = update(grads, state, params).state;
  const counts = Array.from({ length: 10 }, () => {
    const { result, kernels } = profile(() => update(grads, state, params));
    state = result.state;
    return kernels.reduce((sum, { operations }) => sum + operations, 0);
  });
  update.dispose();
  return {
    bytes: bytes / elements,
    operations: counts.reduce((sum, count) => sum + count, 0) / counts.length / elements,
  };
}

/** To a tenth, or to three digits where that is more or less than enough. */
export function rounded(value: number): string {
  return String(Number(value >= 1 && value < 100 ? value.toFixed(1) : value.toPrecision(3)));
}
