import { missingBlas, type Blas } from './load.js';

/** Which BLAS is in use, or why none is and what brings one. */
export type BlasDescription =
  | { readonly name: string; readonly path: string; readonly threads: number }
  | { readonly missing: string; readonly install: string };

/** For `lab doctor` and the backend's description. Call it after `loadBlas`. */
export function describeBlas(blas: Blas | undefined): BlasDescription {
  if (blas !== undefined) return { name: blas.name, path: blas.path, threads: blas.threads };
  return missingBlas() ?? { missing: 'not asked for', install: 'none is needed' };
}
