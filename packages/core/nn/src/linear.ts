import { ShapeError, random, zeros } from '@core/tensor';
import type { Tensor } from '@core/tensor';
import { features, positiveInteger, show } from './check.js';
import { keepSome } from './dropout.js';
import { fanInUniform } from './initializers.js';
import type { Initializer } from './initializers.js';
import type { Empty, Layer } from './layer.js';
import { learned } from './layer.js';

/**
 * A change of a weight of low rank, B·A: A is [rank, in], B [out, rank]. In training, `dropout` may say which share of A's
 * inputs to keep (a scalar above 0), and the random key that chooses them. See `withAdapters`.
 */
export type LoraAdapter = { A: Tensor; B: Tensor; dropout?: { key: Tensor; keep: Tensor } };

/** Weight [out, in] (PyTorch's layout), bias [out], and what `withAdapters` puts beside them. */
export type LinearParams = { weight: Tensor; bias?: Tensor; adapter?: LoraAdapter };

/**
 * x·(W + B·A)ᵀ + b over the last axis: [..., in] -> [..., out]. B·A is not computed: x passes through A, then B, and what an
 * adapter's dropout leaves out is left out before A only.
 */
export function linear(x: Tensor, { weight, bias, adapter }: LinearParams): Tensor {
  features('linear', 'features', x.shape.at(-1), weight.shape[1]!);
  const plain = x.matmul(weight, { transposeB: true });
  const y = adapter === undefined ? plain : plain.add(throughAdapter(x, adapter));
  return bias === undefined ? y : y.add(bias);
}

function throughAdapter(x: Tensor, { A, B, dropout }: LoraAdapter): Tensor {
  const kept = dropout === undefined ? x : keepSome(dropout.key, x, dropout.keep);
  return kept.matmul(A, { transposeB: true }).matmul(B, { transposeB: true });
}

export interface DenseOptions {
  /** Default true. */
  readonly bias?: boolean;
  /** Of the weight. Default U(±1/√in), as PyTorch. */
  readonly initializer?: Initializer;
}

/** A fully connected layer with `size` outputs. The bias starts at U(±1/√in) with the default initialiser, else at 0. */
export function dense(
  size: number,
  { bias = true, initializer }: DenseOptions = {},
): Layer<LinearParams, Empty> {
  positiveInteger('dense', 'size', size);
  return learned<LinearParams>(
    'dense',
    (key, inputShape, dtype) => {
      const inputs = inputShape.at(-1);
      if (inputs === undefined || inputs === 0)
        throw new ShapeError(`dense: examples must have the shape [..., features], got ${show(inputShape)}`);
      const [weightKey, biasKey] = random.split(key);
      const weight = (initializer ?? fanInUniform)(weightKey, [size, inputs], { dtype });
      const outputShape = [...inputShape.slice(0, -1), size];
      if (!bias) return { params: { weight }, outputShape };
      return {
        params: { weight, bias: initialBias(biasKey, size, inputs, initializer !== undefined, dtype) },
        outputShape,
      };
    },
    (params, x) => linear(x, params),
  );
}

/** PyTorch's rule for biases, or zeros beside an initialiser of the caller's. */
export function initialBias(
  key: Tensor,
  size: number,
  fanIn: number,
  zero: boolean,
  dtype: Tensor['dtype'],
): Tensor {
  const bound = 1 / Math.sqrt(fanIn);
  return zero
    ? zeros([size], { dtype })
    : random.uniform(key, [size], { dtype, minval: -bound, maxval: bound });
}
