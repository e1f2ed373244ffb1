import type { Tree } from '@core/tensor';
import { activation, batchNormalization, dense, dropoutLayer, flatten, sequential } from '@core/nn';
import type { ActivationName, Layer } from '@core/nn';

/** Options of `mlp`. */
export interface MlpOptions {
  /** Widths of the hidden layers. Default [128]. */
  readonly widths?: readonly number[];
  /** Numbers that come out; for classification the number of classes. Default 10. */
  readonly outputs?: number;
  /** After each hidden layer. Default 'relu'. */
  readonly activation?: ActivationName;
  /** Batch normalisation before each activation. Default false. */
  readonly batchNorm?: boolean;
  /** Rate of dropout after each hidden layer. Default 0. */
  readonly dropout?: number;
}

/**
 * A multi-layer perceptron on flattened examples: [batch, ...shape] -> [batch, outputs]. Parameters are called
 * `dense1.weight`, …, and `output.weight`.
 *
 * @throws ArgumentError for sizes below 1 or a dropout rate outside 0..1
 */
export function mlp(options: MlpOptions = {}): Layer<Record<string, Tree>, Record<string, Tree>> {
  const { widths = [128], outputs = 10 } = options;
  return sequential({
    flatten: flatten(),
    ...hiddenLayers(widths, options),
    output: dense(outputs),
  });
}

/** Layers dense1, norm1, activation1, dropout1, dense2, …; those that do nothing are left out. */
export function hiddenLayers(
  widths: readonly number[],
  { activation: name = 'relu', batchNorm = false, dropout = 0 }: MlpOptions,
): Record<string, Layer> {
  const layers: Record<string, Layer> = {};
  widths.forEach((width, i) => {
    layers[`dense${i + 1}`] = dense(width);
    if (batchNorm) layers[`norm${i + 1}`] = batchNormalization();
    layers[`activation${i + 1}`] = activation(name);
    if (dropout > 0) layers[`dropout${i + 1}`] = dropoutLayer(dropout);
  });
  return layers;
}
