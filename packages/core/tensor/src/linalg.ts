/** Linear algebra: products, solvers, decompositions, norms. All are batched over leading axes and differentiable. */
export * as linalg from './linalg/index.js';
