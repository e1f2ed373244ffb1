import { ArgumentError, DTypeError, ShapeError, random, tensor } from '@core/tensor';
import type { DType, Tensor } from '@core/tensor';
import {
  dense,
  dropoutLayer,
  embed,
  layerNormalization,
  learned,
  linear,
  normal,
  transformerLayer,
} from '@core/nn';
import type {
  ActivationName,
  AffineParams,
  ApplyOptions,
  Empty,
  Layer,
  LinearParams,
  TransformerBlockParams,
} from '@core/nn';
import { wholeNumbers } from '../checks.js';

/** Options of `transformer`. */
export interface TransformerOptions {
  /** Number of tokens there are; so many logits come out at each position. Default 64. */
  readonly vocabulary?: number;
  /** Numbers that stand for a position between the layers. Default 64. */
  readonly width?: number;
  /** Heads of attention; the width must be a multiple. Default 2. */
  readonly heads?: number;
  /** Default 2. */
  readonly layers?: number;
  /** Width of the feed-forward parts. Default four times the width. */
  readonly hidden?: number | undefined;
  /** Of the feed-forward parts. Default 'gelu'. */
  readonly activation?: ActivationName;
  /** Rate of dropout: on embeddings, attention probabilities and each part's result. Default 0. */
  readonly dropout?: number;
  /** Where a token stands: vectors that are learned, or fixed sines (Vaswani et al., section 3.5). Default 'learned'. */
  readonly positions?: 'learned' | 'sinusoidal';
  /** The output layer's weights are the embedding's (Press and Wolf 2017). Default false. */
  readonly tied?: boolean;
}

export type TransformerParams = {
  embedding: { weight: Tensor };
  position?: { weight: Tensor };
  blocks: TransformerBlockParams[];
  norm: AffineParams;
  output?: LinearParams;
};

/**
 * A decoder-only transformer: each position predicts the next token from those up to it. Vaswani et al. 2017, with the
 * normalisation before each part and after the last (Radford et al. 2019).
 *
 * Embeddings start at N(0, 1/width) and are multiplied by √width on the way in (Vaswani et al., section 3.4), so that both
 * inputs and, with `tied`, logits start at the size of 1.
 *
 * Shapes: int32 [batch, length] to logits [batch, length, vocabulary]. Parameters `embedding.weight` [vocabulary, width],
 * `position.weight` [length, width], `blocks.0.attention.query.weight`, …, `norm.weight`, `output.weight`. With learned
 * positions a model takes sequences up to the length it was made for, with sines any.
 * @throws ArgumentError for options out of range; `init` and `apply` throw ShapeError, DTypeError for other inputs,
 *   IndexError for tokens that there are not (outside jit)
 */
export function transformer(options: TransformerOptions = {}): Layer<TransformerParams, Empty> {
  const { vocabulary = 64, width = 64, heads = 2, layers = 2, hidden = 4 * width } = options;
  const { activation = 'gelu', dropout = 0, positions = 'learned', tied = false } = options;
  wholeNumbers('transformer', { vocabulary, width, heads, layers, hidden });
  if (width % heads !== 0)
    throw new ArgumentError(`transformer: width ${width} is not a multiple of ${heads} heads`);
  const block = transformerLayer(heads, { hidden, activation, dropout, causal: true });
  const norm = layerNormalization();
  const drop = dropoutLayer(dropout);

  const init = (key: Tensor, length: number, dtype: DType): TransformerParams => {
    const [tokenKey, positionKey, outputKey, ...blockKeys] = random.split(key, 3 + layers) as [
      Tensor,
      Tensor,
      Tensor,
      ...Tensor[],
    ];
    const vectors = (from: Tensor, count: number): { weight: Tensor } => ({
      weight: normal(width ** -0.5)(from, [count, width], { dtype }),
    });
    return {
      embedding: vectors(tokenKey, vocabulary),
      ...(positions === 'learned' ? { position: vectors(positionKey, length) } : {}),
      blocks: blockKeys.map((each) => block.init(each, [length, width], { dtype }).params),
      norm: norm.init(key, [length, width], { dtype }).params,
      ...(tied ? {} : { output: dense(vocabulary).init(outputKey, [width], { dtype }).params }),
    };
  };

  const places = (params: TransformerParams, length: number, dtype: DType): Tensor => {
    if (positions === 'sinusoidal') return sines(length, width, dtype);
    const { weight } = params.position!; // init made it
    const [longest] = weight.shape as [number];
    if (length > longest)
      throw new ShapeError(`transformer: ${length} tokens, and the learned positions end at ${longest}`);
    return weight.slice([0, 0], [length, width]).mul(Math.sqrt(width));
  };

  const apply = (params: TransformerParams, tokens: Tensor, applied: ApplyOptions): Tensor => {
    if (tokens.dtype !== 'int32')
      throw new DTypeError(`transformer: tokens must be int32 numbers, got ${tokens.dtype}`);
    if (tokens.ndim !== 2)
      throw new ShapeError(
        `transformer: input must have the shape [batch, length], got [${tokens.shape.join(',')}]`,
      );
    const { weight } = params.embedding;
    const options = optionsOfParts(applied, layers + 1);
    const inputs = embed(tokens, weight)
      .mul(Math.sqrt(width))
      .add(places(params, tokens.shape[1]!, weight.dtype));
    let x = drop.apply({}, {}, inputs, options(0)).output;
    params.blocks.forEach((each, i) => (x = block.apply(each, {}, x, options(i + 1)).output));
    const { output } = norm.apply(params.norm, {}, x);
    return params.output === undefined
      ? output.matmul(weight, { transposeB: true })
      : linear(output, params.output);
  };

  return learned<TransformerParams>(
    'transformer',
    (key, inputShape, dtype) => {
      const [length = 0] = inputShape;
      if (inputShape.length !== 1 || length < 1)
        throw new ShapeError(
          `transformer: examples must have the shape [length], got [${inputShape.join(',')}]`,
        );
      return { params: init(key, length, dtype), outputShape: [length, vocabulary] };
    },
    apply,
  );
}

/** What each part is applied with: a key of its own where there is one. */
function optionsOfParts({ key, ...rest }: ApplyOptions, count: number): (part: number) => ApplyOptions {
  if (key === undefined) return () => rest;
  const keys = random.split(key, count);
  return (part) => ({ ...rest, key: keys[part]! });
}

/** sin(i / 10000^(2j/width)) at 2j, cos of the same at 2j + 1, for position i: [length, width]. Section 3.5. */
function sines(length: number, width: number, dtype: DType): Tensor {
  const values = Float64Array.from({ length: length * width }, (_, at) => {
    const [i, j] = [Math.floor(at / width), at % width];
    const angle = i / 10_000 ** ((j - (j % 2)) / width);
    return j % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
  return tensor(values, { shape: [length, width] }).cast(dtype);
}
