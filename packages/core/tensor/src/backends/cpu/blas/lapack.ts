import type { PrimitiveName } from '../../../primitives/parameters.js';
import type { Engine } from '../engine.js';
import type { KernelFactory } from '../kernel.js';
import { choleskyFactory } from './lapack/cholesky.js';
import { eighFactory } from './lapack/eigh.js';
import { qrFactory } from './lapack/qr.js';
import { slogdetFactory, solveFactory, triangularSolveFactory } from './lapack/solve.js';
import { svdFactory } from './lapack/svd.js';
import type { Blas } from './load.js';

/** Factories by primitive; a key's factory is for the primitive of that name. */
export type LapackKernels = { readonly [N in PrimitiveName]?: KernelFactory<N> | undefined };

/**
 * The matrix decompositions by the LAPACK that comes with the BLAS; without those whose routines the library lacks.
 * They are computed in float64 for both dtypes, on one thread: results do not depend on the thread count.
 */
export function lapackKernels(blas: Blas, engine: Pick<Engine, 'heap' | 'functions'>): LapackKernels {
  const { heap } = engine;
  const kernels: LapackKernels = {
    cholesky: choleskyFactory(blas, engine),
    triangularSolve: triangularSolveFactory(blas, heap),
    solve: solveFactory(blas, heap),
    slogdet: slogdetFactory(blas, heap),
    qr: qrFactory(blas, heap),
    svd: svdFactory(blas, heap),
    eigh: eighFactory(blas, engine),
  };
  return Object.fromEntries(Object.entries(kernels).filter(([, factory]) => factory !== undefined));
}
