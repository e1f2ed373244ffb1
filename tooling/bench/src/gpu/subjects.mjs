import { subjects, short } from '../subjects/index.mjs';

const gemm = [256, 512, 1024, 2048, 4096].map((n) => ({
  suite: 'gemm',
  series: 'matmul',
  name: `matmul ${n}`,
  kind: 'matmul',
  dtype: 'float32',
  size: n,
  work: 2 * n ** 3,
  flops: true,
}));

/** Bytes read and written for each element. */
const operations = { add: 12, exp: 8, sum: 4 };
const elementwise = Object.entries(operations).flatMap(([operation, bytes]) =>
  [1e6, 1e7, 1e8].map((n) => ({
    suite: 'elementwise',
    series: operation,
    name: `${operation} ${short(n)}`,
    kind: 'elementwise',
    operation,
    size: n,
    work: n,
    bytes: bytes * n,
  })),
);

/** What is measured on a GPU: convolutions and training steps are those of the CPU's benchmark. */
export function gpuSubjects(quick) {
  const all = [
    ...gemm,
    ...elementwise,
    ...subjects.filter(({ suite, size }) => suite === 'conv' && (quick ? size === 8 : size >= 32)),
    ...subjects.filter(({ suite }) => suite === 'steps'),
  ];
  return quick ? all.filter(({ suite, size }) => !(suite === 'gemm' && size > 512) && !(size > 1e6)) : all;
}
