/** ½ tr((I - W)^T S (I - W)) with S = X^T X / n, which is |X - X W|² / 2n. Matrices are [nodes, nodes], row-major. */
export function squaredLoss(gram: Float64Array, weights: Float64Array, nodes: number): number {
  let sum = 0;
  const residual = new Float64Array(nodes);
  for (let b = 0; b < nodes; b++) {
    for (let a = 0; a < nodes; a++) residual[a] = (a === b ? 1 : 0) - weights[a * nodes + b]!;
    for (let a = 0; a < nodes; a++) {
      if (residual[a] === 0) continue;
      let product = 0;
      for (let c = 0, row = a * nodes; c < nodes; c++) product += gram[row + c]! * residual[c]!;
      sum += residual[a]! * product;
    }
  }
  return sum / 2;
}

export const absoluteSum = (values: Float64Array): number =>
  values.reduce((sum, value) => sum + Math.abs(value), 0);
