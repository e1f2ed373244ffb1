import { ShapeError, random, scan, split, zeros } from '@core/tensor';
import type { Tensor } from '@core/tensor';
import { batchRank, exampleRank, features, positiveInteger, show } from './check.js';
import type { Empty, Layer } from './layer.js';
import { learned } from './layer.js';

/** Gates in PyTorch's order (reset, update, new), stacked: weights [3·size, in] and [3·size, size], biases [3·size]. */
export type GruParams = { inputWeight: Tensor; stateWeight: Tensor; inputBias: Tensor; stateBias: Tensor };

/**
 * One step of a gated recurrent unit: r = σ(x Wᵣ + h Uᵣ), z = σ(x W_z + h U_z), n = tanh(x Wₙ + r∘(h Uₙ)),
 * h' = (1-z)∘n + z∘h, each product with its bias. Cho et al. 2014, in the variant of PyTorch and cuDNN.
 *
 * Shapes: x [batch, in], h and the result [batch, size].
 * @throws ShapeError for sizes that do not fit
 */
export function gruCell(x: Tensor, h: Tensor, params: GruParams): Tensor {
  batchRank('gruCell', x, 2, '[batch, features]');
  features('gruCell', 'features', x.shape[1], params.inputWeight.shape[1]!);
  const size = params.stateWeight.shape[1]!;
  if (show(h.shape) !== show([x.shape[0]!, size]))
    throw new ShapeError(
      `gruCell: the state must have the shape [${x.shape[0]},${size}], got ${show(h.shape)}`,
    );
  return gated(x.matmul(params.inputWeight, { transposeB: true }).add(params.inputBias), h, params);
}

/** A step whose input is already projected to the three gates. */
function gated(projected: Tensor, h: Tensor, { stateWeight, stateBias }: GruParams): Tensor {
  const gates = (t: Tensor): [Tensor, Tensor, Tensor] => split(t, 3, -1) as [Tensor, Tensor, Tensor];
  const [xr, xz, xn] = gates(projected);
  const [hr, hz, hn] = gates(h.matmul(stateWeight, { transposeB: true }).add(stateBias));
  const z = xz.add(hz).sigmoid();
  const n = xn.add(xr.add(hr).sigmoid().mul(hn)).tanh();
  return n.add(z.mul(h.sub(n)));
}

export interface GruOptions {
  /** Give every state, [length, size], or only the last one, [size]. Default 'all'. */
  readonly output?: 'all' | 'last';
}

/**
 * A gated recurrent unit over examples [length, features], from a state of zeros. Starts at U(±1/√size), as PyTorch.
 *
 * @throws ArgumentError for a size below 1; ShapeError for other examples
 */
export function gru(size: number, { output = 'all' }: GruOptions = {}): Layer<GruParams, Empty> {
  positiveInteger('gru', 'size', size);
  return learned<GruParams>(
    'gru',
    (key, inputShape, dtype) => {
      exampleRank('gru', inputShape, 2, '[length, features]');
      const [length, inputs] = inputShape as [number, number];
      const bound = 1 / Math.sqrt(size);
      const [k0, k1, k2, k3] = random.split(key, 4) as [Tensor, Tensor, Tensor, Tensor];
      const draw = (each: Tensor, shape: number[]): Tensor =>
        random.uniform(each, shape, { dtype, minval: -bound, maxval: bound });
      const params = {
        inputWeight: draw(k0, [3 * size, inputs]),
        stateWeight: draw(k1, [3 * size, size]),
        inputBias: draw(k2, [3 * size]),
        stateBias: draw(k3, [3 * size]),
      };
      return { params, outputShape: output === 'all' ? [length, size] : [size] };
    },
    (params, x) => {
      batchRank('gru', x, 3, '[batch, length, features]');
      features('gru', 'features', x.shape[2], params.inputWeight.shape[1]!);
      // All inputs are projected at once; only what depends on the state is done step by step.
      const projected = x
        .matmul(params.inputWeight, { transposeB: true })
        .add(params.inputBias)
        .swapAxes(0, 1);
      const start = zeros([x.shape[0]!, size], { dtype: projected.dtype });
      const [last, all] = scan(
        (h: Tensor, step: Tensor): [Tensor, Tensor] => {
          const next = gated(step, h, params);
          return [next, next];
        },
        start,
        projected,
      );
      return output === 'all' ? all.swapAxes(0, 1) : last;
    },
  );
}
