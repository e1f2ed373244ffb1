import type { HostArray } from '../primitive.js';
import type { PrimitiveParameters } from '../parameters.js';
import type { FloatArray, Product } from './gemm.js';
import { multiply, packPanels, scratch } from './gemm.js';

/** Below this many multiplications packing costs more than it gains. */
const TINY = 200;

/** A matrix inside a typed array: element (i, j) at start + i*rowStride + j*columnStride. */
interface Matrix<A> {
  readonly data: A;
  start: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

function matrixOf<A>(data: A, columns: number): Matrix<A> {
  return { data, start: 0, rowStride: columns, columnStride: 1 };
}

function transposed<A>(x: Matrix<A>): Matrix<A> {
  return { data: x.data, start: x.start, rowStride: x.columnStride, columnStride: x.rowStride };
}

/** The reference kernel of the `matmul` primitive. Floats accumulate in float64; int32 wraps around. */
export function matmulKernel(
  inputs: readonly HostArray[],
  outputs: readonly HostArray[],
  { transposeA, transposeB }: PrimitiveParameters['matmul'],
): void {
  const [a, b] = inputs as [HostArray, HostArray];
  const out = outputs[0]!;
  const [stack, rows, n] = out.shape as [number, number, number];
  const k = a.shape[transposeA ? 1 : 2]!;
  if (stack * rows * n === 0) return;
  if (k === 0) {
    out.data.fill(0);
    return;
  }
  // One right factor for all: the stacked left factors are one tall matrix.
  const tall = b.shape[0] === 1 && !transposeA;
  const [batch, m] = tall ? [1, stack * rows] : [stack, rows];
  const aStep = batch > 1 && a.shape[0] !== 1 ? m * k : 0;
  const bStep = batch > 1 && b.shape[0] !== 1 ? k * n : 0;
  const each = <A>(x: A, y: A, z: A, one: SingleProduct<A>): void => {
    const left = transposeA ? transposed(matrixOf(x, m)) : matrixOf(x, k);
    const right = transposeB ? transposed(matrixOf(y, k)) : matrixOf(y, n);
    const target = matrixOf(z, n);
    for (let i = 0; i < batch; i++) {
      left.start = i * aStep;
      right.start = i * bStep;
      target.start = i * m * n;
      one(left, right, target, m, n, k);
    }
  };
  // The shape rule has made all dtypes one; the typed arrays follow it.
  if (out.dtype === 'int32')
    each(a.data as Int32Array, b.data as Int32Array, out.data as Int32Array, multiplyInt32);
  else each(a.data as FloatArray, b.data as FloatArray, out.data as FloatArray, multiplyFloat);
}

type SingleProduct<A> = (a: Matrix<A>, b: Matrix<A>, out: Matrix<A>, m: number, n: number, k: number) => void;

function multiplyFloat(
  a: Matrix<FloatArray>,
  b: Matrix<FloatArray>,
  out: Matrix<FloatArray>,
  m: number,
  n: number,
  k: number,
): void {
  if (m * n * k <= TINY) multiplyTiny(a, b, out, m, n, k);
  else if (n === 1) multiplyVector(a, b, out, m, k);
  else if (m === 1) multiplyVector(transposed(b), transposed(a), transposed(out), n, k);
  else multiply(blocked(a, b, out, m, n, k));
}

function blocked(
  a: Matrix<FloatArray>,
  b: Matrix<FloatArray>,
  out: Matrix<FloatArray>,
  m: number,
  n: number,
  k: number,
): Product {
  return {
    rows: m,
    columns: n,
    depth: k,
    packA(panels, row, rows, depth, depths) {
      const start = a.start + row * a.rowStride + depth * a.columnStride;
      packPanels(panels, a.data, start, rows, a.rowStride, depths, a.columnStride);
    },
    packB(panels, column, columns, depth, depths) {
      const start = b.start + depth * b.rowStride + column * b.columnStride;
      packPanels(panels, b.data, start, columns, b.columnStride, depths, b.rowStride);
    },
    store(block, stride, row, rows, column, columns) {
      storeBlock(block, stride, rows, columns, out.data, out.start + row * n + column, n);
    },
  };
}

function storeBlock(
  block: Float64Array,
  stride: number,
  rows: number,
  columns: number,
  out: FloatArray,
  start: number,
  outStride: number,
): void {
  for (let r = 0; r < rows; r++) {
    const from = r * stride;
    const to = start + r * outStride;
    for (let c = 0; c < columns; c++) out[to + c] = block[from + c]!;
  }
}

function multiplyTiny(
  a: Matrix<FloatArray>,
  b: Matrix<FloatArray>,
  out: Matrix<FloatArray>,
  m: number,
  n: number,
  k: number,
): void {
  const x = a.data;
  const y = b.data;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let p = a.start + i * a.rowStride;
      let q = b.start + j * b.columnStride;
      let total = 0;
      for (let l = 0; l < k; l++) {
        total += x[p]! * y[q]!;
        p += a.columnStride;
        q += b.rowStride;
      }
      out.data[out.start + i * out.rowStride + j * out.columnStride] = total;
    }
  }
}

/** out[m,1] = a[m,k] b[k,1]: bound by reading a, so a is read once and in the order it lies in memory. */
function multiplyVector(
  a: Matrix<FloatArray>,
  b: Matrix<FloatArray>,
  out: Matrix<FloatArray>,
  m: number,
  k: number,
): void {
  const x = a.data;
  const y = b.data;
  const z = out.data;
  if (a.columnStride === 1) {
    for (let i = 0; i < m; i++) {
      let p = a.start + i * a.rowStride;
      let q = b.start;
      let even = 0;
      let odd = 0;
      let l = 1;
      for (; l < k; l += 2) {
        even += x[p]! * y[q]!;
        q += b.rowStride;
        odd += x[p + 1]! * y[q]!;
        q += b.rowStride;
        p += 2;
      }
      if (l === k) even += x[p]! * y[q]!;
      z[out.start + i * out.rowStride] = even + odd;
    }
    return;
  }
  const total = scratch('matmul vector', m).fill(0, 0, m);
  for (let l = 0; l < k; l++) {
    const factor = y[b.start + l * b.rowStride]!;
    let p = a.start + l * a.columnStride;
    for (let i = 0; i < m; i++) {
      total[i] = total[i]! + factor * x[p]!;
      p += a.rowStride;
    }
  }
  for (let i = 0; i < m; i++) z[out.start + i * out.rowStride] = total[i]!;
}

function multiplyInt32(
  a: Matrix<Int32Array>,
  b: Matrix<Int32Array>,
  out: Matrix<Int32Array>,
  m: number,
  n: number,
  k: number,
): void {
  const x = a.data;
  const y = b.data;
  const z = out.data;
  for (let i = 0; i < m; i++) {
    const to = out.start + i * out.rowStride;
    z.fill(0, to, to + n);
    for (let l = 0; l < k; l++) {
      const factor = x[a.start + i * a.rowStride + l * a.columnStride]!;
      let q = b.start + l * b.rowStride;
      for (let j = 0; j < n; j++) {
        z[to + j] = (z[to + j]! + Math.imul(factor, y[q]!)) | 0;
        q += b.columnStride;
      }
    }
  }
}
