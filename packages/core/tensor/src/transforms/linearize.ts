import { isFloat } from '../dtype.js';
import { TreeError } from '../errors.js';
import { zerosLike } from '../primitives/calls.js';
import { floatsOnly, spread } from '../primitives/higherOrder.js';
import { linearPrograms } from '../program/derive.js';
import type { Tensor } from '../tensor.js';
import { bind } from '../trace.js';
import { difference, flatten, unflatten } from '../tree.js';
import { recordingCache } from './functions.js';
import { checkTangent } from './jvp.js';

/**
 * The value of `f` and its derivative at the primals as a linear function: `[f(...primals), (...tangents) => ∂f·tangents]`.
 *
 * As `jvp`, but what does not depend on the direction is computed once, so that many directions at one point cost only
 * the linear part each (Krylov methods, conjugate gradients).
 *
 * @throws TreeError or ShapeError where tangents do not match the primals
 */
export function linearize<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  ...primals: A
): [R, (...tangents: A) => R] {
  const { leaves, recorded } = recordingCache('linearize', f).find(primals);
  const { program, captured, result, definition } = recorded;
  const inputs = [...leaves, ...captured];
  const moving = inputs.map((x, i) => i < leaves.length && isFloat(x.dtype));
  const { forward, backward, kept } = linearPrograms(program, moving);
  const results = bind('jit', inputs, { program: forward, name: 'linearize' });
  const outputs = results.slice(0, program.outputs.length);
  const residuals: readonly Tensor[] = [...kept.map((i) => inputs[i]!), ...results.slice(outputs.length)];
  const value = unflatten(result, outputs) as R;
  const pushForward = (...tangents: A): R => {
    const given = flatten(tangents);
    if (given.definition.key !== definition.key) {
      throw new TreeError(`linearize: primals and tangents differ: ${difference(primals, tangents)}`);
    }
    leaves.forEach((x, i) => checkTangent('linearize', x, given.leaves[i]!));
    const moved = bind('jit', [...residuals, ...floatsOnly(leaves, given.leaves)], {
      program: backward,
      name: 'linearize',
    });
    const placed = spread(
      outputs.map((y) => isFloat(y.dtype)),
      moved,
    );
    return unflatten(
      result,
      outputs.map((y, i) => placed[i] ?? zerosLike(y)),
    ) as R;
  };
  return [value, pushForward];
}
