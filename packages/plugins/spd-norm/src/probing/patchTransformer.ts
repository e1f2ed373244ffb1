import { atLeastOne, check, checkOptions, type Rule } from '@core/registry/checks';
import { ShapeError, concat, random, tree, zeros, type Shape, type Tensor } from '@core/tensor';
import {
  dense,
  layerNorm,
  layerNormalization,
  learned,
  linear,
  normal,
  type AffineParams,
  type Empty,
  type Layer,
  type LinearParams,
  type TransformerBlockParams,
} from '@core/nn';
import type { Psrp, PsrpParams } from './psrp.js';
import { blockWithPsrp, throughBlock, transformerParts } from './residualBlock.js';

export interface PatchTransformerOptions {
  /** Side of the patches; it divides height and width. Default 4. */
  readonly patch?: number;
  /** Channels of a token. Default 32. */
  readonly width?: number;
  /** Of attention; they divide the width. Default 4. */
  readonly heads?: number;
  /** Blocks. Default 2. */
  readonly layers?: number;
}

export const patchTransformerRules: Readonly<Record<keyof PatchTransformerOptions, Rule>> = {
  patch: atLeastOne,
  width: atLeastOne,
  heads: atLeastOne,
  layers: atLeastOne,
};

export type PatchTransformerParams = {
  patches: LinearParams;
  classToken: Tensor;
  positions: Tensor;
  blocks: TransformerBlockParams[];
  norm: AffineParams;
};

/**
 * A small vision transformer: pictures [channels, height, width] to tokens [1 + patches, width], the class token first, normalised at the
 * end. Blocks are `transformerLayer`s whose hidden width is twice the width.
 *
 * @throws ArgumentError; ShapeError for pictures that the patches do not divide
 * Source: Dosovitskiy et al. 2021, in small.
 */
export function patchTransformer(
  options: PatchTransformerOptions = {},
): Layer<PatchTransformerParams, Empty> {
  const { owner, patch, width, layers, block } = settings(options);
  return learned<PatchTransformerParams>(
    owner,
    (key, inputShape, dtype) => {
      const [tokens, size] = patchesOf(owner, inputShape, patch);
      const [k0, k1, ...keys] = random.split(key, 2 + layers) as [Tensor, Tensor, ...Tensor[]];
      const shape = [1 + tokens, width];
      const params = {
        patches: dense(width).init(k0, [size], { dtype }).params,
        classToken: zeros([width], { dtype }),
        positions: normal(0.02)(k1, shape, { dtype }),
        blocks: keys.map((each) => block.init(each, shape, { dtype }).params),
        norm: layerNormalization().init(key, [width], { dtype }).params,
      };
      return { params, outputShape: shape };
    },
    (params, x) => {
      const through = (tokens: Tensor): Tensor =>
        params.blocks.reduce((at, own) => throughBlock(block, own, at, {}), tokens);
      return tokensThrough(owner, patch, params, x, through);
    },
  );
}

/**
 * The same network, frozen, with its blocks recalibrated (MP+). Parameters: `{ backbone, psrp }`, of which `psrp`, one for each block, has
 * gradients.
 */
export function recalibratedTransformer(
  options: PatchTransformerOptions,
  recalibration: Psrp,
): Layer<{ backbone: PatchTransformerParams; psrp: PsrpParams[] }, Empty> {
  const { owner, patch, width, layers, block } = settings(options);
  const recalibrated = blockWithPsrp(block, recalibration);
  const plain = patchTransformer(options);
  return learned<{ backbone: PatchTransformerParams; psrp: PsrpParams[] }>(
    owner,
    (key, inputShape, dtype) => {
      const [backboneKey, ...keys] = random.split(key, 1 + layers) as [Tensor, ...Tensor[]];
      const { params, outputShape } = plain.init(backboneKey, inputShape, { dtype });
      const psrp = keys.map((each) => recalibration.init(each, [width], { dtype }).params);
      return { params: { backbone: params, psrp }, outputShape };
    },
    ({ backbone, psrp }, x) => {
      const frozen = tree.map((leaf: Tensor) => leaf.stopGradient(), backbone);
      const through = (tokens: Tensor): Tensor =>
        frozen.blocks.reduce((at, own, i) => {
          const params = { block: own, psrp: psrp[i]! }; // one for each block
          return recalibrated.apply(params, {}, at).output;
        }, tokens);
      return tokensThrough(owner, patch, frozen, x, through);
    },
  );
}

function settings(options: PatchTransformerOptions) {
  const owner = 'patchTransformer';
  checkOptions(owner, options, patchTransformerRules);
  const { patch = 4, width = 32, heads = 4, layers = 2 } = options;
  check(owner, 'width', width, {
    words: `a multiple of the ${heads} heads`,
    holds: () => width % heads === 0,
  });
  return { owner, patch, width, layers, block: transformerParts(heads, { hidden: 2 * width }) };
}

/** Patches of a picture, and numbers in one. @throws ShapeError */
function patchesOf(owner: string, shape: Shape, patch: number): readonly [number, number] {
  const [channels = 0, height = 0, width = 0] = shape;
  if (shape.length !== 3 || height * width === 0 || height % patch !== 0 || width % patch !== 0)
    throw new ShapeError(
      `${owner}: examples must be pictures [channels, height, width] of whole patches ${patch} x ${patch}, got [${shape.join(',')}]`,
    );
  return [(height / patch) * (width / patch), channels * patch * patch];
}

function tokensThrough(
  owner: string,
  patch: number,
  { patches, classToken, positions, norm }: PatchTransformerParams,
  x: Tensor,
  blocks: (tokens: Tensor) => Tensor,
): Tensor {
  const [tokens, size] = patchesOf(owner, x.shape.slice(1), patch);
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  const rows = x
    .reshape([batch, channels, height / patch, patch, width / patch, patch])
    .transpose([0, 2, 4, 1, 3, 5])
    .reshape([batch, tokens, size]);
  const first = classToken.broadcastTo([batch, 1, classToken.size]);
  return layerNorm(blocks(concat([first, linear(rows, patches)], 1).add(positions)), norm);
}
