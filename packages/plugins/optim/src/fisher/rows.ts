import { fused, type DType, type Tensor } from '@core/tensor';
import { scalarDType } from '../math.js';

/** The dot product of each row of a [m, d] with b [d], in float64 where the backend has it. One pass, no copies. */
export function dotRows(rows: Tensor, x: Tensor): Tensor {
  return dotRowsIn(rows, x, scalarDType());
}

const dotRowsIn = fused(function dotRows(rows: Tensor, x: Tensor, dtype: DType): Tensor {
  return rows.cast(dtype).mul(x.cast(dtype)).sum(1);
});

/** The sum of the rows of a [m, d], each times its weight [m]: [d], in the rows' dtype. */
export function combineRows(rows: Tensor, weights: Tensor): Tensor {
  return weights.cast(rows.dtype).matmul(rows);
}
