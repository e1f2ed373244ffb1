import { checkOptions, oneOf, positive, type Rule } from '@core/registry/checks';
import { cond, ones, remainder, type Tensor, type Tree } from '@core/tensor';
import { hyper } from '../checks.js';
import { hyperparameters, ranges, type HyperparameterState } from '../hyperparameters.js';
import { leafwise } from '../leaves.js';
import { axesRules, layoutOf, type AxesOptions } from '../matrices/axes.js';
import { gram, mapPerAxis, matrixShapes, perAxis, projectBack, type PerAxis } from '../matrices/basis.js';
import { inverseRoot } from '../matrices/inverseRoot.js';
import { leafTable } from '../matrices/leafTable.js';
import { complement, inDType, oneMinusPower, root } from '../math.js';
import type { Hyperparameter, Transform } from '../types.js';

/** Which axes have a factor (maxPreconditionDimension, mergeDimensions, precondition1d, dataFormat), and: */
export interface ScaleByShampooOptions extends AxesOptions {
  /** β₂, decay of the factors; their bias towards 0 is corrected. Not used by sums. In [0, 1). Default 0.95. */
  readonly beta2?: Hyperparameter;
  /** ε, the ridge: ε I is added to each factor. Greater than 0. Default 1e-8. */
  readonly epsilon?: Hyperparameter;
  /** Power of a matrix' two factors: -1/4 is the paper's, -1/2 the one that SOAP runs in the eigenbasis of. Default -1/4. */
  readonly exponent?: -0.25 | -0.5;
  /** Factors are running means, or sums over all gradients as in the paper. Default 'mean'. */
  readonly accumulate?: 'mean' | 'sum';
  /** Updates from one power of the factors to the next. At least 1. Default 1. */
  readonly preconditionFrequency?: Hyperparameter;
}

export type ScaleByShampooState = HyperparameterState<'beta2' | 'epsilon' | 'preconditionFrequency'> & {
  /** At each leaf L and R of a matrix (axis0, axis1); squares of the gradient where a leaf has no factor (squares). */
  readonly factors: Tree;
  /** At each leaf the factors' powers, as of the last refresh. */
  readonly roots: Tree;
};

type Row = { readonly factors: PerAxis; readonly roots: PerAxis };

const exponentRule: Rule = { words: '-1/4 or -1/2', holds: (x) => x === -0.25 || x === -0.5 };

export const shampooRules = {
  beta2: hyper(ranges.beta2),
  epsilon: hyper(positive),
  exponent: exponentRule,
  accumulate: oneOf('mean', 'sum'),
  preconditionFrequency: hyper(ranges.preconditionFrequency),
  ...axesRules,
};

/**
 * Shampoo's direction. For a matrix:
 *
 *     L ← β₂ L + (1 - β₂) g gᵀ,   R ← β₂ R + (1 - β₂) gᵀ g          both over 1 - β₂ᵗ below; sums: L ← L + g gᵀ
 *     u = (L + ε I)^(-1/4) g (R + ε I)^(-1/4)
 *     exponent -1/2:  u = √(tr L) (L + ε I)^(-1/2) g (R + ε I)^(-1/2), which is H^(-1/2) g with H = L ⊗ R / tr L
 *
 * A leaf with k factors takes the power -1/(2k) of each; with exponent -1/2 that power, and (tr L)^((k-1)/2) in front. Where
 * there is none (vectors, scalars, axes that are too long) it is the diagonal rule: g / √(s + ε) with the mean or sum s
 * of g². Powers are computed in float64.
 *
 * Cost for a matrix m × n: 4 (m² n + m n²) multiplications and additions an update; a refresh has an eigendecomposition of
 * each factor in float64. State: 2 m² + 2 n².
 *
 * Source: Gupta, Koren & Singer 2018 (arXiv:1802.09568), algorithms 1 and 2; exponent -1/2: Anil et al. 2020
 * (arXiv:2002.09018) and Vyas et al. 2024 (arXiv:2409.11321), section 3. The means and their correction are those of
 * Shi et al. 2023 (arXiv:2309.06497).
 */
export function scaleByShampoo(options: ScaleByShampooOptions = {}): Transform<ScaleByShampooState> {
  const owner = 'scaleByShampoo';
  checkOptions(owner, options, shampooRules);
  const { beta2 = 0.95, epsilon = 1e-8, preconditionFrequency = 1 } = options;
  const { exponent = -0.25, accumulate = 'mean' } = options;
  const values = { beta2, epsilon, preconditionFrequency };
  const numbers = hyperparameters(owner, values, accumulate === 'sum' ? ['beta2'] : []);
  const table = leafTable<Row>(owner, (param, path) => {
    const { shape, axes } = layoutOf(owner, path, param, options);
    if (axes.length === 0) return { factors: { squares: shape }, roots: {} };
    const matrices = matrixShapes(shape, axes);
    return { factors: matrices, roots: matrices };
  });
  return {
    init: (params) => ({ ...numbers.init(), ...table.init(params) }),
    update: (grads, state, params) => {
      leafwise(owner, params, { grads }, [], () => ({}));
      const h = numbers.read(state);
      const refreshes = remainder(state.count.cast(h.beta2.dtype), h.preconditionFrequency).less(1);
      const one = ones([], { dtype: h.beta2.dtype });
      const averages = accumulate === 'mean';
      const scalars = inDType({
        epsilon: h.epsilon,
        decay: averages ? h.beta2 : one,
        share: averages ? complement(h.beta2) : one,
        inverse: averages ? oneMinusPower(h.beta2, state.count.add(1)).reciprocal() : one,
      });
      const rows = table.read(params, { factors: state.factors, roots: state.roots });
      const next: Row[] = [];
      const { updates } = leafwise(
        owner,
        params,
        { grads },
        ['updates'],
        ({ grads: g, param, path, index }) => {
          const { axes, read, write } = layoutOf(owner, path, param, options);
          const { factors: before, roots: old } = rows[index] as Row; // one for each leaf
          const s = scalars(g.dtype);
          const x = read(g);
          const mix = (name: string, now: Tensor): Tensor =>
            (before[name] as Tensor).mul(s.decay).add(now.mul(s.share)); // of the leaf's layout, as init made it
          if (axes.length === 0) {
            const squares = mix('squares', x.square());
            next.push({ factors: { squares }, roots: {} });
            return { updates: write(x.div(root(squares.mul(s.inverse).add(s.epsilon)))) };
          }
          const factors = perAxis(axes, (name, axis) => mix(name, gram(x, axis)));
          const roots = cond(
            refreshes,
            (from: PerAxis): PerAxis => powers(from, s.inverse, s.epsilon, exponent),
            (_: PerAxis, kept: PerAxis): PerAxis => kept,
            factors,
            old,
          );
          next.push({ factors, roots });
          return { updates: write(projectBack(x, roots)) };
        },
      );
      return { updates, state: { ...numbers.advance(state), ...table.write(params, next) } };
    },
  };
}

/** The factors' powers; the first of them takes the traces in front along. */
function powers(factors: PerAxis, inverse: Tensor, epsilon: Tensor, exponent: -0.25 | -0.5): PerAxis {
  const count = Object.keys(factors).length;
  const power = exponent === -0.25 ? -1 / (2 * count) : exponent;
  const first = Object.keys(factors)[0];
  return mapPerAxis(factors, (factor, name) => {
    const corrected = factor.mul(inverse);
    const matrix = inverseRoot(corrected, epsilon, power);
    if (exponent === -0.25 || count === 1 || name !== first) return matrix;
    const trace = corrected.diagonal().sum();
    return matrix.mul(root(trace).pow(count - 1));
  });
}
