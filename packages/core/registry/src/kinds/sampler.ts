import type { Tensor } from '@core/tensor';
import type { Denoiser } from './guidance.js';

export interface SampleOptions {
  /** Passed on to the denoiser, `[shape[0], ...]`. */
  readonly condition?: Tensor;
  /** Called after each step with the steps done and their number. */
  readonly onStep?: (done: number, total: number) => void;
}

/** Draws samples from a denoiser. The same key gives the same samples; `shape` is `[batch, ...]`. */
export interface Sampler {
  sample(
    denoiser: Denoiser,
    key: Tensor,
    shape: readonly number[],
    options?: SampleOptions,
  ): Tensor | Promise<Tensor>;
}
