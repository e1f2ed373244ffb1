import type { Code } from '../../wasm/code.js';
import { call, f32, f64, i32 } from '../../wasm/code.js';
import type { ImportedFunction } from '../../wasm/module.js';
import type { Product, ProductProblem } from './product.js';

/** CBLAS's names of layouts and transposes. */
const ROW_MAJOR = 101;
const transposed = (yes: boolean): number => (yes ? 112 : 111);

/**
 * By the library's own function, imported as it is: the code computes addresses in the process, which are doubles there.
 * @param base the process's address of the memory, which must stay
 */
export function blasProduct(problem: ProductProblem, base: number): Product {
  const { dtype, transposeA, transposeB, lda, ldb, ldc } = problem;
  const real = dtype === 'float32' ? 'f32' : 'f64';
  const { const: number, convertI32S } = dtype === 'float32' ? f32 : f64;
  const gemm: ImportedFunction = {
    imported: dtype === 'float32' ? 'sgemm' : 'dgemm',
    parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', real, 'f64', 'i32', 'f64', 'i32', real, 'f64', 'i32'], // prettier-ignore
  };
  const address = (at: Code): Code => f64.add(f64.const(base), f64.convertI32U(at));
  const size = i32.const;
  return {
    functions: [gemm],
    scratchBytes: 0,
    multiply: (_frame, { a, b, c, accumulate, m, n, k }) =>
      call(
        0,
        size(ROW_MAJOR),
        size(transposed(transposeA)),
        size(transposed(transposeB)),
        m ?? size(problem.m),
        n ?? size(problem.n),
        k ?? size(problem.k),
        number(1),
        address(a),
        size(lda),
        address(b),
        size(ldb),
        convertI32S(accumulate),
        address(c),
        size(ldc),
      ),
  };
}
