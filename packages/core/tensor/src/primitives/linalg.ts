import { cholesky } from './linalg/cholesky.js';
import { eigh } from './linalg/eigh.js';
import { qr } from './linalg/qr.js';
import { slogdet, solve, triangularSolve } from './linalg/solve.js';
import { svd } from './linalg/svd.js';

/** Matrix decompositions and solvers, batched over leading axes; one file each in `linalg/`. */
export const linalgPrimitives = { cholesky, triangularSolve, solve, slogdet, qr, svd, eigh };
