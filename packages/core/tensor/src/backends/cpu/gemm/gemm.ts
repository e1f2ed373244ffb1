/** Row-major matrices at heap addresses; `ld` is the distance of rows in elements. */
export interface GemmProblem {
  readonly dtype: 'float32' | 'float64';
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly lda: number;
  readonly ldb: number;
  readonly ldc: number;
  /** C = op(A) op(B), or C += where true. */
  readonly accumulate: boolean;
}

/** C [m, n] = op(A) [m, k] op(B) [k, n]. What a problem needs is worked out once; sizes may be 0. */
export type Gemm = (problem: GemmProblem) => (a: number, b: number, c: number) => void;
