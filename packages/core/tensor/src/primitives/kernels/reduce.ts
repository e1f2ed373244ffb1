import type { DType, TypedArray } from '../../dtype.js';
import { allocate } from '../../dtype.js';
import type { Shape } from '../../shape.js';
import type { HostArray } from '../primitive.js';

/** Reduces the middle axis of [outer, length, inner]; `length` is at least 1. */
type Stage = (source: TypedArray, target: TypedArray, outer: number, length: number, inner: number) => void;

/** Columns that are accumulated together, so that their sums stay in the first-level cache. */
const CHUNK = 1024;
/** Below this length the error of plain summation is no worse than that of the pairwise tree above it. */
const BLOCK = 128;

/**
 * Any set of axes: neighbours of one kind are joined, then the reduced groups go one by one, last first. What lies
 * between two stages is kept in `between`, the dtype that accumulates.
 */
function reduceAxes(
  x: HostArray,
  out: HostArray,
  axes: readonly number[],
  stage: Stage,
  between: DType,
): void {
  const groups = groupAxes(x.shape, axes);
  let source = x.data;
  for (;;) {
    const at = groups.findLastIndex((group) => group.reduced);
    if (at < 0) {
      // Only axes of length 1 were reduced.
      out.data.set(source);
      return;
    }
    const product = (from: number, to: number) =>
      groups.slice(from, to).reduce((size, group) => size * group.length, 1);
    const outer = product(0, at);
    const inner = product(at + 1, groups.length);
    const isLast = groups.findIndex((group) => group.reduced) === at;
    const target = isLast ? out.data : allocate(between, outer * inner);
    stage(source, target, outer, groups[at]!.length, inner);
    if (isLast) return;
    groups.splice(at, 1);
    source = target;
  }
}

function groupAxes(shape: Shape, axes: readonly number[]): { length: number; reduced: boolean }[] {
  const groups: { length: number; reduced: boolean }[] = [];
  shape.forEach((length, axis) => {
    if (length === 1) return;
    const reduced = axes.includes(axis);
    const before = groups[groups.length - 1];
    if (before?.reduced === reduced) before.length *= length;
    else groups.push({ length, reduced });
  });
  return groups;
}

export function sumKernel(x: HostArray, out: HostArray, axes: readonly number[]): void {
  if (x.data.length === 0) out.data.fill(0);
  else if (x.dtype === 'int32') reduceAxes(x, out, axes, sumInt32, 'int32');
  else reduceAxes(x, out, axes, sumFloat, 'float64');
}

const sumFloat: Stage = (source, target, outer, length, inner) => {
  if (inner === 1) {
    if (source instanceof Float32Array)
      for (let o = 0; o < outer; o++) target[o] = sumRun32(source, o * length, length);
    else for (let o = 0; o < outer; o++) target[o] = sumRun64(source as Float64Array, o * length, length);
    return;
  }
  const sums = new Float64Array(Math.min(CHUNK, inner));
  for (let o = 0; o < outer; o++) {
    for (let start = 0; start < inner; start += CHUNK) {
      const width = Math.min(CHUNK, inner - start);
      const at = o * length * inner + start;
      if (source instanceof Float32Array) addRows32(source, at, inner, length, sums, width);
      else addRows64(source as Float64Array, at, inner, length, sums, width);
      for (let j = 0; j < width; j++) target[o * inner + start + j] = sums[j]!;
    }
  }
};

// The float32 and float64 bodies are written out apart: one function that met both kinds of array would be compiled
// to a slower, polymorphic loop.

/** Float32 sums lose nothing that matters in a double; four of them run side by side. */
function sumRun32(x: Float32Array, start: number, length: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const end = start + length;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    s0 += x[i]!;
    s1 += x[i + 1]!;
    s2 += x[i + 2]!;
    s3 += x[i + 3]!;
  }
  for (; i < end; i++) s0 += x[i]!;
  return s0 + s1 + (s2 + s3);
}

/** Pairwise summation: the error grows with the logarithm of the length. */
function sumRun64(x: Float64Array, start: number, length: number): number {
  if (length > BLOCK) {
    const half = Math.ceil(length / 2 / BLOCK) * BLOCK;
    return sumRun64(x, start, half) + sumRun64(x, start + half, length - half);
  }
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const end = start + length;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    s0 += x[i]!;
    s1 += x[i + 1]!;
    s2 += x[i + 2]!;
    s3 += x[i + 3]!;
  }
  for (; i < end; i++) s0 += x[i]!;
  return s0 + s1 + (s2 + s3);
}

/** `sums[j] = sum over rows of x[start + row * stride + j]`. */
function addRows32(
  x: Float32Array,
  start: number,
  stride: number,
  rows: number,
  sums: Float64Array,
  width: number,
): void {
  sums.fill(0);
  for (let row = 0; row < rows; row++) {
    const at = start + row * stride;
    for (let j = 0; j < width; j++) sums[j]! += x[at + j]!;
  }
}

function addRows64(
  x: Float64Array,
  start: number,
  stride: number,
  rows: number,
  sums: Float64Array,
  width: number,
): void {
  if (rows > BLOCK) {
    const half = Math.ceil(rows / 2 / BLOCK) * BLOCK;
    const second = new Float64Array(width);
    addRows64(x, start, stride, half, sums, width);
    addRows64(x, start + half * stride, stride, rows - half, second, width);
    for (let j = 0; j < width; j++) sums[j]! += second[j]!;
    return;
  }
  sums.fill(0);
  for (let row = 0; row < rows; row++) {
    const at = start + row * stride;
    for (let j = 0; j < width; j++) sums[j]! += x[at + j]!;
  }
}

/** Stores of an Int32Array wrap the sum, as int32 arithmetic does. */
const sumInt32: Stage = (source, target, outer, length, inner) => {
  for (let o = 0; o < outer; o++) {
    const out = o * inner;
    target.fill(0, out, out + inner);
    for (let row = 0; row < length; row++) {
      const at = (o * length + row) * inner;
      for (let j = 0; j < inner; j++) target[out + j]! += source[at + j]!;
    }
  }
};

export function prodKernel(x: HostArray, out: HostArray, axes: readonly number[]): void {
  if (x.data.length === 0) out.data.fill(1);
  else if (x.dtype === 'int32') reduceAxes(x, out, axes, prodInt32, 'int32');
  else reduceAxes(x, out, axes, prodFloat, 'float64');
}

const prodFloat: Stage = (source, target, outer, length, inner) => {
  const products = new Float64Array(inner);
  for (let o = 0; o < outer; o++) {
    products.fill(1);
    for (let row = 0; row < length; row++) {
      const at = (o * length + row) * inner;
      for (let j = 0; j < inner; j++) products[j]! *= source[at + j]!;
    }
    for (let j = 0; j < inner; j++) target[o * inner + j] = products[j]!;
  }
};

const prodInt32: Stage = (source, target, outer, length, inner) => {
  for (let o = 0; o < outer; o++) {
    const out = o * inner;
    target.fill(1, out, out + inner);
    for (let row = 0; row < length; row++) {
      const at = (o * length + row) * inner;
      for (let j = 0; j < inner; j++) target[out + j] = Math.imul(target[out + j]!, source[at + j]!);
    }
  }
};

export function maxKernel(x: HostArray, out: HostArray, axes: readonly number[]): void {
  if (out.data.length > 0) reduceAxes(x, out, axes, maxStage, x.dtype);
}

export function minKernel(x: HostArray, out: HostArray, axes: readonly number[]): void {
  if (out.data.length > 0) reduceAxes(x, out, axes, minStage, x.dtype);
}

// `v !== v` lets a NaN in; once it is there no comparison with it is true, so it stays.

const maxStage: Stage = (source, target, outer, length, inner) => {
  for (let o = 0; o < outer; o++) {
    let at = o * length * inner;
    if (inner === 1) {
      let best = source[at]!;
      for (let i = at + 1; i < at + length; i++) {
        const v = source[i]!;
        if (v > best || v !== v) best = v;
      }
      target[o] = best;
      continue;
    }
    const out = o * inner;
    for (let j = 0; j < inner; j++) target[out + j] = source[at + j]!;
    for (let row = 1; row < length; row++) {
      at += inner;
      for (let j = 0; j < inner; j++) {
        const v = source[at + j]!;
        if (v > target[out + j]! || v !== v) target[out + j] = v;
      }
    }
  }
};

const minStage: Stage = (source, target, outer, length, inner) => {
  for (let o = 0; o < outer; o++) {
    let at = o * length * inner;
    if (inner === 1) {
      let best = source[at]!;
      for (let i = at + 1; i < at + length; i++) {
        const v = source[i]!;
        if (v < best || v !== v) best = v;
      }
      target[o] = best;
      continue;
    }
    const out = o * inner;
    for (let j = 0; j < inner; j++) target[out + j] = source[at + j]!;
    for (let row = 1; row < length; row++) {
      at += inner;
      for (let j = 0; j < inner; j++) {
        const v = source[at + j]!;
        if (v < target[out + j]! || v !== v) target[out + j] = v;
      }
    }
  }
};

/** [outer, length, inner] around one axis. */
export function aroundAxis(shape: Shape, axis: number): { outer: number; length: number; inner: number } {
  let outer = 1;
  let inner = 1;
  for (let i = 0; i < axis; i++) outer *= shape[i]!;
  for (let i = axis + 1; i < shape.length; i++) inner *= shape[i]!;
  return { outer, length: shape[axis]!, inner };
}

/** Position of the first extreme along `axis`; a NaN is more extreme than any number. */
export function argExtremeKernel(x: HostArray, out: HostArray, axis: number, wantMax: boolean): void {
  const { outer, length, inner } = aroundAxis(x.shape, axis);
  const source = x.data;
  const target = out.data;
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j++) {
      const start = o * length * inner + j;
      let best = source[start]!;
      let position = 0;
      // Once `best` is NaN nothing can replace it.
      for (let i = 1, at = start + inner; i < length && best === best; i++, at += inner) {
        const v = source[at]!;
        if ((wantMax ? v > best : v < best) || v !== v) {
          best = v;
          position = i;
        }
      }
      target[o * inner + j] = position;
    }
  }
}

export function cumsumKernel(x: HostArray, out: HostArray, axis: number, reverse: boolean): void {
  const { outer, length, inner } = aroundAxis(x.shape, axis);
  const source = x.data;
  const target = out.data;
  const isInt = x.dtype === 'int32';
  const sums = new Float64Array(inner);
  for (let o = 0; o < outer; o++) {
    sums.fill(0);
    for (let i = 0; i < length; i++) {
      const at = (o * length + (reverse ? length - 1 - i : i)) * inner;
      for (let j = 0; j < inner; j++) {
        const sum = sums[j]! + source[at + j]!;
        sums[j] = isInt ? sum | 0 : sum;
        target[at + j] = sum;
      }
    }
  }
}
