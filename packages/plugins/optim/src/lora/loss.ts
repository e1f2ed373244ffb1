import { atLeastOne, checkOptions } from '@core/registry/checks';
import { scan, softmax, type Tensor } from '@core/tensor';
import {
  adaptedWeights,
  adapterGradients,
  betaOf,
  checkLoraAttention,
  type LoraAttention,
  type LoraAttentionResult,
} from './problem.js';

export interface LoraAttentionLossOptions {
  /** Rows of the queries × keys matrix that exist at once. Default 128. */
  readonly rowsPerTile?: number;
}

type Sums = { readonly loss: Tensor; readonly scores: Tensor; readonly values: Tensor };

/**
 * Loss of an adapted attention head, and its exact gradients with respect to the adapters.
 *
 *     c = f XV W̃V - Y,   q = c (XV W̃V)ᵀ,   ρ_j = ⟨c_j, (f XV W̃V)_j⟩
 *     p = f ∘ q - diag(ρ) f                     the derivative of the loss by the scores
 *
 * from which `adapterGradients` follow. Of the matrices [queries, keys] only a tile of rows exists at once, in memory of
 * O(rowsPerTile · keys); the time stays O(queries · keys · d), and no method is quadratically faster on all inputs, as the
 * paper shows under the strong exponential time hypothesis. `loraGradApprox` is, where the scores are small.
 *
 * Source: Hu et al. 2024 (arXiv:2406.03136), lemmas on the gradients of L(A_Q, B_Q) and the general case. Their
 * C1ᵀ p A_Q C2 for ∂/∂B_Q has shapes that do not fit; C1ᵀ p C2 A_Qᵀ is meant.
 *
 * @throws ShapeError, DTypeError, TreeError, ArgumentError for parts that do not fit
 */
export function loraAttentionLoss(
  problem: LoraAttention,
  options: LoraAttentionLossOptions = {},
): LoraAttentionResult {
  const owner = 'loraAttentionLoss';
  checkLoraAttention(owner, problem);
  checkOptions(owner, options, { rowsPerTile: atLeastOne });
  const { rowsPerTile = 128 } = options;
  const { inputs, target } = problem;
  const weights = adaptedWeights(problem);
  const keys = inputs.key.matmul(weights.key);
  const values = inputs.value.matmul(weights.value);
  const queries = inputs.query.matmul(weights.query).mul(betaOf(problem));

  const tile = (x: Tensor, query: Tensor, y: Tensor): Sums => {
    const f = softmax(query.matmul(keys, { transposeB: true }));
    const output = f.matmul(values);
    const c = output.sub(y);
    const rho = c.mul(output).sum(1, { keepDims: true });
    const p = f.mul(c.matmul(values, { transposeB: true }).sub(rho));
    return {
      loss: c.square().sum().mul(0.5),
      scores: x.matmul(p.matmul(inputs.key), { transposeA: true }),
      values: f.matmul(inputs.value).matmul(c, { transposeA: true }),
    };
  };
  const sums = overTiles(tile, [inputs.query, queries, target], rowsPerTile);
  return { loss: sums.loss, grads: adapterGradients(problem, sums.scores, sums.values) };
}

/** The sum of a function of rows over tiles of them: a loop over whole tiles, then what is left. */
function overTiles(
  tile: (...rows: [Tensor, Tensor, Tensor]) => Sums,
  matrices: readonly [Tensor, Tensor, Tensor],
  rows: number,
): Sums {
  const count = matrices[0].shape[0] ?? 0;
  const whole = Math.floor(count / rows);
  const rest = (): Sums =>
    tile(...(matrices.map((x) => x.slice([whole * rows])) as [Tensor, Tensor, Tensor])); // as many as before
  if (whole === 0) return rest();
  const tiles = matrices.map((x) => x.slice([0], [whole * rows]).reshape([whole, rows, x.shape[1] ?? 0])) as [
    Tensor,
    Tensor,
    Tensor,
  ]; // as many as before
  const first = tile(...(tiles.map((x) => x.at(0)) as [Tensor, Tensor, Tensor])); // as many as before
  const [sums] = scan(
    (carry: Sums, xs: [Tensor, Tensor, Tensor]) => [add(carry, tile(...xs)), null] as const,
    first,
    tiles.map((x) => x.slice([1])) as [Tensor, Tensor, Tensor], // as many as before
  );
  return whole * rows === count ? sums : add(sums, rest());
}

function add(a: Sums, b: Sums): Sums {
  return { loss: a.loss.add(b.loss), scores: a.scores.add(b.scores), values: a.values.add(b.values) };
}
