import { atLeastOne, check, checkOptions, flag, oneOf, wholeNumber, type Rule } from '@core/registry/checks';
import { concat, conv2d, gelu, random, type Tensor } from '@core/tensor';
import {
  dense,
  fanInUniform,
  layerNorm,
  layerNormalization,
  learned,
  linear,
  normal,
  type AffineParams,
  type Empty,
  type Layer,
  type LinearParams,
} from '@core/nn';
import { safeRoot } from '../matrices/support.js';
import { centerRule, crossCovariance, type Center } from './crossCovariance.js';
import { crossTypeRule, headPairs, type CrossType } from './headPairs.js';
import { tokensOf, tokenShape } from './tokens.js';

/**
 * How linear layers start: `'normal'` N(0, 0.02²) with biases of 0, which is what the official ViT and Swin do to all their linear layers;
 * `'uniform'` U(±1/√in), PyTorch's default, which the official ConvNeXt and AS-MLP leave.
 */
export type Weights = 'normal' | 'uniform';

export const weightsRule = oneOf('normal', 'uniform');

/** A linear layer that starts so. */
export const head = (size: number, weights: Weights): Layer<LinearParams, Empty> =>
  dense(size, weights === 'normal' ? { initializer: normal(0.02) } : {});

export interface Mhc3Options {
  /** Channels after the projection, over all heads. Default 512. */
  readonly hidden?: number;
  /** Default 4. They divide `hidden`. */
  readonly heads?: number;
  /** Which heads meet. Default `'near'`. */
  readonly crossType?: CrossType;
  /**
   * Which channels a head has: of h heads of c channels, head k has c·k, c·k + 1, … (`'contiguous'`, default; official for ViT and
   * Swin) or k, k + h, k + 2h, … (`'interleaved'`; official for ConvNeXt and AS-MLP).
   */
  readonly layout?: 'contiguous' | 'interleaved';
  /** Default `'global'`, as the official code; `'token'` makes covariances. See `crossCovariance`. */
  readonly center?: Center;
  /** Scales each column of a covariance to length 1 (axis of the first head). Default true, and false for `'cn2'`, as the official ViT. */
  readonly normalize?: boolean;
  /** Pairs of convolutions 3 x 3 with stride 2. Default 1. */
  readonly convBlocks?: number;
  /** Default `'normal'`. */
  readonly weights?: Weights;
}

export const mhc3Rules: Readonly<Record<keyof Mhc3Options, Rule>> = {
  hidden: atLeastOne,
  heads: atLeastOne,
  crossType: crossTypeRule,
  layout: oneOf('contiguous', 'interleaved'),
  center: centerRule,
  normalize: flag,
  convBlocks: wholeNumber,
  weights: weightsRule,
};

/** One normalisation for all heads, and two weights [pairs, pairs, 3, 3] for each block. */
export type Mhc3Params = { projection: LinearParams; norm: AffineParams; convolutions: Tensor[] };

/**
 * Multi-head convolutional cross-covariance: second moments of tokens, as a vector.
 *
 * Tokens are projected to h heads of c channels, each head is layer-normalised (by one normalisation, ε 1e-5), pairs of heads make
 * cross-covariances [c, c] whose columns have length 1, and the pairs are the channels of a small convolutional network (3 x 3,
 * stride 2, no padding, no bias; GELU between the two of a block).
 *
 * Examples are tokens [tokens, channels], or maps [channels, height, width] of which positions are the tokens. Output: [features], p·s² with
 * p pairs and s = c after two times (s - 3)/2 + 1, rounded down, for each block. The default has 3 · 31² = 2883.
 *
 * @throws ArgumentError for heads that do not divide `hidden`, or a c of which the convolutions leave nothing; ShapeError
 * Source: Gao et al. 2023 (Moment Probing). The official code has 3 channels and 2883 features written in; here they follow
 *   from the options.
 */
export function mhc3(options: Mhc3Options = {}): Layer<Mhc3Params, Empty> {
  const owner = 'mhc3';
  checkOptions(owner, options, mhc3Rules);
  const { hidden = 512, heads = 4, crossType = 'near', layout = 'contiguous', center = 'global' } = options;
  const { normalize = crossType !== 'cn2', convBlocks = 1, weights = 'normal' } = options;
  check(owner, 'hidden', hidden, {
    words: `a multiple of the ${heads} heads`,
    holds: () => hidden % heads === 0,
  });
  const size = hidden / heads;
  const side = sideAfter(owner, size, convBlocks);
  const pairs = headPairs(owner, crossType, heads);

  const init: Parameters<typeof learned<Mhc3Params>>[1] = (key, inputShape, dtype) => {
    const [projectionKey, ...keys] = random.split(key, 1 + 2 * convBlocks) as [Tensor, ...Tensor[]];
    const [, channels] = tokenShape(owner, inputShape);
    return {
      params: {
        projection: head(hidden, weights).init(projectionKey, [channels], { dtype }).params,
        norm: layerNormalization().init(key, [size], { dtype }).params,
        convolutions: keys.map((each) => fanInUniform(each, [pairs.length, pairs.length, 3, 3], { dtype })),
      },
      outputShape: [pairs.length * side * side],
    };
  };
  const apply = (params: Mhc3Params, x: Tensor): Tensor => {
    const projected = linear(tokensOf(owner, x), params.projection);
    const [batch, tokens] = projected.shape as [number, number];
    const split =
      layout === 'contiguous'
        ? projected.reshape([batch, tokens, heads, size])
        : projected.reshape([batch, tokens, size, heads]).swapAxes(-1, -2);
    const normalized = layerNorm(split, params.norm).transpose([0, 2, 1, 3]);
    const [first, second] = [pairs.map(([i]) => i), pairs.map(([, j]) => j)];
    const crosses = crossCovariance(headsAt(normalized, first), headsAt(normalized, second), { center });
    const images = normalize ? unitColumns(crosses) : crosses;
    return convolve(images, params.convolutions).flatten(1);
  };
  return learned(owner, init, apply);
}

/** Some of the heads of x [batch, heads, …]: neighbours as one slice, whose derivative is cheaper than that of indices. */
function headsAt(x: Tensor, at: readonly number[]): Tensor {
  const [first = 0] = at;
  if (at.every((head, i) => head === first + i)) return x.at(null, [first, first + at.length]);
  return concat(
    at.map((head) => x.at(null, [head, head + 1])),
    1,
  );
}

/** Each column over its length, or over 1e-12 where that is less: x / max(|x|, ε) along the second-last axis. */
function unitColumns(x: Tensor): Tensor {
  return x.div(safeRoot(x.square().sum(-2, { keepDims: true })).maximum(1e-12));
}

function convolve(images: Tensor, weights: readonly Tensor[]): Tensor {
  let x = images;
  // GELU stands between the two convolutions of a block, not between blocks.
  weights.forEach((weight, i) => {
    x = conv2d(i % 2 === 0 ? x : gelu(x), weight, { stride: 2 });
  });
  return x;
}

/** @throws ArgumentError where a window does not fit */
function sideAfter(owner: string, size: number, blocks: number): number {
  let side = size;
  for (let i = 0; i < 2 * blocks; i++) {
    check(owner, 'hidden / heads', size, {
      words: `at least ${smallest(blocks)} for convBlocks ${blocks}`,
      holds: () => side >= 3,
    });
    side = Math.floor((side - 3) / 2) + 1;
  }
  return side;
}

/** The least size of which something is left: backwards, s becomes 2s + 1. */
const smallest = (blocks: number): number => 4 ** blocks * 2 - 1;
