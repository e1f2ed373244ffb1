/**
 * The blocked matrix product behind `matmul` and `conv2d`: C[m,n] = sum_k A[m,k] B[k,n]. Blocks of A and B are packed
 * into panels of 4 rows or columns, in float64, so that the innermost loop reads memory in order and keeps a 4x4 tile of
 * C in registers. Callers say how to pack (a transposed matrix and an image's patches are only different packings) and
 * how to store. The block sizes are fixed, so the order of additions and with it every bit depends on the sizes only.
 * After Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008).
 */

/** Rows and columns of the tile held in registers. */
export const TILE = 4;
const ROW_BLOCK = 256;
const COLUMN_BLOCK = 256;
const DEPTH_BLOCK = 256;

export interface Product {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  /** Writes A[row.., depth..] as panels: element (r, k) of panel p at p*4*depths + 4k + r; absent rows as 0. */
  packA(panels: Float64Array, row: number, rows: number, depth: number, depths: number): void;
  /** Writes B[depth.., column..] as panels: element (k, c) of panel p at p*4*depths + 4k + c; absent columns as 0. */
  packB(panels: Float64Array, column: number, columns: number, depth: number, depths: number): void;
  /** Takes the finished block C[row.., column..], whose element (r, c) lies at r*stride + c. */
  store(
    block: Float64Array,
    stride: number,
    row: number,
    rows: number,
    column: number,
    columns: number,
  ): void;
}

const panelsA = new Float64Array(ROW_BLOCK * DEPTH_BLOCK);
const panelsB = new Float64Array(DEPTH_BLOCK * COLUMN_BLOCK);
const blockC = new Float64Array(ROW_BLOCK * COLUMN_BLOCK);

/** Computes a product block by block. The depth must be at least 1. */
export function multiply(product: Product): void {
  const { rows, columns, depth } = product;
  const oneDepth = depth <= DEPTH_BLOCK;
  const oneRowBlock = rows <= ROW_BLOCK;
  for (let column = 0; column < columns; column += COLUMN_BLOCK) {
    const blockColumns = Math.min(COLUMN_BLOCK, columns - column);
    const stride = roundUp(blockColumns);
    for (let row = 0; row < rows; row += ROW_BLOCK) {
      const blockRows = Math.min(ROW_BLOCK, rows - row);
      blockC.fill(0, 0, roundUp(blockRows) * stride);
      for (let k = 0; k < depth; k += DEPTH_BLOCK) {
        const depths = Math.min(DEPTH_BLOCK, depth - k);
        // A block stays packed for as long as the loops do not leave it.
        if (!(oneDepth && oneRowBlock && column > 0)) product.packA(panelsA, row, blockRows, k, depths);
        if (!(oneDepth && row > 0)) product.packB(panelsB, column, blockColumns, k, depths);
        multiplyPanels(panelsA, panelsB, blockC, roundUp(blockRows), stride, depths);
      }
      product.store(blockC, stride, row, blockRows, column, blockColumns);
    }
  }
}

export function roundUp(n: number): number {
  return (n + TILE - 1) & -TILE;
}

/** C += A B for packed panels; the rows and columns are multiples of the tile. */
function multiplyPanels(
  a: Float64Array,
  b: Float64Array,
  c: Float64Array,
  rows: number,
  columns: number,
  depth: number,
): void {
  for (let column = 0; column < columns; column += TILE) {
    for (let row = 0; row < rows; row += TILE) {
      multiplyTile(a, row * depth, b, column * depth, c, row * columns + column, columns, depth);
    }
  }
}

function multiplyTile(
  a: Float64Array,
  aStart: number,
  b: Float64Array,
  bStart: number,
  c: Float64Array,
  cStart: number,
  stride: number,
  depth: number,
): void {
  let c00 = 0, c01 = 0, c02 = 0, c03 = 0; // prettier-ignore
  let c10 = 0, c11 = 0, c12 = 0, c13 = 0; // prettier-ignore
  let c20 = 0, c21 = 0, c22 = 0, c23 = 0; // prettier-ignore
  let c30 = 0, c31 = 0, c32 = 0, c33 = 0; // prettier-ignore
  let q = bStart;
  for (let p = aStart, end = aStart + TILE * depth; p < end; p += TILE) {
    const b0 = b[q]!;
    const b1 = b[q + 1]!;
    const b2 = b[q + 2]!;
    const b3 = b[q + 3]!;
    q += TILE;
    const a0 = a[p]!;
    c00 += a0 * b0;
    c01 += a0 * b1;
    c02 += a0 * b2;
    c03 += a0 * b3;
    const a1 = a[p + 1]!;
    c10 += a1 * b0;
    c11 += a1 * b1;
    c12 += a1 * b2;
    c13 += a1 * b3;
    const a2 = a[p + 2]!;
    c20 += a2 * b0;
    c21 += a2 * b1;
    c22 += a2 * b2;
    c23 += a2 * b3;
    const a3 = a[p + 3]!;
    c30 += a3 * b0;
    c31 += a3 * b1;
    c32 += a3 * b2;
    c33 += a3 * b3;
  }
  let o = cStart;
  c[o] = c[o]! + c00;
  c[o + 1] = c[o + 1]! + c01;
  c[o + 2] = c[o + 2]! + c02;
  c[o + 3] = c[o + 3]! + c03;
  o += stride;
  c[o] = c[o]! + c10;
  c[o + 1] = c[o + 1]! + c11;
  c[o + 2] = c[o + 2]! + c12;
  c[o + 3] = c[o + 3]! + c13;
  o += stride;
  c[o] = c[o]! + c20;
  c[o + 1] = c[o + 1]! + c21;
  c[o + 2] = c[o + 2]! + c22;
  c[o + 3] = c[o + 3]! + c23;
  o += stride;
  c[o] = c[o]! + c30;
  c[o + 1] = c[o + 1]! + c31;
  c[o + 2] = c[o + 2]! + c32;
  c[o + 3] = c[o + 3]! + c33;
}

export type FloatArray = Float32Array | Float64Array;

/**
 * Packs a strided matrix into panels of 4 along its outer axis (see Product): element (o, k) of the source lies at
 * start + o*outerStride + k*depthStride.
 */
export function packPanels(
  panels: Float64Array,
  source: FloatArray,
  start: number,
  outer: number,
  outerStride: number,
  depths: number,
  depthStride: number,
): void {
  let d = 0;
  for (let o = 0; o + TILE <= outer; o += TILE) {
    let s0 = start + o * outerStride;
    let s1 = s0 + outerStride;
    let s2 = s1 + outerStride;
    let s3 = s2 + outerStride;
    for (const end = d + TILE * depths; d < end; d += TILE) {
      panels[d] = source[s0]!;
      panels[d + 1] = source[s1]!;
      panels[d + 2] = source[s2]!;
      panels[d + 3] = source[s3]!;
      s0 += depthStride;
      s1 += depthStride;
      s2 += depthStride;
      s3 += depthStride;
    }
  }
  const left = outer % TILE;
  if (left === 0) return;
  panels.fill(0, d, d + TILE * depths);
  for (let r = 0; r < left; r++) {
    let s = start + (outer - left + r) * outerStride;
    for (let k = 0; k < depths; k++) {
      panels[d + TILE * k + r] = source[s]!;
      s += depthStride;
    }
  }
}

const kept = new Map<string, Float64Array>();
/** Elements; larger scratch is not kept between calls. */
const KEEP = 1 << 21;

/** Uninitialised working memory, kept from call to call under `purpose`. At least `size` elements. */
export function scratch(purpose: string, size: number): Float64Array {
  const old = kept.get(purpose);
  if (old !== undefined && old.length >= size) return old;
  const fresh = new Float64Array(size);
  if (size <= KEEP) kept.set(purpose, fresh);
  return fresh;
}
