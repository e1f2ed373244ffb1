export { bits, foldIn, key, split, splitStack } from './keys.js';
export {
  cauchy,
  exponential,
  gumbel,
  laplace,
  logistic,
  normal,
  truncatedNormal,
  uniform,
} from './continuous.js';
export type { UniformOptions } from './continuous.js';
export { beta, dirichlet, gamma } from './gamma.js';
export { bernoulli, categorical, choice, permutation, randint } from './discrete.js';
export type { CategoricalOptions, ChoiceOptions, PermutationOptions } from './discrete.js';
export { orthogonal } from './matrices.js';
export type { OrthogonalOptions } from './matrices.js';
export type { FloatOptions } from './arguments.js';
