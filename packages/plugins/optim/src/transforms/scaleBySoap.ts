import { checkOptions, flag } from '@core/registry/checks';
import { cond, remainder, where, type Tensor, type Tree } from '@core/tensor';
import { hyper } from '../checks.js';
import { hyperparameters, ranges, type HyperparameterState } from '../hyperparameters.js';
import { leafwise } from '../leaves.js';
import { axesRules, layoutOf, type AxesOptions } from '../matrices/axes.js';
import {
  eigenbasis,
  gram,
  mapPerAxis,
  matrixShapes,
  perAxis,
  project,
  projectBack,
  refinedBasis,
  type PerAxis,
} from '../matrices/basis.js';
import { leafTable } from '../matrices/leafTable.js';
import {
  estimate,
  momentShapes,
  permuteMoment,
  updateMoment,
  type SecondMoment,
} from '../matrices/secondMoment.js';
import { complement, inDType, oneMinusPower, root } from '../math.js';
import type { Hyperparameter, Transform } from '../types.js';

/** Which axes have a basis (maxPreconditionDimension, mergeDimensions, precondition1d, dataFormat), and: */
export interface ScaleBySoapOptions extends AxesOptions {
  /** β₁, decay of the mean of gradients. In [0, 1). Default 0.95. */
  readonly beta1?: Hyperparameter;
  /** β₂, decay of the mean of squared gradients in the basis. In [0, 1). Default 0.95. */
  readonly beta2?: Hyperparameter;
  /** Decay of the matrices whose eigenvectors are the basis. In [0, 1). Default: β₂. */
  readonly shampooBeta?: Hyperparameter;
  /** ε, added to the root before its bias correction. At least 0. Default 1e-8. */
  readonly epsilon?: Hyperparameter;
  /** Updates from one refreshed basis to the next. At least 1. Default 10. */
  readonly preconditionFrequency?: Hyperparameter;
  /** Scale each leaf's direction to a mean square of 1. Default false. */
  readonly normalizeGrads?: boolean;
  /** Correct the moments' bias towards 0. Default true. */
  readonly correctBias?: boolean;
  /** Keep row and column means of the second moment instead of all of it. Default false. */
  readonly factorised?: boolean;
}

type Numbers = 'beta1' | 'beta2' | 'shampooBeta' | 'epsilon' | 'preconditionFrequency';

export type ScaleBySoapState = HyperparameterState<Numbers> & {
  /** First moment, in the basis; its shape is the leaf's after merging. */
  readonly m: Tree;
  /** Second moment, in the basis; factorised: at each leaf a mean for each axis. */
  readonly v: Tree;
  /** At each leaf the running mean of the gradient's products with itself, for each axis that has a basis (axis0, axis1, …). */
  readonly factors: Tree;
  /** At each leaf the bases, eigenvectors of the factors in columns. */
  readonly bases: Tree;
};

type Row = {
  readonly m: Tensor;
  readonly v: SecondMoment;
  readonly factors: PerAxis;
  readonly bases: PerAxis;
};

export const soapRules = {
  beta1: hyper(ranges.beta1),
  beta2: hyper(ranges.beta2),
  shampooBeta: hyper(ranges.shampooBeta),
  epsilon: hyper(ranges.epsilon),
  preconditionFrequency: hyper(ranges.preconditionFrequency),
  normalizeGrads: flag,
  correctBias: flag,
  factorised: flag,
  ...axesRules,
};

/**
 * SOAP's direction: Adam in the slowly refreshed eigenbasis of Shampoo's factors. For a matrix, with g' = Q_Lᵀ g Q_R:
 *
 *     m ← β₁ m + (1 - β₁) g'           v ← β₂ v + (1 - β₂) g'²
 *     u = Q_L (m / (√v + ε)) Q_Rᵀ · √(1 - β₂ᵗ) / (1 - β₁ᵗ)
 *     L ← β L + (1 - β) g gᵀ           R ← β R + (1 - β) gᵀ g
 *     every f-th update:  Q_L ← QR(L Q_L),  Q_R ← QR(R Q_R),  columns in descending order of diag(Qᵀ L Q); v is
 *     permuted alike and m turned into the new basis
 *
 * The first update takes the eigenvectors of g gᵀ and gᵀ g, and its direction is 0; t counts from the second one, so that
 * no gradient is seen in a basis that it helped to make. Leaves of more axes have a factor for each; vectors (but see
 * `precondition1d`), scalars and axes longer than `maxPreconditionDimension` have none, and a leaf without any is Adam's.
 * Factorised, v is row mean · column mean / mean, Adafactor's estimate; this is the smaller variant of the paper.
 *
 * Eigenvectors and QR are computed in float64 whatever the leaf's dtype; the authors' code uses float32. The signs of a
 * basis' columns do not matter, but where eigenvalues are equal the basis is arbitrary.
 *
 * Derivatives pass through all of it. Those of a refresh throw LinalgError while the gradients so far do not span an axis.
 *
 * Cost for a matrix m × n: six products, 6 (m² n + m n²) multiplications and additions, an update; a refresh has four
 * products more, and two products and two QR in float64. State: 2 m n + 2 m² + 2 n²; factorised m n + m + n + 2 m² + 2 n².
 *
 * Source: Vyas et al. 2024 (arXiv:2409.11321), algorithm 3, with the order of operations and the defaults of the authors'
 * soap.py: ε comes before the bias correction, and m is kept in the basis.
 *
 * @throws ArgumentError; ShapeError for leaves without elements
 */
export function scaleBySoap(options: ScaleBySoapOptions = {}): Transform<ScaleBySoapState> {
  const owner = 'scaleBySoap';
  checkOptions(owner, options, soapRules);
  const { beta1 = 0.95, beta2 = 0.95, shampooBeta, epsilon = 1e-8, preconditionFrequency = 10 } = options;
  const { normalizeGrads = false, correctBias = true, factorised = false } = options;
  const own = shampooBeta === undefined ? {} : { shampooBeta };
  // Without a decay of its own the name is missing and not read: β₂ is followed where it is changed in the state, too.
  const named = { beta1, beta2, epsilon, preconditionFrequency, ...own } as Record<Numbers, Hyperparameter>;
  const numbers = hyperparameters(owner, named);
  const table = leafTable<Row>(owner, (param, path) => {
    const { shape, axes } = layoutOf(owner, path, param, options);
    const matrices = matrixShapes(shape, axes);
    return { m: shape, v: momentShapes(shape, factorised), factors: matrices, bases: matrices };
  });
  return {
    init: (params) => ({ ...numbers.init(), ...table.init(params) }),
    update: (grads, state, params) => {
      leafwise(owner, params, { grads }, [], () => ({}));
      const h = numbers.read(state);
      const t = state.count; // one less than the updates with this one
      const isFirst = t.equal(0);
      // Not every frequency is a whole number where it follows a schedule: of 2.5, every second or third update.
      const refreshes = remainder(t.cast(h.beta1.dtype), h.preconditionFrequency).less(1);
      const beta = shampooBeta === undefined ? h.beta2 : h.shampooBeta;
      const scalars = inDType({
        ...h,
        beta,
        rest: complement(beta),
        // The first update leaves the moments alone.
        rest1: where(isFirst, 0, complement(h.beta1)),
        rest2: where(isFirst, 0, complement(h.beta2)),
        correction: correctBias ? correctionAt(t.maximum(1), h.beta1, h.beta2) : complement(h.beta1.mul(0)),
      });
      const rows = table.read(params, { m: state.m, v: state.v, factors: state.factors, bases: state.bases });
      const next: Row[] = [];
      const { updates } = leafwise(
        owner,
        params,
        { grads },
        ['updates'],
        ({ grads: g, param, path, index }) => {
          const { axes, read, write } = layoutOf(owner, path, param, options);
          const { bases, ...before } = rows[index] as Row; // one for each leaf
          const s = scalars(g.dtype);
          const x = read(g);
          const inBasis = project(x, bases);
          const m = before.m.mul(s.beta1).add(inBasis.mul(s.rest1));
          const v = updateMoment(before.v, inBasis.square(), s.beta2, s.rest2);
          const step = projectBack(m.div(root(estimate(v, m.ndim)).add(s.epsilon)), bases);
          const factors = perAxis(
            axes,
            (name, axis) => (before.factors[name] as Tensor).mul(s.beta).add(gram(x, axis).mul(s.rest)), // one for each axis
          );
          next.push({ factors, ...renewed(refreshes, isFirst, { m, v, bases }, factors) });
          const sized = normalizeGrads ? step.div(root(step.square().mean()).add(1e-30)) : step;
          return { updates: write(sized.mul(s.correction)) };
        },
      );
      return { updates, state: { ...numbers.advance(state), ...table.write(params, next) } };
    },
  };
}

/** √(1 - β₂ᵗ) / (1 - β₁ᵗ) */
function correctionAt(t: Tensor, beta1: Tensor, beta2: Tensor): Tensor {
  return oneMinusPower(beta2, t).sqrt().div(oneMinusPower(beta1, t));
}

type InBasis = Pick<Row, 'm' | 'v' | 'bases'>;

/** Moments and bases after an update; only one that refreshes computes anything. */
function renewed(refreshes: Tensor, isFirst: Tensor, before: InBasis, factors: PerAxis): InBasis {
  if (Object.keys(factors).length === 0) return before;
  const start = ({ m, v }: InBasis, from: PerAxis): InBasis => ({
    m,
    v,
    bases: mapPerAxis(from, (factor) => eigenbasis(factor)),
  });
  return cond(
    refreshes,
    (now: InBasis, from: PerAxis): InBasis => cond(isFirst, start, refined, now, from),
    (now: InBasis): InBasis => now,
    before,
    factors,
  );
}

function refined({ m, v, bases: old }: InBasis, factors: PerAxis): InBasis {
  let moment = v;
  const bases = mapPerAxis(factors, (factor, name, axis) => {
    const { basis, order } = refinedBasis(factor, old[name] as Tensor); // one for each axis
    moment = permuteMoment(moment, axis, order);
    return basis;
  });
  // m is carried over through the leaf's own axes; v, which has no signs, only follows the columns' order.
  return { m: project(projectBack(m, old), bases), v: moment, bases };
}
