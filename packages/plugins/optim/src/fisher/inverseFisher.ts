import { atLeastOne, check, checkOptions, show, wholeNumber } from '@core/registry/checks';
import {
  ArgumentError,
  ShapeError,
  concat,
  eye,
  full,
  linalg,
  scan,
  tree,
  where,
  zeros,
  type Tensor,
  type Tree,
} from '@core/tensor';
import { checkParams, leafwise } from '../leaves.js';
import { scalarDType } from '../math.js';
import { ravel } from '../ravel.js';
import { dampingRule, dampingScalar, factorGram } from './gram.js';

export interface InverseFisherOptions {
  /** δ, the multiple of the identity. Greater than 0. Default 1e-5. */
  readonly damping?: number | Tensor;
  /** Only terms within blocks of so many consecutive weights (the last block may be shorter). Default: all terms. */
  readonly blockSize?: number;
}

/** H⁻¹, as m vectors h of the parameters' size. Everything is O(d m) or less. */
export interface InverseFisher {
  /** d, the number of weights. */
  readonly size: number;
  /** H⁻¹ x, for a tree of the parameters' structure and shapes. O(d m). @throws TreeError, ShapeError, DTypeError */
  multiply<P extends Tree>(x: P): P;
  /** The diagonal of H⁻¹, a tree like the parameters. O(d m). */
  diagonal(): Tree;
  /**
   * One element of H⁻¹, a scalar. Rows and columns count the weights in the order of the tree's leaves, each row by row.
   * O(m).
   *
   * @throws ArgumentError for an index outside 0 … d - 1
   */
  element(row: number, column: number): Tensor;
}

/** Consecutive blocks of one length. */
interface Blocks {
  readonly start: number;
  readonly count: number;
  readonly length: number;
  /** h / √s, [count, m, length]: H⁻¹ = (I - Σ h hᵀ) / δ in each block, as δ is taken out of h. */
  readonly rows: Tensor;
}

/**
 * The inverse of the empirical Fisher matrix H = δ I + 1/m Σ g gᵀ of m given gradients, without a d x d matrix. For pruning
 * and for whatever needs exact second-order information about one point.
 *
 * The paper's recursion h_i = g_i/δ - Σ_{j<i} ⟨h_j, g_i⟩/s_j h_j, s_i = m + ⟨g_i, h_i⟩ solves a triangular system: with
 * L Lᵀ = G Gᵀ + m δ I it says that h_i/√s_i are the rows of L⁻¹ G / √δ. So they are made here, O(d m²), in float64 where
 * the backend has it, as δ is tiny and H⁻¹ is 1/δ minus nearly as much.
 *
 * ```ts
 * const perExample = vmap(grad(loss), { inAxes: [null, 0, 0] })(params, images, labels);
 * const inverse = inverseFisher(perExample, { damping: 1e-5 });
 * inverse.multiply(grad(meanLoss)(params)); // a natural gradient
 * ```
 *
 * Memory: d m numbers. Works in `jit`, under `vmap` and can be differentiated through; the gradients are not changed.
 * Source: Frantar et al. 2021 (arXiv:2107.03356), section 3.1; IST-DASLab/M-FAC (prun.py), with its damping.
 *
 * @param gradients the parameters' tree; each leaf [m, ...shape], one gradient for each of the m first indices
 * @throws ArgumentError; TreeError, DTypeError for what is no tree of floats; ShapeError where leaves differ in m
 */
export function inverseFisher(gradients: Tree, options: InverseFisherOptions = {}): InverseFisher {
  const owner = 'inverseFisher';
  checkOptions(owner, options, { damping: dampingRule, blockSize: atLeastOne });
  const { damping = 1e-5, blockSize } = options;
  const dtype = scalarDType();
  const delta = dampingScalar(damping);
  const m = rowCount(owner, gradients);
  const all = ravel(owner, gradients, dtype, 1);
  const d = all.size;
  const length = Math.min(blockSize ?? d, d);
  const whole = length === 0 ? 0 : Math.floor(d / length);
  const blocks = [
    { start: 0, count: whole, length },
    { start: whole * length, count: 1, length: d - whole * length },
  ]
    .filter((part) => part.count * part.length > 0)
    .map((part) => eliminate(all.vector, m, delta, part));
  const like = tree.map((g: Tensor) => g.at(0), gradients);

  const assemble = (parts: readonly Tensor[]): Tensor =>
    parts.length === 0 ? zeros([0], { dtype }) : concat(parts, 0);
  return {
    size: d,
    multiply: (x) => {
      checkParams(owner, x);
      // Its message names what does not fit.
      leafwise(`${owner}: multiply`, like, { x }, [], () => ({}));
      const given = ravel(owner, x, dtype);
      const parts = blocks.map(({ start, count, length: n, rows }) => {
        const part = given.vector.slice([start], [start + count * n]).reshape([count, 1, n]);
        const shares = part.matmul(rows, { transposeB: true });
        return part
          .sub(shares.matmul(rows))
          .div(delta)
          .reshape([count * n]);
      });
      return given.back(assemble(parts)) as typeof x; // of x's structure
    },
    diagonal: () => {
      const parts = blocks.map(({ count, length: n, rows }) => {
        // Row after row: the squares of all at once would need the memory of the rows again.
        const start = full([count, n], 1, { dtype });
        const [left] = scan(
          (sum: Tensor, row: Tensor) => [sum.sub(row.square()), null] as const,
          start,
          count === 1 ? rows.reshape([m, 1, n]) : rows.transpose([1, 0, 2]),
        );
        return left.div(delta).reshape([count * n]);
      });
      return ravel(owner, like, dtype).back(assemble(parts));
    },
    element: (row, column) => {
      for (const [name, index] of [
        ['row', row],
        ['column', column],
      ] as const) {
        check(`${owner}: element`, name, index, wholeNumber);
        if (index >= d)
          throw new ArgumentError(`${owner}: element: ${name} ${index} is outside 0 … ${d - 1}`);
      }
      const block = blocks.find(({ start, count, length: n }) => row >= start && row < start + count * n);
      const here = (index: number): { which: number; place: number } => ({
        which: Math.floor((index - (block?.start ?? 0)) / (block?.length ?? 1)),
        place: (index - (block?.start ?? 0)) % (block?.length ?? 1),
      });
      const [a, b] = [here(row), here(column)];
      const apart = column < (block?.start ?? 0) || a.which !== b.which;
      if (block === undefined || apart) return delta.mul(0);
      const left = block.rows.at(a.which, null, a.place);
      const right = block.rows.at(b.which, null, b.place);
      return full([], row === column ? 1 : 0, { dtype })
        .sub(left.mul(right).sum())
        .div(delta);
    },
  };
}

/** How many gradients there are: the first length of every leaf. */
function rowCount(owner: string, gradients: Tree): number {
  checkParams(owner, gradients);
  const leaves = tree.leaves(gradients);
  const m = leaves[0]?.shape[0] ?? 1;
  const paths = tree.paths(gradients);
  leaves.forEach((leaf, i) => {
    if (leaf.shape[0] !== m || m === 0)
      throw new ShapeError(
        `${owner}: every leaf must be [m, ...shape] with one m of at least 1 (here ${m}), got ${show(leaf)} at ${paths[i] || 'the root'}`,
      );
  });
  return m;
}

/** The rows of L⁻¹ G for blocks of equal length; NaN in blocks whose gradients are not finite. */
function eliminate(
  vectors: Tensor,
  m: number,
  delta: Tensor,
  { start, count, length }: Omit<Blocks, 'rows'>,
): Blocks {
  const end = start + count * length;
  const own = end - start === vectors.shape[1] ? vectors : vectors.slice([0, start], [m, end]);
  const split =
    count === 1 ? own.reshape([1, m, length]) : own.reshape([m, count, length]).transpose([1, 0, 2]);
  const { factor, finite } = factorGram(split.matmul(split, { transposeB: true }), delta);
  // The m x m inverse first, so that the only array of the gradients' size is the result.
  const inverse = linalg.triangularSolve(factor, eye(m, m, { dtype: split.dtype }).broadcastTo(factor.shape));
  return { start, count, length, rows: where(finite, inverse, NaN).matmul(split) };
}
