import type { Dataset, Examples, Split } from '@core/registry';
import { atLeastOne, checkOptions, positive, type Rule } from '@core/registry/checks';
import {
  ArgumentError,
  concat,
  jit,
  random,
  tensor,
  tree,
  valueAndGrad,
  zerosLike,
  type Tensor,
} from '@core/tensor';
import { crossEntropy, dense, linear, type LinearParams } from '@core/nn';
import {
  patchTransformer,
  patchTransformerRules,
  type PatchTransformerOptions,
  type PatchTransformerParams,
} from './patchTransformer.js';

export interface PretrainingOptions extends PatchTransformerOptions {
  /** Class numbers that the backbone is trained on. Default all. */
  readonly pretrainClasses?: readonly number[];
  /** Class numbers that are probed. Default those that the backbone was not trained on; all where it was trained on all. */
  readonly classes?: readonly number[];
  /** Times that the backbone sees each of its training pictures. Default 6. */
  readonly epochs?: number;
  /** Pictures in a step. Default 50. */
  readonly batchSize?: number;
  /** Of Adam, falling to 0 along half a cosine. Default 0.003. */
  readonly learningRate?: number;
}

const classRule: Rule = {
  words: 'a list of two class numbers or more',
  holds: (value) =>
    Array.isArray(value) &&
    value.length > 1 &&
    new Set(value).size === value.length &&
    value.every((one) => Number.isSafeInteger(one) && one >= 0),
};

export const pretrainingRules: Readonly<Record<keyof PretrainingOptions, Rule>> = {
  ...patchTransformerRules,
  pretrainClasses: classRule,
  classes: classRule,
  epochs: atLeastOne,
  batchSize: atLeastOne,
  learningRate: positive,
};

/** Which classes of a dataset have which part. */
export interface Parts {
  readonly pretrained: readonly number[];
  readonly probed: readonly number[];
}

/** @throws ArgumentError for a dataset without classes, or without those that are asked for */
export function partsOf(owner: string, { name, classNames }: Dataset, options: PretrainingOptions): Parts {
  checkOptions(owner, options, pretrainingRules);
  const all = classNames.map((_, i) => i);
  if (all.length < 2) throw new ArgumentError(`${owner}: ${name} has no classes to tell apart`);
  const { pretrainClasses: pretrained = all, classes } = options;
  const unseen = all.filter((one) => !pretrained.includes(one));
  const probed = classes ?? (unseen.length === 0 ? all : unseen);
  for (const [option, list] of [
    ['pretrainClasses', pretrained],
    ['classes', probed],
  ] as const)
    // prettier-ignore
    if (list.some((one) => one >= all.length) || list.length < 2)
      throw new ArgumentError(
        `${owner}: ${option} must be two or more of 0..${all.length - 1}, the classes of ${name}, got [${list.join(', ')}]`,
      );
  return { pretrained, probed };
}

/** What is said of a backbone: `trained on 0, 1, 2`. */
export const trainedOn = ({ classNames }: Dataset, { pretrained }: Parts): string =>
  pretrained.length === classNames.length
    ? 'trained on all classes'
    : `trained on ${pretrained.map((one) => classNames[one]).join(', ')}`;

/** Positions of the examples of some classes. */
export const rowsOf = (targets: Tensor, classes: readonly number[]): number[] =>
  Array.from(targets.dataSync(), Number).flatMap((target, row) => (classes.includes(target) ? [row] : []));

/** The examples of some classes, numbered in the list's order. */
export async function examplesOf(
  dataset: Dataset,
  split: Split,
  classes: readonly number[],
): Promise<Examples> {
  const { inputs, targets } = await dataset.load(split);
  const rows = rowsOf(targets, classes);
  if (rows.length === 0)
    throw new ArgumentError(
      `${dataset.name}: split ${split} has no examples of classes ${classes.join(', ')}`,
    );
  const numbers = Array.from(targets.dataSync(), Number);
  const kept = {
    inputs: inputs.at(tensor(rows, { dtype: 'int32' })),
    targets: tensor(rows.map((row) => classes.indexOf(numbers[row]!)), { dtype: 'int32' }), // prettier-ignore
  };
  inputs.dispose();
  targets.dispose();
  return kept;
}

/** A backbone and the classifier of its class token that it was trained with. */
export type Pretrained = { backbone: PatchTransformerParams; classifier: LinearParams };

/**
 * Trains a patch transformer to tell classes apart by its class token, as the official backbones were: cross entropy, Adam with betas .9
 * and .999, batches in an order that the key decides. The same key gives the same bits.
 *
 * @param classes how many there are; targets are 0..classes - 1
 * @throws ArgumentError for options out of range; ShapeError for pictures that patches do not divide
 */
export function pretrain(
  { inputs, targets }: Examples,
  classes: number,
  options: PretrainingOptions,
  key: Tensor,
): Pretrained {
  checkOptions('pretrain', options, pretrainingRules);
  const { epochs = 6, batchSize = 50, learningRate = 0.003 } = options;
  const layer = patchTransformer(networkOf(options));
  const [initKey, headKey, orderKey] = random.split(key, 3) as [Tensor, Tensor, Tensor];
  const made = layer.init(initKey, inputs.shape.slice(1));
  let params: Pretrained = {
    backbone: made.params,
    classifier: dense(classes).init(headKey, made.outputShape.slice(-1)).params,
  };
  const count = inputs.shape[0]!;
  const size = Math.min(batchSize, count);
  const perEpoch = Math.floor(count / size);
  const total = epochs * perEpoch;

  const loss = (p: Pretrained, x: Tensor, y: Tensor): Tensor => crossEntropy(classify(options, p, x), y);
  type Moments = { first: Pretrained; second: Pretrained };
  type State = { params: Pretrained; moments: Moments };
  const zero = (): Pretrained => tree.map(zerosLike, params);
  let moments: Moments = { first: zero(), second: zero() };
  const update = (p: Pretrained, m: Moments, at: Tensor, x: Tensor, y: Tensor): State => {
    const [, slopes] = valueAndGrad((q: Pretrained) => loss(q, x, y))(p);
    const first = tree.map((a: Tensor, g: Tensor) => a.mul(0.9).add(g.mul(0.1)), m.first, slopes);
    const second = tree.map(
      (a: Tensor, g: Tensor) => a.mul(0.999).add(g.square().mul(0.001)),
      m.second,
      slopes,
    );
    // Bias corrections, 1 - βᵗ.
    const correction = (beta: number): Tensor => at.add(1).mul(Math.log(beta)).expm1().neg();
    const rate = at.mul(Math.PI / total).cos().add(1).mul(learningRate / 2); // prettier-ignore
    const move = (value: Tensor, a: Tensor, b: Tensor): Tensor =>
      value.sub(
        a
          .div(correction(0.9))
          .div(b.div(correction(0.999)).sqrt().add(1e-8))
          .mul(rate),
      );
    return { params: tree.map(move, p, first, second), moments: { first, second } };
  };
  const step = jit(update, { donate: [0, 1] });
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = random.permutation(random.foldIn(orderKey, epoch), count);
    for (let batch = 0; batch < perEpoch; batch++) {
      const rows = order.at([batch * size, (batch + 1) * size]);
      const at = tensor(epoch * perEpoch + batch);
      ({ params, moments } = step(params, moments, at, inputs.at(rows), targets.at(rows)));
    }
  }
  step.dispose();
  return params;
}

/** Options of the network among those of its training. */
export function networkOf(options: PretrainingOptions): PatchTransformerOptions {
  const { patch, width, heads, layers } = options;
  return Object.fromEntries(
    Object.entries({ patch, width, heads, layers }).filter(([, value]) => value !== undefined),
  );
}

/** Logits of a pretrained network with its own classifier. */
const classify = (options: PretrainingOptions, { backbone, classifier }: Pretrained, x: Tensor): Tensor =>
  linear(patchTransformer(networkOf(options)).apply(backbone, {}, x).output.at(null, 0), classifier);

/** Of its own classes: the share of right answers. */
export function pretrainedAccuracy(
  options: PretrainingOptions,
  params: Pretrained,
  { inputs, targets }: Examples,
): number {
  const logits = inPieces((x) => classify(options, params, x), inputs);
  return logits.argmax(1).equal(targets).cast('float32').mean().item();
}

/** Tokens [n, 1 + patches, width] of a frozen backbone. */
export function featuresOf(
  options: PatchTransformerOptions,
  params: PatchTransformerParams,
  inputs: Tensor,
): Tensor {
  const layer = patchTransformer(options);
  return inPieces((x) => layer.apply(params, {}, x).output, inputs);
}

/** A function of many examples, some at a time, so that what it holds in between stays small. */
export function inPieces(f: (x: Tensor) => Tensor, inputs: Tensor, size = 250): Tensor {
  const compiled = jit(f);
  const count = inputs.shape[0]!;
  const pieces: Tensor[] = [];
  for (let start = 0; start < count; start += size)
    pieces.push(compiled(inputs.at([start, Math.min(count, start + size)])));
  const all = pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : concat(pieces, 0);
  compiled.dispose();
  return all;
}
