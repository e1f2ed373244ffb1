/* The problems of `bcd`, under one name, as `leastSquares` alone could be of any method. */

export { leastSquares, logistic } from './problems/linear.js';
export type { LinearProblemOptions } from './problems/linear.js';
export { labelPropagation, quadratic } from './problems/quadratic.js';
export type { LabelPropagation, LabelPropagationOptions } from './problems/quadratic.js';
export { l1Regularized, nnLassoLS, nonNegativeL1 } from './problems/regularized.js';
export { softmax } from './problems/softmax.js';
