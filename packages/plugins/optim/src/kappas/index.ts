export { entropy, huber, l1, softL1 } from './box.js';
export type { Kappa } from './kappa.js';
export { groupL2, l2, lp, quadratic, topK } from './norms.js';
export { spectral } from './spectral.js';
