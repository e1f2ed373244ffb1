import { Tensor, tensor } from '@core/tensor';
import type { Schedule } from '../../src/index.js';

export function create({ start, factor }: { readonly start: number; readonly factor: number }): Schedule {
  return (count) =>
    count instanceof Tensor ? tensor(factor).pow(count).mul(start) : start * factor ** count;
}
