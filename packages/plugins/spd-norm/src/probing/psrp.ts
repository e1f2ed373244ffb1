import { atLeastOne, checkOptions, flag } from '@core/registry/checks';
import { ShapeError, random, relu, zeros, type Shape, type Tensor } from '@core/tensor';
import { linear, type InitOptions } from '@core/nn';
import { head, weightsRule, type Weights } from './mhc3.js';

export interface PsrpOptions {
  /** Numbers between down and up. Default 16. */
  readonly reduction?: number;
  /**
   * Scale and shift start at 0, so that a block starts as it was. Default false: in the official code they start at random, and disturb
   * the pretrained network at the first step.
   */
  readonly zeroInit?: boolean;
  /** Default `'normal'`. */
  readonly weights?: Weights;
}

/** down [reduction, channels], which scale and shift share, and one up [channels, reduction] for each; no biases. */
export type PsrpParams = { down: Tensor; scale: Tensor; shift: Tensor };

export interface Psrp {
  /** @throws ShapeError for examples without channels */
  init(key: Tensor, inputShape: Shape, options?: InitOptions): { params: PsrpParams };
  /** x [..., channels] to scale and shift [..., channels] each. */
  apply(params: PsrpParams, x: Tensor): { scale: Tensor; shift: Tensor };
}

/**
 * Partially shared recalibrating parameters: r = relu(D x), scale = U_s r, shift = U_b r, at each token by itself. The number of parameters
 * is 3 · channels · reduction.
 *
 * @throws ArgumentError
 * Source: Gao et al. 2023; `PSRP` of mingzeG/Moment-Probing.
 */
export function psrp(options: PsrpOptions = {}): Psrp {
  checkOptions('psrp', options, { reduction: atLeastOne, zeroInit: flag, weights: weightsRule });
  const { reduction = 16, zeroInit = false, weights = 'normal' } = options;
  return {
    init: (key, inputShape, { dtype = 'float32' } = {}) => {
      const channels = inputShape.at(-1) ?? 0;
      if (channels === 0)
        throw new ShapeError(`psrp: examples must be [..., channels], got [${inputShape.join(',')}]`);
      const [k0, k1, k2] = random.split(key, 3) as [Tensor, Tensor, Tensor];
      const up = (each: Tensor): Tensor =>
        zeroInit
          ? zeros([channels, reduction], { dtype })
          : head(channels, weights).init(each, [reduction], { dtype }).params.weight;
      const down = head(reduction, weights).init(k0, [channels], { dtype }).params.weight;
      return { params: { down, scale: up(k1), shift: up(k2) } };
    },
    apply: (params, x) => {
      const shared = relu(linear(x, { weight: params.down }));
      return {
        scale: linear(shared, { weight: params.scale }),
        shift: linear(shared, { weight: params.shift }),
      };
    },
  };
}
