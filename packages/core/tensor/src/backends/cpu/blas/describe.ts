import type { BlasDescription } from '../../backend.js';
import { missingBlas, type Blas } from './load.js';

/** For `lab doctor` and the backend's description. Call it after `loadBlas`. */
export function describeBlas(blas: Blas | undefined): BlasDescription {
  if (blas !== undefined) return { name: blas.name, path: blas.path, threads: blas.threads };
  return missingBlas() ?? { missing: 'not asked for', install: 'none is needed' };
}
