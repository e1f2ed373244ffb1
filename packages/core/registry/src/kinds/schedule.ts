import type { Tensor } from '@core/tensor';

/**
 * A hyperparameter as a function of the step count, which starts at 0.
 *
 * Given a JS number it may return a JS number; given a tensor (scalar int32, possibly traced by `jit`) it is written
 * with tensor operations and returns a scalar tensor. Both give the same value.
 */
export type Schedule = (count: Tensor | number) => Tensor | number;
