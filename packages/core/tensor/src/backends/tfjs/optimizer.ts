import { ArgumentError } from '../../errors.js';
import { scope } from '../../memory.js';
import { jit } from '../../transforms/jit.js';
import { add } from '../../ops/elementwise.js';
import { show } from '../../show.js';
import type { Tensor } from '../../tensor.js';
import { onBackendOf } from '../../trace.js';
import { leaves } from '../../tree.js';
import { fromTfjs, toTfjs } from './convert.js';
import { filled, namedLeaves } from './optimizerWeights.js';
import { tfjs } from './running.js';
import type { TfjsGradients, TfjsNamedTensor, TfjsOptimizer, TfjsTensor } from './types.js';

type Parameters = Record<string, Tensor>;

/** An optimizer as the contract says it: pure functions of parameters, gradients and a state, all trees of tensors. */
export interface TreeOptimizer<State> {
  init(params: Parameters): State;
  update(grads: Parameters, state: State, params: Parameters): { updates: unknown; state: State };
}

export interface TfjsOptimizerOptions {
  /**
   * Compile the update, once for a list of variables. Without it each update is traced anew where it has branches, and what
   * it compiled stays until it is collected. False for optimizers that look at values. Default true.
   */
  readonly compile?: boolean;
}

/** What an optimizer of ours has beside what every `tf.Optimizer` has. */
export interface TfjsOptimizerState<State> {
  /** Its state, a tree of our tensors, which stay its own; undefined before the first step. */
  readonly state: State | undefined;
  /**
   * Another state from now on, such as one with a smaller learning rate:
   * `changeState((state) => withHyperparameters(state, { learningRate: 1e-4 }))`. Before the first step it waits for that.
   */
  changeState(change: (state: State) => State): void;
  /**
   * Gives the variables other values, to evaluate or save the model with: `exchangeParameters(evaluationParams)`.
   *
   * @param compute the values, by the variables' names, from the state and the values now
   * @returns a function that puts the values of before back, which training needs to go on
   * @throws ArgumentError before the first step, and while values are exchanged already
   */
  exchangeParameters(compute: (state: State, params: Parameters) => Parameters): () => void;
}

/**
 * Trains a `tf.LayersModel`, or any variables through `minimize`, with an optimizer of ours:
 * `model.compile({ optimizer: toTfjsOptimizer<tf.Optimizer>(adamw({ learningRate: 1e-3 })), loss })`. The gradients are
 * those of tfjs; parameters and state stay on the tfjs backend that is running, and nothing is copied.
 *
 * The tree of parameters is a record of the variables by their names (`dense_Dense1/kernel`); masks and groups see these as
 * paths. A variable without a gradient is left alone. The variables of the first step are the optimizer's: another list later
 * is an error.
 *
 * `await getWeights()` is the step count and the state by its paths, as tensors of the caller's; `setWeights` takes them back,
 * also before the first step. `getConfig()` throws: functions cannot be written down. `dispose()` frees the state; the next
 * step begins with a new one.
 *
 * @throws ArgumentError for what is no optimizer, BackendError where no tfjs backend runs
 */
export function toTfjsOptimizer<O = TfjsOptimizer, State = unknown>(
  optimizer: TreeOptimizer<State>,
  { compile = true }: TfjsOptimizerOptions = {},
): O & TfjsOptimizerState<State> {
  const { core } = tfjs.running(owner).device.loaded;
  const given = optimizer as Partial<TreeOptimizer<State>> | null | undefined;
  if (typeof given?.init !== 'function' || typeof given.update !== 'function')
    throw new ArgumentError(`${owner}: needs an optimizer with init and update, got ${show(optimizer)}`);

  const plain: TreeOptimizer<State>['update'] = (grads, before, params) =>
    optimizer.update(grads, before, params);
  const update = compile ? jit(plain) : plain;
  let state: State | undefined;
  let names: readonly string[] | undefined;
  /** Weights and changes that came before there was a state. */
  let weights: ReadonlyMap<string, Tensor> | undefined;
  let changes: ((state: State) => State)[] = [];
  let isExchanged = false;

  const variableOf = (name: string) => {
    const variable = core.engine().registeredVariables[name];
    if (variable !== undefined) return variable;
    throw new ArgumentError(`${owner}: there is no variable ${name}; was it disposed?`);
  };
  const assign = (values: Parameters): void => {
    for (const [name, value] of Object.entries(values)) {
      const shared = toTfjs(value);
      variableOf(name).assign(shared);
      shared.dispose();
    }
  };
  /** Frees what the next state does not keep. */
  const replace = (next: State): void => {
    const kept = leaves(next);
    if (state !== undefined) free(state, kept);
    state = next;
  };
  const start = (params: Parameters): State => {
    const [given, waiting] = [weights, changes];
    weights = undefined;
    changes = [];
    let first = scope(() => optimizer.init(params));
    const become = (make: () => State): void => {
      const next = make();
      free(first, leaves(next));
      first = next;
    };
    try {
      if (given !== undefined) become(() => filled(owner, first, given));
      for (const change of waiting) become(() => scope(() => change(first)));
    } catch (error) {
      free(first);
      throw error;
    }
    return first;
  };

  const step = (gradients: TfjsGradients): void => {
    if (isExchanged)
      throw new ArgumentError(`${owner}: the parameters are exchanged; put them back before the next step`);
    const entries = entriesOf(gradients);
    const variables = sameNames(state && names, entries.map(([name]) => name).sort());
    const grads: Parameters = {};
    const params: Parameters = {};
    let kept: readonly Tensor[] = state === undefined ? [] : leaves(state);
    let moved: Parameters = {};
    try {
      for (const [name, gradient] of entries) {
        params[name] = fromTfjs(variableOf(name));
        grads[name] = fromTfjs(gradient);
      }
      onBackendOf(Object.values(params), () => {
        const current = state ?? start(params);
        state = current;
        names = variables;
        kept = leaves(current);
        const next = scope(() => {
          const { updates, state: after } = update(grads, current, params);
          const sums = Object.keys(params).map((name) => [
            name,
            add(params[name]!, (updates as Parameters)[name]!),
          ]);
          return { moved: Object.fromEntries(sums) as Parameters, after };
        });
        ({ moved } = next);
        kept = leaves(next.after);
        replace(next.after);
      });
      assign(moved);
    } finally {
      free([grads, params, moved], kept);
    }
  };

  // tfjs takes nothing for an optimizer that is not made from its own class.
  const Adapter = class extends core.Optimizer {
    static readonly className = 'TrellisOptimizer';
    /** tfjs' own counter, which its `iterations` shows. */
    iterations_ = 0;
    get state(): State | undefined {
      return state;
    }
    override applyGradients(gradients: TfjsGradients): void {
      step(gradients);
      this.iterations_ += 1;
    }
    changeState(change: (state: State) => State): void {
      if (typeof change !== 'function')
        throw new ArgumentError(`${owner}: changeState needs a function of the state, got ${show(change)}`);
      const current = state;
      if (current === undefined) changes.push(change);
      else replace(onBackendOf(leaves(current), () => scope(() => change(current))));
    }
    exchangeParameters(compute: (state: State, params: Parameters) => Parameters): () => void {
      const current = state;
      if (current === undefined || names === undefined)
        throw new ArgumentError(`${owner}: exchangeParameters needs a state, which the first step makes`);
      if (isExchanged) throw new ArgumentError(`${owner}: the parameters are exchanged already`);
      const before = Object.fromEntries(names.map((name) => [name, fromTfjs(variableOf(name))]));
      try {
        const values = onBackendOf(leaves(before), () => scope(() => compute(current, before)));
        assign(values);
        free(values, [...leaves(before), ...leaves(current)]);
      } catch (error) {
        free(before);
        throw error;
      }
      isExchanged = true;
      return () => {
        if (!isExchanged) return;
        assign(before);
        free(before);
        isExchanged = false;
      };
    }
    override async getWeights(): Promise<TfjsNamedTensor[]> {
      const count = { name: 'iter', tensor: core.tensor([this.iterations_], [], 'int32') };
      const own = state === undefined ? [] : namedLeaves(state);
      return Promise.resolve([count, ...own.map(([name, leaf]) => ({ name, tensor: toTfjs(leaf) }))]);
    }
    override async setWeights(values: readonly TfjsNamedTensor[]): Promise<void> {
      const [count, ...rest] = values;
      if (count?.name !== 'iter')
        throw new ArgumentError(
          `${owner}: setWeights needs what getWeights gave, which begins with iter; got ${show(count?.name)}`,
        );
      // The caller may dispose his as soon as this waits.
      const steps = fromTfjs(count.tensor);
      try {
        const own = new Map(rest.map(({ name, tensor }) => [name, fromTfjs(tensor)]));
        if (state !== undefined) replace(filled(owner, state, own));
        else {
          free([...(weights?.values() ?? [])]);
          weights = own;
        }
        this.iterations_ = Number((await steps.data())[0]);
      } finally {
        steps.dispose();
      }
    }
    override getConfig(): Record<string, never> {
      throw new ArgumentError(
        `${owner}: an optimizer made of functions cannot be written as a config; save the model without includeOptimizer, ` +
          'and the state apart, by getWeights and setWeights',
      );
    }
    override dispose(): void {
      if (state !== undefined) free(state);
      free([...(weights?.values() ?? [])]);
      state = names = weights = undefined;
      changes = [];
      this.iterations_ = 0;
    }
  };
  // The class is tfjs' own, whose type only the caller has.
  return new Adapter() as unknown as O & TfjsOptimizerState<State>;
}

const owner = 'toTfjsOptimizer';

function free(tree: unknown, kept: readonly Tensor[] = []): void {
  const stay = new Set(kept);
  for (const leaf of leaves(tree)) if (!stay.has(leaf)) leaf.dispose();
}

function entriesOf(gradients: TfjsGradients): (readonly [string, TfjsTensor])[] {
  const all = Array.isArray(gradients)
    ? (gradients as readonly { name: string; tensor: TfjsTensor | null | undefined }[]).map(
        ({ name, tensor }) => [name, tensor] as const,
      )
    : Object.entries(gradients as Readonly<Record<string, TfjsTensor | null | undefined>>);
  return all.flatMap(([name, tensor]) =>
    tensor === null || tensor === undefined ? [] : [[name, tensor] as const],
  );
}

/** The names, which must be those of the steps before. */
function sameNames(before: readonly string[] | undefined, now: readonly string[]): readonly string[] {
  if (now.length === 0) throw new ArgumentError(`${owner}: no variable has a gradient`);
  if (before === undefined || before.join('\n') === now.join('\n')) return now;
  const fresh = now.filter((name) => !before.includes(name));
  const gone = before.filter((name) => !now.includes(name));
  throw new ArgumentError(
    `${owner}: the state is for other variables; ` +
      [
        fresh.length > 0 ? `new are ${fresh.join(', ')}` : '',
        gone.length > 0 ? `without a gradient are ${gone.join(', ')}` : '',
      ]
        .filter((part) => part !== '')
        .join(', and ') +
      '. Use an optimizer for each list of variables, or dispose() to begin anew',
  );
}
