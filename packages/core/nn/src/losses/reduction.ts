import { ArgumentError } from '@core/tensor';
import type { Tensor } from '@core/tensor';
import { notEmpty } from '../check.js';

/** What becomes of the elements' losses: their mean (default), their sum, or nothing. */
export type Reduction = 'mean' | 'sum' | 'none';

export interface ReductionOption {
  readonly reduction?: Reduction;
}

export function reduceLoss(loss: string, elements: Tensor, reduction: Reduction): Tensor {
  switch (reduction) {
    case 'mean':
      notEmpty(loss, elements);
      return elements.mean();
    case 'sum':
      return elements.sum();
    case 'none':
      return elements;
    default:
      throw new ArgumentError(`${loss}: reduction must be mean, sum or none, got ${String(reduction)}`);
  }
}
