import {
  activation,
  convolution2d,
  crossEntropy,
  dense,
  flatten,
  maxPooling2d,
  sequential,
  type Layer,
} from '@core/nn';
import { adam, applyUpdates } from '@plugins/optim';
import { jit, random, softmax, tensor, tree, valueAndGrad, type Tensor, type Tree } from '@core/tensor';

const layers: Readonly<Record<string, () => Layer>> = {
  dense: () =>
    sequential({ flat: flatten(), hidden: dense(128), relu: activation('relu'), output: dense(10) }),
  convolutional: () =>
    sequential({
      convolution1: convolution2d(8, 5),
      relu1: activation('relu'),
      pool1: maxPooling2d(2),
      convolution2: convolution2d(16, 5),
      relu2: activation('relu'),
      pool2: maxPooling2d(2),
      flat: flatten(),
      output: dense(10),
    }),
};

/** A network in training, on the backend that was current when it was made. */
export interface Network {
  readonly parameters: number;
  /** One step on a batch; the loss can be read when the device has come so far. */
  step(images: Float32Array, labels: Int32Array): Tensor;
  /** Probabilities of the ten digits for each image, and the mean loss. */
  predict(
    images: Float32Array,
    labels: Int32Array,
  ): Promise<{ probabilities: ArrayLike<number>; loss: number }>;
  dispose(): void;
}

type State = { readonly params: Tree; readonly optimizer: ReturnType<ReturnType<typeof adam>['init']> };

const imagesOf = (data: Float32Array): Tensor => tensor(data, { shape: [data.length / 784, 1, 28, 28] });

export function createNetwork(kind: string, seed: number): Network {
  const net = layers[kind]!();
  const optimizer = adam({ learningRate: 2e-3 });
  const { params, state: none } = net.init(random.key(seed), [1, 28, 28]);
  let state: State = { params, optimizer: optimizer.init(params) };

  const step = jit(
    (before: State, images: Tensor, labels: Tensor) => {
      const lossOf = (p: Tree): Tensor =>
        crossEntropy(net.apply(p, none, images, { train: true }).output, labels);
      const [loss, gradient] = valueAndGrad(lossOf)(before.params);
      const { updates, state: after } = optimizer.update(gradient, before.optimizer, before.params);
      return { loss, state: { params: applyUpdates(before.params, updates), optimizer: after } };
    },
    { donate: [0], name: 'step' },
  );
  const predict = jit((p: Tree, images: Tensor, labels: Tensor) => {
    const { output } = net.apply(p, none, images, { train: false });
    return { loss: crossEntropy(output, labels), probabilities: softmax(output, -1) };
  });

  return {
    parameters: tree.leaves(params).reduce((sum, leaf) => sum + leaf.size, 0),
    step(images, labels) {
      using x = imagesOf(images);
      using y = tensor(labels);
      const result = step(state, x, y);
      state = result.state;
      return result.loss;
    },
    async predict(images, labels) {
      using x = imagesOf(images);
      using y = tensor(labels);
      const result = predict(state.params, x, y);
      const [probabilities, [loss = NaN]] = await Promise.all([
        result.probabilities.data(),
        result.loss.data(),
      ]);
      result.probabilities.dispose();
      result.loss.dispose();
      return { probabilities, loss };
    },
    dispose() {
      step.dispose();
      predict.dispose();
      tree.leaves(state).forEach((leaf) => leaf.dispose());
    },
  };
}
