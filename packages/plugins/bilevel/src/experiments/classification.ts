import { crossEntropy, dense, flatten, sequential } from '@core/nn';
import type { Dataset, Examples, Model } from '@core/registry';
import { show } from '@core/registry/checks';
import { ArgumentError, take, tree, type Tensor, type Tree } from '@core/tensor';

/** A dataset's three splits. */
export interface Splits {
  readonly train: Examples;
  readonly validation: Examples;
  readonly test: Examples;
}

/** Loads all three splits of a set of classes. @throws ArgumentError for a set that lacks one, or has no classes */
export async function classificationSplits(owner: string, dataset: Dataset): Promise<Splits> {
  const missing = (['train', 'validation', 'test'] as const).filter((split) => !dataset.splits.includes(split)); // prettier-ignore
  if (missing.length > 0)
    throw new ArgumentError(
      `${owner}: dataset must have the splits train, validation and test, ${dataset.name} has no ${missing.join(' and ')}; ` +
        'an option such as validation: 500 may make one',
    );
  if (dataset.classNames.length < 2)
    throw new ArgumentError(`${owner}: dataset must have classes, the targets of ${dataset.name} are values`);
  const [train, validation, test] = await Promise.all([
    dataset.load('train'),
    dataset.load('validation'),
    dataset.load('test'),
  ]);
  for (const { targets } of [train, validation, test])
    if (targets.ndim !== 1 || targets.dtype !== 'int32')
      throw new ArgumentError(
        `${owner}: dataset must have one class number for each example, got ${show(targets)}`,
      );
  return { train, validation, test };
}

/** Softmax regression, where a recipe names no other model. */
export function linearModel(outputs: number): Model {
  return sequential({ flatten: flatten(), output: dense(outputs) });
}

/** A model of one kind of examples, with its start. */
export interface Classifier {
  readonly start: Tree;
  readonly logits: (params: Tree, inputs: Tensor) => Tensor;
}

export function classifier(model: Model, key: Tensor, { inputShape }: Dataset): Classifier {
  const { params, state } = model.init(key, inputShape);
  return { start: params, logits: (at, inputs) => model.apply(at, state, inputs).output };
}

/** -log p of each example's label, [n]. A batch is the examples' numbers. */
export function losses(
  { logits }: Classifier,
  params: Tree,
  { inputs, targets }: Examples,
  batch?: Tensor,
): Tensor {
  const [x, labels] = batch === undefined ? [inputs, targets] : [take(inputs, batch), take(targets, batch)];
  return crossEntropy(logits(params, x), labels, { reduction: 'none' });
}

/** Share of the examples that are told right. */
export function accuracyOf({ logits }: Classifier, params: Tree, { inputs, targets }: Examples): number {
  const right = logits(params, inputs).argmax(1).equal(targets);
  return right.cast('int32').sum().item() / targets.size;
}

/** How good a model is: `accuracy` and `loss` (the mean of -log p) on test, `validationAccuracy` and `validationLoss`. */
export function modelScores(
  of: Classifier,
  params: Tree,
  { test, validation }: Splits,
): Readonly<Record<'accuracy' | 'loss' | 'validationAccuracy' | 'validationLoss', number>> {
  return {
    accuracy: accuracyOf(of, params, test),
    loss: losses(of, params, test).mean().item(),
    validationAccuracy: accuracyOf(of, params, validation),
    validationLoss: losses(of, params, validation).mean().item(),
  };
}

/** Σ of squares over all leaves. */
export function squares(params: Tree): Tensor {
  return tree
    .leaves(params)
    .map((leaf) => leaf.square().sum())
    .reduce((sum, part) => sum.add(part));
}
