import { jit, tensor, valueAndGrad } from '@core/tensor';
import { applyUpdates } from '@plugins/optim';

export const range = (count) => Array.from({ length: count }, (_, i) => i + 1);

/** Numbers in [0, 1) of a small generator (mulberry32). */
export function uniforms(seed, count) {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  return Float64Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  });
}

/** Normal numbers, by Box and Muller. */
export function normals(seed, count) {
  const u = uniforms(seed, 2 * count);
  return Float64Array.from(
    { length: count },
    (_, i) =>
    Math.sqrt(-2 * Math.log(1 - u[2 * i])) * Math.cos(2 * Math.PI * u[2 * i + 1]), // prettier-ignore
  );
}

export const f64 = (values) => tensor(values, { dtype: 'float64' });

export function normal(seed, shape) {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(normals(seed, size), { shape });
}

/**
 * Follows an optimizer down a loss, compiled.
 *
 * @param loss of the parameters, and of what `batchOf` gives for the step
 * @param seen is called with the loss before each step, and with the parameters after it; returning true ends it
 */
export function descend({ loss, start, optimizer, steps, batchOf = () => undefined, seen = () => false }) {
  const step = jit((params, state, batch) => {
    const [value, grads] = valueAndGrad((p) => loss(p, batch))(params);
    const next = optimizer.update(grads, state, params);
    return { value, params: applyUpdates(params, next.updates), state: next.state };
  });
  let at = { params: start, state: optimizer.init(start) };
  for (let t = 0; t < steps; t++) {
    at = step(at.params, at.state, batchOf(t) ?? null);
    if (seen(at.value.item(), at.params, t, at.state)) break;
  }
  step.dispose();
  return at.params;
}

/** The rate of a grid whose runs are best over all seeds: `score(rate, seed)`, lower is better. */
export function bestRate(rates, seeds, score) {
  const table = rates.map((rate) => seeds.map((seed) => score(rate, seed)));
  const mean = (row) => row.reduce((a, b) => a + b, 0) / row.length;
  const best = table.reduce((least, row, i) => (mean(row) < mean(table[least]) ? i : least), 0);
  return { rate: rates[best], scores: table[best] };
}
