import { atLeastOne, check, show } from '@core/registry/checks';
import {
  ShapeError,
  Tensor,
  TreeError,
  dynamicUpdateSlice,
  oneHot,
  tree,
  zeros,
  type Tree,
} from '@core/tensor';
import { checkParams, leafwise, likeParams } from '../leaves.js';
import { scalarDType } from '../math.js';
import { sizeOf } from '../ravel.js';
import { dampingRule, dampingScalar, solveGram } from './gram.js';
import { combineRows, dotRows } from './rows.js';

/**
 * The last m gradients, which stand for H = δ I + 1/m Σ g gᵀ. One window holds the gradients of all leaves: H has terms
 * between leaves too. Plain data: checkpoints keep it.
 */
export type FisherWindow = {
  /** The parameters' tree; each leaf [m, ...shape], zeros where there was no gradient yet. */
  readonly gradients: Tree;
  /** P = G Gᵀ, [m, m], in float64 where the backend has it. */
  readonly dots: Tensor;
  /** The row that the next gradient takes, int32. */
  readonly next: Tensor;
};

/**
 * A window of m zero gradients for parameters.
 *
 * @param params the tree whose gradients will come, or anything of its shapes
 * @param size m, at least 1
 * @throws ArgumentError, TreeError, DTypeError
 */
export function fisherWindow(params: Tree, size: number): FisherWindow {
  const owner = 'fisherWindow';
  check(owner, 'size', size, atLeastOne);
  return {
    gradients: likeParams(owner, params, (p) => zeros([size, ...p.shape], { dtype: p.dtype })),
    dots: zeros([size, size], { dtype: scalarDType() }),
    next: zeros([], { dtype: 'int32' }),
  };
}

/**
 * The window with a gradient in place of its oldest one. O(d m).
 *
 * Source: Frantar et al. 2021 (arXiv:2107.03356), section 3.2; IST-DASLab/M-FAC (optim.py, update).
 *
 * @param gradient a tree of the parameters' structure and shapes
 * @throws TreeError, ShapeError, DTypeError where the gradient does not fit
 */
export function slideFisherWindow(window: FisherWindow, gradient: Tree): FisherWindow {
  const { size, columns } = open('slideFisherWindow', window, gradient, 'gradient');
  const { next } = window;
  const written = columns.map(({ rows, x }) =>
    dynamicUpdateSlice(rows, x.expandDims(0), [next, ...x.shape.map(() => 0)]),
  );
  const row = dots(
    size,
    columns.map(({ x }, i) => ({ rows: written[i] ?? x, x })),
  );
  const withRow = dynamicUpdateSlice(window.dots, row.expandDims(0), [next, 0]);
  return {
    gradients: tree.unflatten(tree.flatten(gradient).definition, written) as Tree, // as many as the gradient's leaves
    dots: dynamicUpdateSlice(withRow, row.expandDims(1), [0, next]),
    next: next.add(1).remainder(size),
  };
}

/**
 * H⁻¹ x, with H = δ I + 1/m Σ g gᵀ over the window, zeros included: m is the window's size from the first gradient on.
 * O(d m + m³).
 *
 *     H⁻¹ x = (x - Gᵀ (P + m δ I)⁻¹ G x) / δ
 *
 * @param x a tree of the parameters' structure and shapes
 * @param damping δ, greater than 0; a number or a scalar tensor
 * @throws ArgumentError, TreeError, ShapeError, DTypeError
 */
export function fisherWindowProduct(window: FisherWindow, x: Tree, damping: number | Tensor): Tree {
  const owner = 'fisherWindowProduct';
  const { size, columns } = open(owner, window, x, 'x');
  const delta = scalar(owner, damping);
  const weights = solveGram(window.dots, delta, dots(size, columns));
  const { result } = leafwise(owner, x, {}, ['result'], ({ param, index }) => ({
    result: param.sub(combine(columns[index]?.rows ?? param, weights, param)).div(delta.cast(param.dtype)),
  }));
  return result;
}

/**
 * H⁻¹ g for the gradient g that came last: what an M-FAC step is made of. O(d m + m³).
 *
 * With the unit vector e of its row, g = Gᵀ e, and the product is m Gᵀ (P + m δ I)⁻¹ e: the same as
 * `fisherWindowProduct`, but no 1/δ g is formed from which nearly all would be subtracted again. In float32, where that
 * difference costs up to five digits, it makes the step exact.
 *
 * @param params a tree of the parameters' structure and shapes
 * @param damping δ, greater than 0; a number or a scalar tensor
 * @throws ArgumentError, TreeError, ShapeError, DTypeError
 */
export function fisherWindowStep(window: FisherWindow, params: Tree, damping: number | Tensor): Tree {
  const owner = 'fisherWindowStep';
  const { size, columns } = open(owner, window, params, 'params');
  const delta = scalar(owner, damping);
  const newest = window.next.add(size - 1).remainder(size);
  const weights = solveGram(window.dots, delta, oneHot(newest, size, { dtype: scalarDType() })).mul(size);
  const { result } = leafwise(owner, params, {}, ['result'], ({ param, index }) => ({
    result: combine(columns[index]?.rows ?? param, weights, param),
  }));
  return result;
}

interface Column {
  /** Gradients of a leaf, [m, ...shape]. */
  readonly rows: Tensor;
  /** What the other tree has for this leaf. */
  readonly x: Tensor;
}

/** The window's leaves beside those of another tree. */
function open(
  owner: string,
  window: FisherWindow,
  other: Tree,
  name: string,
): { size: number; columns: readonly Column[] } {
  const { gradients, dots: gram, next } = (window ?? {}) as Partial<FisherWindow>;
  if (!(gram instanceof Tensor) || gram.ndim !== 2 || !(next instanceof Tensor) || gradients === undefined)
    throw new TreeError(`${owner}: window must be one that fisherWindow made, got ${show(window)}`);
  checkParams(owner, other);
  const found = tree.flatten(gradients);
  const given = tree.flatten(other);
  if (found.definition.key !== given.definition.key)
    throw new TreeError(
      `${owner}: the window and ${name} must have one structure: ${tree.difference(gradients, other)}`,
    );
  const size = gram.shape[0] ?? 0;
  const paths = tree.paths(other);
  const columns = given.leaves.map((x, i) => {
    const rows = found.leaves[i] ?? x;
    if (rows.shape.join() !== [size, ...x.shape].join() || rows.dtype !== x.dtype)
      throw new ShapeError(
        `${owner}: the window holds ${show(rows)} for ${paths[i] || 'the root'}, where ${name} is ${show(x)}`,
      );
    return { rows, x };
  });
  return { size, columns };
}

/** G x, [m], over all leaves. */
function dots(size: number, columns: readonly Column[]): Tensor {
  return columns.reduce(
    (sum, { rows, x }) =>
      sum.add(dotRows(rows.reshape([size, sizeOf(x.shape)]), x.reshape([sizeOf(x.shape)]))),
    zeros([size], { dtype: scalarDType() }),
  );
}

/** A leaf's share of Gᵀ weights. */
function combine(rows: Tensor, weights: Tensor, like: Tensor): Tensor {
  return combineRows(rows.reshape([weights.size, sizeOf(like.shape)]), weights).reshape(like.shape);
}

function scalar(owner: string, damping: number | Tensor): Tensor {
  check(owner, 'damping', damping, dampingRule);
  return dampingScalar(damping);
}
