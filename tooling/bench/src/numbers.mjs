/**
 * Starting numbers that every peer computes alike, in JavaScript here and in NumPy in peers/python/numbers.py: the
 * index and the seed through the 32-bit finalizer of MurmurHash3 (Appleby), scaled to low..high in float64.
 */
export function numbers(count, { seed, low = -1, high = 1, dtype = 'float32' }) {
  const out = dtype === 'float64' ? new Float64Array(count) : new Float32Array(count);
  const scale = (high - low) / 2 ** 32;
  for (let i = 0; i < count; i++) out[i] = low + scale * hash(i, seed);
  return out;
}

/** Class numbers 0..classes-1, as int32. */
export function labels(count, classes, seed) {
  return Int32Array.from({ length: count }, (_, i) => hash(i, seed) % classes);
}

function hash(index, seed) {
  let h = (index + Math.imul(seed, 0x9e3779b9)) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A symmetric matrix, `shift` added to its diagonal: with a shift of n it is positive definite. */
export function symmetric(n, { seed, dtype, shift = 0 }) {
  const a = numbers(n * n, { seed, dtype });
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = (a[i * n + j] + a[j * n + i]) / 2;
    a[i * n + i] += shift;
  }
  return a;
}

/** The parameters of a model, uniform in ±1/√fan: the specifications of subjects/models.mjs to { path: numbers }. */
export function parameters(specification) {
  const entries = Object.entries(specification).map(([path, { shape, fan }], i) => {
    const bound = 1 / Math.sqrt(fan);
    const count = shape.reduce((a, b) => a * b, 1);
    return [path, numbers(count, { seed: 10 + i, low: -bound, high: bound })];
  });
  return Object.fromEntries(entries);
}

/** Numbers of `shape` with its axes in another order, for peers that store them so. */
export function permuted(values, shape, order) {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const out = new values.constructor(values.length);
  let at = 0;
  const visit = (depth, offset) => {
    if (depth === order.length) {
      out[at++] = values[offset];
      return;
    }
    const axis = order[depth];
    for (let i = 0; i < shape[axis]; i++) visit(depth + 1, offset + i * strides[axis]);
  };
  visit(0, 0);
  return out;
}

/** The mean of the magnitudes: what a result is checked by. */
export function meanMagnitude(values) {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.abs(values[i]);
  return sum / values.length;
}
