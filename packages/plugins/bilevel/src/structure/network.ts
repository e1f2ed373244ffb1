import { check } from '@core/registry/checks';
import { random, type Tensor } from '@core/tensor';

/** A network for each node: what x_b is of the other nodes. */
export interface Network {
  /** Nodes, widths of the hidden layers, and 1. */
  readonly dims: readonly number[];
  readonly bias: boolean;
  /** Parameters of a node. */
  readonly size: number;
  /** Of these, the weights of the first layer, which come first: [nodes, dims[1]], a row for each parent. */
  readonly inputs: number;
}

/** @throws ArgumentError for dims that are no [d, …, 1] with a hidden layer */
export function networkOf(owner: string, dims: readonly number[], bias: boolean): Network {
  const whole = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 1;
  check(owner, 'dims', dims, {
    words: '[nodes, width, …, 1], with a hidden layer at least',
    holds: (value) => Array.isArray(value) && value.length >= 3 && value.every(whole) && value.at(-1) === 1,
  });
  const size = layersOf(dims).reduce(
    (sum, [inputs, outputs]) => sum + (inputs + (bias ? 1 : 0)) * outputs,
    0,
  );
  return { dims, bias, size, inputs: dims[0]! * dims[1]! };
}

const layersOf = (dims: readonly number[]): (readonly [inputs: number, outputs: number])[] =>
  dims.slice(1).map((outputs, i) => [dims[i] ?? 1, outputs] as const);

/** Parameters [nodes, size], uniform on ±1/√inputs of a layer; `reach` is that of the first one. */
export function initialParameters(key: Tensor, { dims, bias }: Network, reach: number): Float64Array {
  const nodes = dims[0] ?? 1;
  const draws = layersOf(dims).map(([inputs, outputs], layer) => {
    const bound = layer === 0 ? reach : 1 / Math.sqrt(inputs);
    const shape = [nodes, (inputs + (bias ? 1 : 0)) * outputs];
    return random.uniform(random.foldIn(key, layer), shape, { minval: -bound, maxval: bound }).dataSync();
  });
  const widths = draws.map((draw) => draw.length / nodes);
  return Float64Array.from(
    Array.from({ length: nodes }, (_, node) =>
      draws.flatMap((draw, i) => Array.from(draw.slice(node * widths[i]!, (node + 1) * widths[i]!), Number)),
    ).flat(),
  );
}

/** What networks say of their nodes: [m, n] for parameters [m, size] and samples [n, d]. Sigmoids between layers. */
export function predict({ dims, bias }: Network, parameters: Tensor, samples: Tensor): Tensor {
  const m = parameters.shape[0] ?? 1;
  let [values, at] = [samples, 0];
  layersOf(dims).forEach(([inputs, outputs], layer) => {
    const take = (rows: number): Tensor => {
      const part = parameters.slice([0, at], [m, at + rows * outputs]).reshape([m, rows, outputs]);
      at += rows * outputs;
      return part;
    };
    const products = (layer === 0 ? values : values.sigmoid()).matmul(take(inputs));
    values = bias ? products.add(take(1)) : products;
  });
  return values.reshape([m, samples.shape[0] ?? 1]);
}

/** Strengths of edges [d, d]: at (a, b) the norm of the weights by which b's network sees a. */
export function strengths({ dims, size }: Network, parameters: Float64Array): Float64Array {
  const [nodes = 1, width = 1] = dims;
  const norms = new Float64Array(nodes * nodes);
  for (let b = 0; b < nodes; b++)
    for (let a = 0; a < nodes; a++) {
      const at = b * size + a * width;
      norms[a * nodes + b] = Math.hypot(...parameters.subarray(at, at + width));
    }
  return norms;
}

/** 1 for weights and 0 for biases, [size]. */
export function weightMask({ dims, bias, size }: Network): Float64Array {
  const mask = new Float64Array(size).fill(1);
  let at = 0;
  for (const [inputs, outputs] of layersOf(dims)) {
    at += inputs * outputs;
    if (bias) mask.fill(0, at, (at += outputs));
  }
  return mask;
}
