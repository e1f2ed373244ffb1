import { check, finite, scalar, show } from '@core/registry/checks';
import { DTypeError, ShapeError, Tensor, TreeError, isFloat } from '@core/tensor';

/** A change of a weight of low rank, (α/r) B·A: A [r, out], B [in, r] for a weight [in, out]. */
export type AttentionAdapter = { readonly A: Tensor; readonly B: Tensor };

/** One for each projection that learns. */
export type AttentionAdapters = {
  readonly query?: AttentionAdapter;
  readonly key?: AttentionAdapter;
  readonly value?: AttentionAdapter;
};

/** One tensor for each projection. */
export type AttentionProjections = { readonly query: Tensor; readonly key: Tensor; readonly value: Tensor };

/**
 * One attention head with adapters, and what it should give:
 *
 *     W̃ = W + (α/r) B·A                                 for each projection with an adapter
 *     f = softmax(β (XQ W̃Q) (XK W̃K)ᵀ)                   row by row
 *     loss = ½ ‖f XV W̃V - Y‖²
 *
 * Weights are [in, out] and stand right of the inputs, as in the paper. Those of `@core/nn` are their transposes, with A
 * and B exchanged: W̃ᵀ = Wᵀ + (α/r) Aᵀ·Bᵀ.
 *
 * Shapes: inputs.query [queries, d], inputs.key [keys, d'], inputs.value [keys, d″]; weights.query [d, e], weights.key
 * [d', e], weights.value [d″, v]; target [queries, v]. One float dtype. Batches: `vmap`.
 */
export type LoraAttention = {
  readonly inputs: AttentionProjections;
  readonly target: Tensor;
  /** The trained weights, which stay. */
  readonly weights: AttentionProjections;
  readonly adapters: AttentionAdapters;
  /** α. A number or a scalar tensor. r is read from the adapters' shapes. */
  readonly alpha: number | Tensor;
  /** β, the factor of the scores: 1/√e for what transformers compute. A number or a scalar tensor. Default 1. */
  readonly beta?: number | Tensor;
};

/** Gradients with the structure of the adapters, as optimizers take them. */
export interface LoraAttentionResult {
  readonly loss: Tensor;
  readonly grads: AttentionAdapters;
}

export const projections = ['query', 'key', 'value'] as const;

/** @throws TreeError, ShapeError, DTypeError, ArgumentError naming what does not fit */
export function checkLoraAttention(owner: string, problem: LoraAttention): void {
  const { inputs, target, weights, adapters } = problem;
  check(owner, 'alpha', problem.alpha, scalar(finite));
  if (problem.beta !== undefined) check(owner, 'beta', problem.beta, scalar(finite));
  const { dtype } = matrix(owner, 'target', target);
  const same = (name: string, x: unknown): Tensor => {
    const found = matrix(owner, name, x);
    if (found.dtype !== dtype)
      throw new DTypeError(
        `${owner}: ${name} is ${show(found)}, and the target is ${dtype}; one dtype for all`,
      );
    return found;
  };
  for (const name of projections) {
    const x = same(`inputs.${name}`, (inputs as Partial<AttentionProjections> | undefined)?.[name]);
    const weight = same(`weights.${name}`, (weights as Partial<AttentionProjections> | undefined)?.[name]);
    fit(owner, `inputs.${name}`, x, `weights.${name}`, weight, x.shape[1] === weight.shape[0]);
  }
  const pair = (a: string, x: Tensor, b: string, y: Tensor, axis: number): void =>
    fit(owner, a, x, b, y, x.shape[axis] === y.shape[axis]);
  pair('inputs.key', inputs.key, 'inputs.value', inputs.value, 0);
  pair('weights.query', weights.query, 'weights.key', weights.key, 1);
  pair('inputs.query', inputs.query, 'target', target, 0);
  pair('weights.value', weights.value, 'target', target, 1);
  checkAdapters(owner, adapters, weights, same);
}

function checkAdapters(
  owner: string,
  adapters: AttentionAdapters,
  weights: AttentionProjections,
  same: (name: string, x: unknown) => Tensor,
): void {
  const names = typeof adapters === 'object' ? Object.keys(adapters) : [];
  const stray = names.find((name) => !(projections as readonly string[]).includes(name));
  if (names.length === 0 || stray !== undefined)
    throw new TreeError(
      `${owner}: adapters are { A, B } for any of query, key, value, got ${stray ?? (names.length === 0 ? 'none' : '')}`,
    );
  for (const name of projections) {
    const adapter: Partial<AttentionAdapter> | undefined = adapters[name];
    if (adapter === undefined) continue;
    const A = same(`adapters.${name}.A`, adapter.A);
    const B = same(`adapters.${name}.B`, adapter.B);
    const [inputs, outputs] = weights[name].shape;
    if (A.shape[1] !== outputs || B.shape[0] !== inputs || A.shape[0] !== B.shape[1])
      throw new ShapeError(
        `${owner}: weights.${name} [${inputs},${outputs}] takes A [r,${outputs}] and B [${inputs},r], got A [${A.shape.join()}] and B [${B.shape.join()}]`,
      );
  }
}

function matrix(owner: string, name: string, x: unknown): Tensor {
  if (!(x instanceof Tensor)) throw new TreeError(`${owner}: ${name} must be a tensor, got ${show(x)}`);
  if (!isFloat(x.dtype)) throw new DTypeError(`${owner}: ${name} must be float32 or float64, got ${show(x)}`);
  if (x.ndim !== 2 || x.size === 0)
    throw new ShapeError(`${owner}: ${name} must be a matrix with elements, got ${show(x)}`);
  return x;
}

function fit(owner: string, a: string, x: Tensor, b: string, y: Tensor, fits: boolean): void {
  if (fits) return;
  throw new ShapeError(
    `${owner}: ${a} [${x.shape.join()}] and ${b} [${y.shape.join()}] do not fit; see the shapes of LoraAttention`,
  );
}

/** α/r of an adapter. */
function scaleOf(alpha: number | Tensor, { A }: AttentionAdapter): number | Tensor {
  const rank = A.shape[0] ?? 1;
  return typeof alpha === 'number' ? alpha / rank : alpha.cast(A.dtype).div(rank);
}

/** β, 1 by default. */
export function betaOf({ beta = 1, target }: LoraAttention): number | Tensor {
  return typeof beta === 'number' ? beta : beta.cast(target.dtype);
}

/** W̃ of every projection. */
export function adaptedWeights({ weights, adapters, alpha }: LoraAttention): AttentionProjections {
  const adapted = (name: (typeof projections)[number]): Tensor => {
    const adapter = adapters[name];
    if (adapter === undefined) return weights[name];
    return weights[name].add(adapter.B.matmul(adapter.A).mul(scaleOf(alpha, adapter)));
  };
  return { query: adapted('query'), key: adapted('key'), value: adapted('value') };
}

/**
 * The adapters' gradients from two small matrices: `scores` = XQᵀ p XK [d, d'], and `values` = (f XV)ᵀ c [d″, v], with c, p
 * as in `loraAttentionLoss`. With them
 *
 *     ∂/∂W̃Q = β XQᵀ p XK W̃K,   ∂/∂W̃K = β XKᵀ pᵀ XQ W̃Q,   ∂/∂W̃V = (f XV)ᵀ c
 *     ∂/∂B = (α/r) ∂/∂W̃ Aᵀ,    ∂/∂A = (α/r) Bᵀ ∂/∂W̃
 *
 * The paper has α/r inside C1 = XQ α/r and no factor for Q after that: the same.
 */
export function adapterGradients(problem: LoraAttention, scores: Tensor, values: Tensor): AttentionAdapters {
  const { adapters, alpha } = problem;
  const beta = betaOf(problem);
  const { query, key } = adaptedWeights(problem);
  const slopes = {
    query: () => scores.matmul(key).mul(beta),
    key: () => scores.matmul(query, { transposeA: true }).mul(beta),
    value: () => values,
  };
  const grads = projections.flatMap((name) => {
    const adapter = adapters[name];
    if (adapter === undefined) return [];
    const slope = slopes[name]().mul(scaleOf(alpha, adapter));
    const A = adapter.B.matmul(slope, { transposeA: true });
    const B = slope.matmul(adapter.A, { transposeB: true });
    return [[name, { A, B }]];
  });
  return Object.fromEntries(grads) as AttentionAdapters; // one entry for each adapter
}
