import type { Dataset, Loss, Model } from '@core/registry';
import { ArgumentError, jit, random, type Tensor, type Tree } from '@core/tensor';
import type { Samplers } from '../problem.js';

/** A batch with what the model needs for its own random choices (dropout). */
export type LabelledBatch = { readonly inputs: Tensor; readonly targets: Tensor; readonly key: Tensor };

/** A model on a data set's splits. */
export interface Network {
  /** At the start, not trained. */
  readonly params: Tree;
  /** Without a batch of all training examples, without dropout. */
  readonly loss: (params: Tree, batch?: LabelledBatch) => Tensor;
  readonly samplers: Samplers<LabelledBatch>;
  /** Batches that have as many examples as the training split. */
  readonly stepsPerEpoch: number;
  /** The share of test examples whose class is right. */
  readonly accuracy: (params: Tree) => number;
  /** Of one example. */
  readonly inputShape: readonly number[];
}

export interface NetworkParts {
  readonly dataset: Dataset;
  readonly model: Model;
  readonly loss: Loss;
  readonly batchSize?: number;
}

/** Examples that one call of the model takes in scoring. */
const together = 500;

/** Batches from which running statistics are gathered; of the official momentum's memory little is left after them. */
const gathering = 50;

/** @throws ArgumentError for a data set without classes or one of the splits train and test */
export async function networkOf(
  owner: string,
  { dataset, model, loss, batchSize = 128 }: NetworkParts,
  key: Tensor,
): Promise<Network> {
  if (dataset.classNames.length === 0)
    throw new ArgumentError(`${owner}: ${dataset.name} has no classes, and accuracy is of classes`);
  for (const split of ['train', 'test'] as const)
    if (!dataset.splits.includes(split))
      throw new ArgumentError(`${owner}: ${dataset.name} has no split ${split}; it has ${dataset.splits.join(', ')}`); // prettier-ignore
  const [train, test] = [await dataset.load('train'), await dataset.load('test')];
  const { params, state } = model.init(random.foldIn(key, 0), dataset.inputShape);
  const size = train.targets.shape[0] ?? 0;
  const draw = (own: Tensor): LabelledBatch => {
    const rows = random.randint(random.foldIn(own, 0), [batchSize], 0, size);
    return { inputs: train.inputs.take(rows), targets: train.targets.take(rows), key: random.foldIn(own, 1) };
  };
  const gathered = jit((p: Tree, from: Tree, own: Tensor) => {
    const { inputs, key: drop } = draw(own);
    return model.apply(p, from, inputs, { train: true, key: drop }).state;
  });
  const right = jit((p: Tree, statistics: Tree, inputs: Tensor, targets: Tensor) =>
    model.apply(p, statistics, inputs).output.argmax(-1).equal(targets).cast('float32').sum(),
  );
  const hasState = Object.keys(state).length > 0;
  return {
    params,
    samplers: { lower: draw, upper: draw },
    stepsPerEpoch: Math.ceil(size / batchSize),
    inputShape: dataset.inputShape,
    loss: (p, batch) =>
      batch === undefined
        ? loss(model.apply(p, state, train.inputs, { train: hasState, key }).output, train.targets)
        : loss(model.apply(p, state, batch.inputs, { train: true, key: batch.key }).output, batch.targets),
    accuracy: (p) => {
      let statistics = state;
      if (hasState)
        for (let i = 0; i < gathering; i++) statistics = gathered(p, statistics, random.foldIn(key, i + 1));
      const count = test.targets.shape[0] ?? 0;
      let sum = 0;
      for (let from = 0; from < count; from += together) {
        const until = Math.min(count, from + together);
        const part = (of: Tensor): Tensor => of.slice([from], [until]);
        sum += right(p, statistics, part(test.inputs), part(test.targets)).item();
      }
      return sum / count;
    },
  };
}
