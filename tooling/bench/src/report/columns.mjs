/** The columns of all tables, in order: the labels of peers/index.mjs. */
export const labels = [
  'Trellis',
  'Trellis without BLAS',
  'PyTorch',
  'NumPy',
  'tfjs-wasm',
  'tfjs-cpu',
  'jax-js',
];

/** Results by peer as results by column: of peers that share one (numbers of threads), the fastest that is right. */
export function byLabel(peers, results) {
  const columns = {};
  for (const { name, label } of peers) {
    const result = results[name];
    if (result === undefined) continue;
    const best = columns[label];
    if (best === undefined || rank(result) < rank(best)) columns[label] = { ...result, peer: name };
  }
  return columns;
}

function rank({ reason, milliseconds }) {
  return reason === undefined ? milliseconds : Infinity;
}

/** The time in milliseconds of a column of a row; undefined where there is none, or it was for a wrong result. */
export function timeOf({ results }, label) {
  const result = results[label];
  return result === undefined || result.reason !== undefined ? undefined : result.milliseconds;
}

/** Trellis's time over the best of these columns; undefined where one of both is missing. */
export function ratio(row, others, label = 'Trellis') {
  const times = others.map((other) => timeOf(row, other)).filter((time) => time !== undefined);
  const own = timeOf(row, label);
  return own === undefined || times.length === 0 ? undefined : own / Math.min(...times);
}
