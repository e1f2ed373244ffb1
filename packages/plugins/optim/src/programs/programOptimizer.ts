import { checkOptions } from '@core/registry/checks';
import { Tensor, full, tree, zeros, zerosLike, type Tree } from '@core/tensor';
import { hyper } from '../checks.js';
import { hyperparameters, ranges, type HyperparameterState } from '../hyperparameters.js';
import { leafwise, likeParams } from '../leaves.js';
import { scalarDType } from '../math.js';
import type { Hyperparameter, Optimizer } from '../types.js';
import { checkProgram } from './inference.js';
import { withoutRedundant } from './liveness.js';
import { parseProgram } from './parse.js';
import { result, type OptimizerProgram } from './program.js';
import { tensorKernels, type Value } from './tensors.js';

export interface ProgramOptimizerOptions {
  /** What the program reads as `lr`. At least 0. Default 1e-3. */
  readonly learningRate?: Hyperparameter;
}

export type ProgramOptimizerState = HyperparameterState<'learningRate'> & {
  /** The program's state variables by name, each a tree like the parameters. */
  readonly variables: Readonly<Record<string, Tree>>;
};

/**
 * An optimizer that runs a program, such as one that a search has found. Norms, products and cosines are of the whole tree;
 * scalars are computed in float64 where the backend has it.
 *
 *     state variables, update ← program(w, g, state variables, lr, t)
 *     w ← w - update
 *
 * Redundant statements are left out, and so is state that the update does not depend on.
 *
 * State: an array per parameter for each remaining state variable.
 * Source: Chen et al. 2023 (arXiv:2302.06675), section 2.1.
 *
 * @param program plain data, or its text
 * @throws ArgumentError for a program that is not right, as `checkProgram` and `parseProgram`
 */
export function programOptimizer(
  program: OptimizerProgram | string,
  options: ProgramOptimizerOptions = {},
): Optimizer<ProgramOptimizerState> {
  const owner = 'programOptimizer';
  checkOptions(owner, options, { learningRate: hyper(ranges.learningRate) });
  const whole = typeof program === 'string' ? parseProgram(program) : program;
  checkProgram(owner, whole);
  const { state: names, statements } = withoutRedundant(whole);
  const { learningRate = 1e-3 } = options;
  const numbers = hyperparameters(owner, { learningRate });
  return {
    init: (params) => ({
      ...numbers.init(),
      variables: Object.fromEntries(names.map((name) => [name, likeParams(owner, params, zerosLike)])),
    }),
    update: (grads, state, params) => {
      for (const name of names)
        leafwise(owner, params, { grads, [name]: state.variables[name] }, [], () => ({})); // checks that they fit
      leafwise(owner, params, { grads }, [], () => ({}));
      const { definition } = tree.flatten(params);
      const scope = new Map<string, Value>([
        ['w', tree.leaves(params)],
        ['g', tree.leaves(grads)],
        ['lr', numbers.read(state).learningRate],
        ['t', state.count.add(1).cast(scalarDType())],
        ...names.map((name) => [name, tree.leaves(state.variables[name])] as const),
      ]);
      for (const { target, operation, operands } of statements) {
        const values = operands.map((operand) => valueOf(operand, scope));
        scope.set(target, tensorKernels[operation](...values));
      }
      const treeOf = (name: string): Tree => tree.unflatten(definition, leavesOf(scope.get(name))) as Tree; // of the parameters' structure
      return {
        updates: tree.map((x: Tensor) => x.neg(), treeOf(result)),
        state: {
          ...numbers.advance(state),
          variables: Object.fromEntries(names.map((name) => [name, treeOf(name)])),
        },
      };
    },
  };
}

function valueOf(operand: string | number, scope: ReadonlyMap<string, Value>): Value {
  if (typeof operand === 'number') return full([], operand, { dtype: scalarDType() });
  return scope.get(operand) ?? zeros([]); // checked programs name nothing else
}

function leavesOf(value: Value | undefined): readonly Tensor[] {
  return value === undefined || value instanceof Tensor ? [] : value; // checked: a tensor
}
