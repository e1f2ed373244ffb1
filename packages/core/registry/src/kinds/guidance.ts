import type { Tensor } from '@core/tensor';

/**
 * The denoiser of a diffusion model: predicts the noise in `x` at `time`.
 *
 * Shapes: `x` and the result `[batch, ...]`, `time` a scalar or `[batch]`, `condition` `[batch, ...]`.
 */
export type Denoiser = (x: Tensor, time: Tensor, condition?: Tensor) => Tensor;

/** Bends a denoiser towards a condition or a reward. Guidances compose: `a(b(denoiser))`. */
export type Guidance = (denoiser: Denoiser) => Denoiser;
