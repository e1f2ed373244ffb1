import type { Loss, Model, Optimizer } from '@core/registry';
import {
  argmax,
  jit,
  random,
  softmax,
  tree,
  valueAndGrad,
  type Jitted,
  type Tensor,
  type Tree,
} from '@core/tensor';

/** Everything that a training step changes: a tree of tensors. */
export type TrainState = {
  readonly params: Tree;
  /** What the model only tracks, such as running means. */
  readonly model: Tree;
  readonly optimizer: Tree;
  /** Random key of the next step, for dropout. */
  readonly key: Tensor;
};

export type StepResult = {
  readonly state: TrainState;
  readonly loss: Tensor;
  /** Number of right answers (several to an example where targets are sequences), an int32 scalar; of no meaning where targets are not classes. */
  readonly correct: Tensor;
};

export interface Parts {
  readonly model: Model;
  readonly loss: Loss;
  readonly classes: number;
}

/**
 * One training step as one compiled function: forward, backward and the optimizer's update. Hyperparameters that follow
 * a schedule are computed inside from the optimizer's step count, so nothing is compiled again when they change.
 */
export function trainStep(
  { model, loss, classes }: Parts,
  optimizer: Optimizer,
): Jitted<[state: TrainState, inputs: Tensor, targets: Tensor], StepResult> {
  const step = (state: TrainState, inputs: Tensor, targets: Tensor): StepResult => {
    const [next, key] = random.split(state.key, 2);
    if (next === undefined || key === undefined)
      throw new Error('random.split gave fewer keys than asked for');
    const objective = (params: Tree): [Tensor, { output: Tensor; state: Tree }] => {
      const result = model.apply(params, state.model, inputs, { key, train: true });
      return [loss(result.output, targets), result];
    };
    const [[value, result], gradients] = valueAndGrad(objective, { hasAux: true })(state.params);
    const { updates, state: after } = optimizer.update(gradients, state.optimizer, state.params);
    return {
      state: {
        params: tree.map((parameter, update) => parameter.add(update), state.params, updates),
        model: result.state,
        optimizer: after,
        key: next,
      },
      loss: value,
      correct: classes > 0 ? correctCount(result.output, targets) : value,
    };
  };
  return jit(step, { name: 'trainStep' });
}

/** The numbers of its own that an optimizer has for a state before a step, and the loss there; undefined if it has none. */
export function optimizerMeasures(
  optimizer: Optimizer,
): Jitted<[state: TrainState, loss: Tensor], Readonly<Record<string, Tensor>>> | undefined {
  if (optimizer.measures === undefined) return undefined;
  const measure = (state: TrainState, loss: Tensor): Readonly<Record<string, Tensor>> =>
    optimizer.measures?.(state.optimizer, { params: state.params, loss }) ?? {};
  return jit(measure, { name: 'optimizerMeasures' });
}

/** Number of targets at which the largest output is. */
function correctCount(output: Tensor, targets: Tensor): Tensor {
  return argmax(output, -1).equal(targets).sum();
}

export type Measured = {
  readonly output: Tensor;
  readonly loss: Tensor;
  /** Softmax of the outputs where targets are classes, else the outputs. */
  readonly probabilities: Tensor;
};

/** The model in use, not in training: outputs and loss of a batch. */
export function measureStep({
  model,
  loss,
  classes,
}: Parts): Jitted<[params: Tree, state: Tree, inputs: Tensor, targets: Tensor], Measured> {
  const measure = (params: Tree, state: Tree, inputs: Tensor, targets: Tensor): Measured => {
    const { output } = model.apply(params, state, inputs, { train: false });
    return { output, loss: loss(output, targets), probabilities: classes > 0 ? softmax(output, -1) : output };
  };
  return jit(measure, { name: 'measure' });
}

/** The parameters to measure and to keep: those that are trained, or an optimizer's averages of them. */
export function measuredParams(optimizer: Optimizer, { optimizer: state, params }: TrainState): Tree {
  return optimizer.evaluationParams?.(state, params) ?? params;
}

/** Frees what the new state does not share with the old one, except what other trials start from. */
export function replace(old: Tree, now: Tree | undefined, shared: ReadonlySet<Tensor>): void {
  const kept = new Set<Tensor>(now === undefined ? [] : tree.leaves(now));
  for (const leaf of tree.leaves(old)) if (!kept.has(leaf) && !shared.has(leaf)) leaf.dispose();
}
