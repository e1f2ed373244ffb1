import { atLeastOne, checkOptions, positive, show } from '@core/registry/checks';
import { ShapeError, TreeError, tree, zeros, type Tensor, type Tree } from '@core/tensor';
import { hyper } from '../checks.js';
import { hyperparameters, ranges, type HyperparameterState } from '../hyperparameters.js';
import { checkParams, leafwise } from '../leaves.js';
import { complement, inDType, root } from '../math.js';
import type { Hyperparameter, Transform } from '../types.js';

export interface ScaleByFactoredRmsOptions {
  /** c in β̂₂ = 1 - t⁻ᶜ, the decay of the mean of squares at step t. At least 0. Default 0.8. */
  readonly decayRate?: Hyperparameter;
  /** ε₁, added to the squared gradient. Greater than 0. Default 1e-30. */
  readonly epsilon?: Hyperparameter;
  /**
   * A leaf is factored when both of its last two axes are at least so long. Default 1, every leaf with two axes or more, as
   * fairseq and transformers; optax and T5 have 128.
   */
  readonly minimumFactoredSize?: number;
}

export type ScaleByFactoredRmsState = HyperparameterState<'decayRate' | 'epsilon'> & {
  /** Means of squares along the last axis, for factored leaves; an empty object for the others. */
  readonly row: Tree;
  /** Means of squares along the last axis but one, for factored leaves; an empty object for the others. */
  readonly column: Tree;
  /** Mean of squares, for leaves that are not factored; an empty object for the others. */
  readonly v: Tree;
};

type Part = 'row' | 'column' | 'v';

/**
 * Adafactor's direction: gradients over the root of a second moment of which only row and column means are kept.
 *
 *     β̂ = 1 - t⁻ᶜ
 *     r ← β̂ r + (1 - β̂) mean over columns of (g² + ε₁),   c ← β̂ c + (1 - β̂) mean over rows of (g² + ε₁)
 *     u = g / √(r c / mean r)                  leaves that are not factored: v ← β̂ v + (1 - β̂)(g² + ε₁), u = g / √v
 *
 * Axes in front of the last two are batches of matrices, as in fairseq and transformers (optax takes the two longest axes).
 * State: rows + columns numbers for a matrix [rows, columns]; one array for each other leaf.
 * Source: Shazeer & Stern 2018 (arXiv:1804.04235), algorithms 4 and 5.
 *
 * @throws ArgumentError
 */
export function scaleByFactoredRms(
  options: ScaleByFactoredRmsOptions = {},
): Transform<ScaleByFactoredRmsState> {
  const owner = 'scaleByFactoredRms';
  checkOptions(owner, options, {
    decayRate: hyper(ranges.decayRate),
    epsilon: hyper(positive),
    minimumFactoredSize: atLeastOne,
  });
  const { decayRate = 0.8, epsilon = 1e-30, minimumFactoredSize = 1 } = options;
  const numbers = hyperparameters(owner, { decayRate, epsilon });
  /** The shapes of what is kept for a leaf. */
  const kept = ({ shape }: Tensor): Partial<Record<Part, readonly number[]>> =>
    shape.length >= 2 && shape.slice(-2).every((length) => length >= minimumFactoredSize)
      ? { row: shape.slice(0, -1), column: [...shape.slice(0, -2), ...shape.slice(-1)] }
      : { v: shape };
  const start = (params: Tree, part: Part): Tree =>
    rebuild(params, (p) => {
      const shape = kept(p)[part];
      return shape === undefined ? undefined : zeros(shape, { dtype: p.dtype });
    });
  return {
    init: (params) => {
      checkParams(owner, params);
      return {
        ...numbers.init(),
        row: start(params, 'row'),
        column: start(params, 'column'),
        v: start(params, 'v'),
      };
    },
    update: (grads, state, params) => {
      const h = numbers.read(state);
      const t = state.count.add(1).cast(h.decayRate.dtype);
      const forgetting = t.pow(h.decayRate.neg());
      const scalars = inDType({ decay: complement(forgetting), rest: forgetting, epsilon: h.epsilon });
      const before: Record<Part, readonly (Tensor | undefined)[]> = {
        row: [],
        column: [],
        v: [],
      };
      leafwise(owner, params, { grads }, [], () => ({}));
      for (const part of ['row', 'column', 'v'] as const)
        before[part] = parts(owner, part, state[part], params, (p) => kept(p)[part]);
      const next: Record<Part, Tensor[]> = { row: [], column: [], v: [] };
      const { updates } = leafwise(owner, params, { grads }, ['updates'], ({ grads: g, index }) => {
        const s = scalars(g.dtype);
        const square = g.square().add(s.epsilon);
        const [row, column, v] = [before.row[index], before.column[index], before.v[index]];
        if (row !== undefined && column !== undefined) {
          const r = row.mul(s.decay).add(square.mean(-1).mul(s.rest));
          const c = column.mul(s.decay).add(square.mean(-2).mul(s.rest));
          next.row[index] = r;
          next.column[index] = c;
          const ofRows = root(r.div(r.mean(-1, { keepDims: true }))).expandDims(-1);
          return { updates: g.div(ofRows).div(root(c).expandDims(-2)) };
        }
        const whole = (v ?? square).mul(s.decay).add(square.mul(s.rest));
        next.v[index] = whole;
        return { updates: g.div(root(whole)) };
      });
      const after = (part: Part): Tree => rebuild(params, (_, index) => next[part][index]);
      const { count, hyperparameters: values } = numbers.advance(state);
      return {
        updates,
        state: { count, hyperparameters: values, row: after('row'), column: after('column'), v: after('v') },
      };
    },
  };
}

/** The parameters' tree with other leaves, and empty objects where there is none. */
function rebuild(params: Tree, make: (param: Tensor, index: number) => Tensor | undefined): Tree {
  const { leaves, definition } = tree.flatten(params);
  return tree.unflatten(
    definition,
    leaves.map((leaf, i) => make(leaf, i) ?? {}),
  ) as Tree; // leaves exchanged for leaves and empty trees
}

/** The leaves of a part of the state, in the parameters' order, with gaps. */
function parts(
  owner: string,
  part: Part,
  given: Tree | undefined,
  params: Tree,
  shapeOf: (param: Tensor) => readonly number[] | undefined,
): readonly (Tensor | undefined)[] {
  const wanted = rebuild(params, (p) => (shapeOf(p) === undefined ? undefined : p));
  const found = tree.flatten(given);
  if (found.definition.key !== tree.flatten(wanted).definition.key)
    throw new TreeError(
      `${owner}: ${part} is not of these parameters: ${tree.difference(wanted, given)}; make the state with init`,
    );
  let at = 0;
  return tree.leaves(params).map((param) => {
    const shape = shapeOf(param);
    if (shape === undefined) return undefined;
    const leaf = found.leaves[at++];
    if (leaf?.shape.join() !== shape.join())
      throw new ShapeError(
        `${owner}: ${part} is ${show(leaf)} for ${show(param)}; wanted the shape [${shape.join()}]`,
      );
    return leaf;
  });
}
