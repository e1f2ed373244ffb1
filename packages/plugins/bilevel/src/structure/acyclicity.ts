import { check, checkOptions, oneOf, positive, show } from '@core/registry/checks';
import { DTypeError, ShapeError, Tensor, eye, isFloat, linalg, where } from '@core/tensor';
import { matrixExponential } from './matrixExponential.js';

export type AcyclicityType = 'logdet' | 'poly' | 'expAbs' | 'expSquare';

export interface AcyclicityOptions {
  /** Which function. Default 'logdet'. */
  readonly type?: AcyclicityType;
  /** s of 'logdet', greater than 0; it must exceed the spectral radius of |W|, which is 0 for a DAG. Default 1. */
  readonly scale?: number;
}

export interface Acyclicity {
  /** h(W), a scalar. 0 for a DAG, greater otherwise; Infinity where 'logdet' is not defined. */
  readonly h: Tensor;
  /** [d, d]; at (a, b) it weighs the walks from b to a, so that 0 says that an edge from a to b closes no cycle. */
  readonly grad: Tensor;
}

export const acyclicityType = oneOf('logdet', 'poly', 'expAbs', 'expSquare');

/**
 * How far a weighted graph is from having no cycle, and which edges would close one. With A = |W|, or W∘W for 'expSquare':
 *
 *     logdet      h = -log det(sI - A) + d log s      grad = (sI - A)^-T
 *     poly        h = tr((I + A/d)^d) - d             grad = ((I + A/d)^(d-1))^T
 *     expAbs      h = tr(e^A) - d                     grad = (e^A)^T
 *     expSquare   h = tr(e^A) - d                     grad = 2 (e^A)^T
 *
 * `grad` is the derivative with respect to |W|, since that by W is 0 for every absent edge, and with it tells them apart:
 * ∂h/∂W = grad∘sign(W), and grad∘W for 'expSquare'. Traced; `grad((w) => acyclicity(w).h)` is ∂h/∂W.
 *
 * Source: Deng et al. 2023 (arXiv:2305.17277) and their code (`h_func`), whose types are checked here; 'logdet' with |W| is DAGMA's
 * function (Bello et al. 2022), the others are those of NOTEARS (Zheng et al. 2018) and Yu et al. 2019.
 *
 * @param weights [d, d], float; the entry (a, b) is the weight of the edge from a to b
 * @throws ArgumentError for a type or scale that there is not, ShapeError unless weights is square, DTypeError unless it is float
 */
export function acyclicity(weights: Tensor, options: AcyclicityOptions = {}): Acyclicity {
  const owner = 'acyclicity';
  checkOptions(owner, options, { type: acyclicityType, scale: positive });
  checkWeights(owner, weights);
  const { type = 'logdet', scale = 1 } = options;
  const strengths = type === 'expSquare' ? weights.square() : weights.abs();
  const { h, grad } = acyclicityOf(strengths, type, scale);
  return { h, grad: type === 'expSquare' ? grad.mul(2) : grad };
}

/** h and ∂h/∂A for the strengths A of edges, at least 0; 'expAbs' and 'expSquare' are the same here. */
export function acyclicityOf(strengths: Tensor, type: AcyclicityType, scale = 1): Acyclicity {
  const d = strengths.shape[0] ?? 0;
  const identity = eye(d, d, { dtype: strengths.dtype });
  switch (type) {
    case 'logdet': {
      const m = identity.mul(scale).sub(strengths);
      const [sign, logDet] = linalg.slogdet(m);
      const h = where(sign.greater(0), logDet.neg().add(d * Math.log(scale)), Infinity);
      return { h, grad: linalg.inv(m).T };
    }
    case 'poly': {
      const step = identity.add(strengths.div(d));
      const grad = linalg.matrixPower(step, d - 1).T;
      return { h: grad.mul(step).sum().sub(d), grad };
    }
    case 'expAbs':
    case 'expSquare': {
      const walks = matrixExponential(strengths);
      return { h: linalg.trace(walks).sub(d), grad: walks.T };
    }
  }
}

/** @throws ShapeError unless it is a square matrix, DTypeError unless it is float */
export function checkWeights(owner: string, weights: unknown, nodes?: number, name = 'weights'): void {
  check(owner, name, weights, { words: 'a tensor [d, d]', holds: (value) => value instanceof Tensor });
  if (!(weights instanceof Tensor)) return;
  const [rows, columns] = weights.shape;
  if (weights.ndim !== 2 || rows !== columns || rows === 0 || (nodes !== undefined && rows !== nodes))
    throw new ShapeError(
      `${owner}: ${name} must be [${nodes ?? 'd'}, ${nodes ?? 'd'}], a row and a column for each node, got ${show(weights)}`,
    );
  if (!isFloat(weights.dtype))
    throw new DTypeError(`${owner}: ${name} must be float32 or float64, got ${show(weights)}`);
}
