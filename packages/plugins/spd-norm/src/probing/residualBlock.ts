import { checkOptions, flag, oneOf } from '@core/registry/checks';
import { random, tree, type Shape, type Tensor, type Tree } from '@core/tensor';
import {
  activationNamed,
  layerNorm,
  learned,
  linear,
  multiHeadAttention,
  transformerLayer,
  type ApplyOptions,
  type Empty,
  type InitOptions,
  type Layer,
  type TransformerBlockOptions,
  type TransformerBlockParams,
} from '@core/nn';
import type { Psrp, PsrpParams } from './psrp.js';

/**
 * A block of a pretrained network in its parts, so that something can be done to one of them: out = x₁ + close(branch(x₁)) with x₁ = mix(x).
 * The parts are traced and keep the shape [batch, ..., channels].
 */
export interface ResidualBlock<P extends Tree = Tree> {
  init(key: Tensor, inputShape: Shape, options?: InitOptions): { params: P };
  /** x + Attention(LN(x)) in a transformer; x itself where there is one branch only (ConvNeXt). */
  mix(params: P, x: Tensor, options: ApplyOptions): Tensor;
  /** MLP(LN(x₁)). */
  branch(params: P, x: Tensor, options: ApplyOptions): Tensor;
  /** What is done to the branch before it is added, such as a layer scale or stochastic depth. Absent: nothing. */
  close?(params: P, branch: Tensor, options: ApplyOptions): Tensor;
}

/** `transformerLayer` of @core/nn (normalised first, without dropout) in its parts; parameters are the same, and so are results. */
export function transformerParts(
  heads: number,
  options: Pick<TransformerBlockOptions, 'hidden' | 'activation' | 'epsilon'> = {},
): ResidualBlock<TransformerBlockParams> {
  const { activation = 'gelu', epsilon = 1e-5 } = options;
  const act = activationNamed(activation);
  const layer = transformerLayer(heads, options);
  return {
    init: (key, inputShape, settings) => layer.init(key, inputShape, settings),
    mix: ({ attention, norm1 }, x) =>
      x.add(multiHeadAttention(layerNorm(x, norm1, { epsilon }), attention, { heads }).output),
    branch: ({ norm2, linear1, linear2 }, x) =>
      linear(act(linear(layerNorm(x, norm2, { epsilon }), linear1)), linear2),
  };
}

export interface BlockWithPsrpOptions {
  /**
   * What scale and shift are computed from: x₁ (`'residual'`, default; official for ViT, Swin and AS-MLP) or what the branch gave
   * (`'branch'`; official for ConvNeXt).
   */
  readonly input?: 'residual' | 'branch';
  /** The block's own parameters are constants for gradients. Default true. */
  readonly frozen?: boolean;
}

/**
 * A block whose branch is scaled and shifted before it is added (the MP+ variant of moment probing):
 *
 *     out = x₁ + shift + (scale + 1) · MLP(LN(x₁)),   (scale, shift) = psrp(x₁)
 *
 * Examples [..., channels]; the shape stays. Parameters: `{ block, psrp }`.
 *
 * @throws ArgumentError
 * Source: Gao et al. 2023; mingzeG/Moment-Probing.
 */
export function blockWithPsrp<P extends Tree>(
  block: ResidualBlock<P>,
  recalibration: Psrp,
  options: BlockWithPsrpOptions = {},
): Layer<{ block: P; psrp: PsrpParams }, Empty> {
  const owner = 'blockWithPsrp';
  checkOptions(owner, options, { input: oneOf('residual', 'branch'), frozen: flag });
  const { input = 'residual', frozen = true } = options;
  return learned<{ block: P; psrp: PsrpParams }>(
    owner,
    (key, inputShape, dtype) => {
      const [blockKey, psrpKey] = random.split(key);
      const params = {
        block: block.init(blockKey, inputShape, { dtype }).params,
        psrp: recalibration.init(psrpKey, inputShape, { dtype }).params,
      };
      return { params, outputShape: inputShape };
    },
    (params, x, applied) => {
      const own = frozen ? tree.map((leaf: Tensor) => leaf.stopGradient(), params.block) : params.block;
      return throughBlock(block, own, x, applied, (branch, mixed) => {
        const { scale, shift } = recalibration.apply(params.psrp, input === 'residual' ? mixed : branch);
        return shift.add(branch.mul(scale.add(1)));
      });
    },
  );
}

/** A block, with something done to its branch. */
export function throughBlock<P extends Tree>(
  block: ResidualBlock<P>,
  params: P,
  x: Tensor,
  options: ApplyOptions,
  change: (branch: Tensor, mixed: Tensor) => Tensor = (same) => same,
): Tensor {
  const mixed = block.mix(params, x, options);
  const changed = change(block.branch(params, mixed, options), mixed);
  return mixed.add(block.close === undefined ? changed : block.close(params, changed, options));
}
