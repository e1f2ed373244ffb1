import type { BlockProblem } from '../problem.js';

/** f + ½ l2 ‖x‖². */
export function ridge(problem: BlockProblem, l2: number): BlockProblem {
  if (l2 === 0) return problem;
  const onDiagonal = (h: Float64Array, size: number): Float64Array => {
    for (let i = 0; i < size; i++) h[i * size + i]! += l2;
    return h;
  };
  return {
    ...problem,
    lipschitz: problem.lipschitz.map((l) => l + l2),
    value: (point) => problem.value(point) + 0.5 * l2 * point.x.reduce((sum, x) => sum + x * x, 0),
    gradient: (point, block) =>
      problem.gradient(point, block).map((g, k) => g + l2 * point.x[block?.[k] ?? k]!),
    hessian: (point, block) => onDiagonal(problem.hessian(point, block), block.length),
    bound: (block) => onDiagonal(problem.bound(block), block.length),
    boundTimes: (v) => problem.boundTimes(v).map((h, i) => h + l2 * v[i]!),
    boundRowSums: () => problem.boundRowSums().map((sum) => sum + l2),
  };
}
