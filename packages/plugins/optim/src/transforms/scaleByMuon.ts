import { atLeastOne, checkOptions, flag, show } from '@core/registry/checks';
import { ShapeError, zerosLike, type Tensor, type Tree } from '@core/tensor';
import { hyper } from '../checks.js';
import { hyperparameters, ranges, type HyperparameterState } from '../hyperparameters.js';
import { leafwise, likeParams } from '../leaves.js';
import { orthogonalize } from '../matrices/orthogonalize.js';
import { complement, inDType } from '../math.js';
import type { Hyperparameter, Transform } from '../types.js';

export interface ScaleByMuonOptions {
  /** μ, decay of the mean of gradients. In [0, 1). Default 0.95. */
  readonly momentum?: Hyperparameter;
  /** Look one step ahead: (1 - μ) g + μ b instead of b. Default true. */
  readonly nesterov?: boolean;
  /** Newton-Schulz steps. At least 1. Default 5. */
  readonly newtonSchulzSteps?: number;
  /** Multiply by √max(1, rows / columns). Default true. */
  readonly scaleByShape?: boolean;
}

export type ScaleByMuonState = HyperparameterState<'momentum'> & {
  /** b, the mean of gradients. */
  readonly buffer: Tree;
};

export const muonRules = {
  momentum: hyper(ranges.momentum),
  nesterov: flag,
  newtonSchulzSteps: atLeastOne,
  scaleByShape: flag,
};

/**
 * Muon's direction: the momentum with its singular values made (nearly) equal.
 *
 *     b ← μ b + (1 - μ) g
 *     u = √max(1, rows / columns) · orthogonalize((1 - μ) g + μ b)         without nesterov: of b
 *
 * Leaves of two axes are matrices [rows, columns]; leaves of four are convolution kernels and taken as
 * [rows, all the rest], with the factor of their last two axes (1 for square kernels), as the authors' code has it; leaves of
 * three, five or more axes are stacks of matrices in the last two.
 *
 * State: one array per parameter. Cost: see `orthogonalize`.
 * Source: Jordan et al. 2024, https://kellerjordan.github.io/posts/muon; defaults of KellerJordan/Muon, muon.py.
 *
 * @throws ShapeError in init and update for leaves that are no matrices: scalars, vectors, leaves without elements
 */
export function scaleByMuon(options: ScaleByMuonOptions = {}): Transform<ScaleByMuonState> {
  const owner = 'scaleByMuon';
  checkOptions(owner, options, muonRules);
  const { momentum = 0.95, nesterov = true, newtonSchulzSteps = 5, scaleByShape = true } = options;
  const numbers = hyperparameters(owner, { momentum });
  return {
    init: (params) => {
      const buffer = likeParams(owner, params, zerosLike);
      leafwise(owner, params, {}, [], ({ param, path }) => requireMatrix(owner, path, param));
      return { ...numbers.init(), buffer };
    },
    update: (grads, state, params) => {
      const mu = numbers.read(state).momentum;
      const scalars = inDType({ momentum: mu, rest: complement(mu) });
      const { updates, buffer } = leafwise(
        owner,
        params,
        { grads, buffer: state.buffer },
        ['updates', 'buffer'],
        ({ grads: g, buffer: b0, param, path }) => {
          requireMatrix(owner, path, param);
          const s = scalars(g.dtype);
          const b = b0.mul(s.momentum).add(g.mul(s.rest));
          const ahead = nesterov ? g.mul(s.rest).add(b.mul(s.momentum)) : b;
          const matrix = ahead.ndim === 4 ? ahead.reshape([ahead.shape[0] ?? 1, -1]) : ahead;
          const direction = orthogonalize(matrix, newtonSchulzSteps).reshape(g.shape);
          const [rows, columns] = [g.shape.at(-2) ?? 1, g.shape.at(-1) ?? 1];
          const factor = scaleByShape ? Math.sqrt(Math.max(1, rows / columns)) : 1;
          return { updates: factor === 1 ? direction : direction.mul(factor), buffer: b };
        },
      );
      return { updates, state: { ...numbers.advance(state), buffer } };
    },
  };
}

function requireMatrix(owner: string, path: string, param: Tensor): Readonly<Record<never, Tensor>> {
  if (param.ndim >= 2 && param.size > 0) return {};
  throw new ShapeError(
    `${owner}: the parameter at ${path === '' ? 'the root' : path} is ${show(param)}, and only matrices can be ` +
      'orthogonalized; give other leaves to another optimizer: muon does, or partition',
  );
}
