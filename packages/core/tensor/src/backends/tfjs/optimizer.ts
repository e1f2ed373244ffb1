import { ArgumentError } from '../../errors.js';
import { scope } from '../../memory.js';
import { add } from '../../ops/elementwise.js';
import { show } from '../../show.js';
import type { Tensor } from '../../tensor.js';
import { onBackendOf } from '../../trace.js';
import { leaves } from '../../tree.js';
import { fromTfjs, toTfjs } from './convert.js';
import { tfjs } from './running.js';
import type { TfjsGradients, TfjsOptimizer, TfjsTensor } from './types.js';

type Parameters = Record<string, Tensor>;

/** An optimizer as the contract says it: pure functions of parameters, gradients and a state, all trees of tensors. */
export interface TreeOptimizer<State> {
  init(params: Parameters): State;
  update(grads: Parameters, state: State, params: Parameters): { updates: unknown; state: State };
}

/**
 * Trains a `tf.LayersModel` with an optimizer of ours:
 * `model.compile({ optimizer: toTfjsOptimizer<tf.Optimizer>(adamw({ learningRate: 1e-3 })), loss })`. The gradients are
 * those of tfjs; parameters and state stay on the tfjs backend that is running, and nothing is copied.
 *
 * `dispose()` frees the state; the next step begins with a new one.
 *
 * @throws ArgumentError for what is no optimizer, BackendError where no tfjs backend runs
 */
export function toTfjsOptimizer<O = TfjsOptimizer, State = unknown>(optimizer: TreeOptimizer<State>): O {
  const { core } = tfjs.running('toTfjsOptimizer').device.loaded;
  const given = optimizer as Partial<TreeOptimizer<State>> | null | undefined;
  if (typeof given?.init !== 'function' || typeof given.update !== 'function')
    throw new ArgumentError(
      `toTfjsOptimizer: needs an optimizer with init and update, got ${show(optimizer)}`,
    );
  let state: State | undefined;
  const free = (tree: unknown, kept: readonly Tensor[] = []): void =>
    leaves(tree).forEach((leaf) => {
      if (!kept.includes(leaf)) leaf.dispose();
    });

  const step = (gradients: TfjsGradients): void => {
    const entries = entriesOf(gradients);
    const variables = core.engine().registeredVariables;
    const grads: Parameters = {};
    const params: Parameters = {};
    for (const [name, gradient] of entries) {
      grads[name] = fromTfjs(gradient);
      params[name] = fromTfjs(variables[name]!);
    }
    const before = state;
    const next = onBackendOf(Object.values(params), () => {
      const current = before ?? scope(() => optimizer.init(params));
      if (before === undefined) state = current;
      return scope(() => {
        const { updates, state: after } = optimizer.update(grads, current, params);
        const moved = Object.fromEntries(
          Object.keys(params).map((name) => [name, add(params[name]!, (updates as Parameters)[name]!)]),
        );
        return { moved, after };
      });
    });
    const kept = leaves(next.after);
    free(state, kept);
    state = next.after;
    for (const [name, value] of Object.entries(next.moved)) {
      const shared = toTfjs(value);
      variables[name]!.assign(shared);
      shared.dispose();
    }
    free([grads, params, next.moved], kept);
  };

  // tfjs takes nothing for an optimizer that is not made from its own class.
  const Adapter = class extends core.Optimizer {
    static readonly className = 'TrellisOptimizer';
    override applyGradients(gradients: TfjsGradients): void {
      step(gradients);
    }
    override getConfig(): Record<string, never> {
      return {};
    }
    override dispose(): void {
      if (state !== undefined) free(state);
      state = undefined;
    }
  };
  // The class is tfjs' own, whose type only the caller has.
  return new Adapter() as unknown as O;
}

function entriesOf(gradients: TfjsGradients): (readonly [string, TfjsTensor])[] {
  return Array.isArray(gradients)
    ? (gradients as readonly { name: string; tensor: TfjsTensor }[]).map(
        ({ name, tensor }) => [name, tensor] as const,
      )
    : Object.entries(gradients as Readonly<Record<string, TfjsTensor>>);
}
