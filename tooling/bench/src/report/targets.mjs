import { ratio, timeOf } from './columns.mjs';

const series = (names, low, high) => (subject) =>
  names.includes(subject.series) && subject.size >= low && subject.size <= high;

const gemm = series(['matmul float32', 'matmul float64'], 256, 2048);
const adamw = series(['adamw'], 1e6, 1e7);
const memory = (subject) =>
  subject.suite === 'elementwise' && series(['add', 'mul', 'sum'], 1e7, 1e7)(subject);
const curves = (subject) =>
  subject.suite === 'elementwise' && series(['exp', 'tanh', 'log'], 1e6, 1e6)(subject);
const steps = (subject) => subject.suite === 'steps';
const step = (kind) => (subject) => subject.kind === kind;
const among =
  (...tests) =>
  (subject) =>
    tests.some((test) => test(subject));

/** What Trellis is to reach: its time over that of the best of the peers, at most, for every subject that `of` picks. */
const targets = [
  { work: 'gemm f32 and f64, 256-2048', of: gemm, peers: ['PyTorch'], atMost: 1.1 },
  {
    work: 'same without BLAS',
    of: gemm,
    label: 'Trellis without BLAS',
    peers: ['tfjs-wasm'],
    atMost: 0.8,
  },
  { work: 'AdamW step, 1e6-1e7 parameters (compiled)', of: adamw, peers: ['PyTorch'], atMost: 0.25 },
  { work: 'add, mul, sum, 1e7', of: memory, peers: ['PyTorch'], atMost: 1.1 },
  { work: 'exp, tanh, log, 1e6', of: curves, peers: ['PyTorch'], atMost: 2 },
  { work: 'MLP training step (compiled)', of: step('mlpStep'), peers: ['PyTorch'], atMost: 0.7 },
  { work: 'CNN training step (compiled)', of: step('cnnStep'), peers: ['PyTorch'], atMost: 1.2 },
  { work: 'transformer block step (compiled)', of: step('transformerStep'), peers: ['PyTorch'], atMost: 1.2 },
  {
    work: 'every one of these',
    of: among(gemm, adamw, memory, curves, steps),
    peers: ['tfjs-wasm', 'jax-js'],
    atMost: 0.5,
  },
  {
    work: 'eigh, svd, cholesky with LAPACK',
    of: ({ suite }) => suite === 'linalg',
    peers: ['NumPy'],
    atMost: 1.2,
  },
  {
    work: 'eager op on 10 elements',
    of: ({ suite }) => suite === 'eager',
    peers: ['tfjs-wasm'],
    atMost: 0.5,
  },
];

/**
 * Each target against these rows: { work, peers, atMost, worst, missed, compared }. `worst` is the subject with the
 * greatest ratio, `missed` are those above the target, both { name, ratio }: infinite where Trellis has no time, or a
 * wrong result. Subjects that none of the peers has a time for are left out.
 */
export function judge(rows) {
  return targets.map(({ of, label = 'Trellis', ...target }) => {
    const compared = rows.filter(
      (row) => of(row.subject) && target.peers.some((peer) => timeOf(row, peer) !== undefined),
    );
    const ratios = compared.map((row) => ({
      name: row.subject.name,
      ratio: ratio(row, target.peers, label) ?? Infinity,
    }));
    return {
      ...target,
      compared: ratios.length,
      worst: ratios.reduce((worst, one) => (one.ratio > (worst?.ratio ?? -1) ? one : worst), undefined),
      missed: ratios.filter((one) => one.ratio > target.atMost),
    };
  });
}
