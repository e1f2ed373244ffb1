import {
  activation,
  convolution2d,
  crossEntropy,
  dense,
  flatten,
  maxPooling2d,
  sequential,
  transformerLayer,
} from '@core/nn';
import { adam, applyUpdates } from '@plugins/optim';
import { tensor, valueAndGrad } from '@core/tensor';
import { labels, numbers, parameters } from '../../numbers.mjs';
import { compiledStep } from './compiled.mjs';

/** { 'a.weight': numbers } as the tree { a: { weight: tensor } }, with the branches of layers without parameters. */
function parameterTree(subject, layers) {
  const root = Object.fromEntries(layers.map((name) => [name, {}]));
  for (const [path, values] of Object.entries(parameters(subject.parameters))) {
    const keys = path.split('.');
    const last = keys.pop();
    const branch = keys.reduce((node, key) => (node[key] ??= {}), root);
    branch[last] = tensor(values, { shape: subject.parameters[path].shape });
  }
  return root;
}

const input = ({ input: shape }) =>
  tensor(
    numbers(
      shape.reduce((a, b) => a * b, 1),
      { seed: 1 },
    ),
    { shape },
  );

/** A compiled training step with Adam, checked by the loss of the third one. */
function trainingStep(subject, layers, target, lossOf) {
  const net = sequential(layers);
  const optimizer = adam({ learningRate: 1e-3 });
  const params = parameterTree(subject, Object.keys(layers));
  const states = Object.fromEntries(Object.keys(layers).map((name) => [name, {}]));
  const step = compiledStep(
    ({ params, state }, x, y) => {
      const loss = (p) => lossOf(net.apply(p, states, x, { train: true }).output, y);
      const [value, gradient] = valueAndGrad(loss)(params);
      const next = optimizer.update(gradient, state, params);
      return { loss: value, state: { params: applyUpdates(params, next.updates), state: next.state } };
    },
    { params, state: optimizer.init(params) },
    [input(subject), target],
  );
  return {
    ...step,
    async check() {
      for (let i = 0; i < 2; i++) step.run();
      const loss = step.once();
      const [value] = await loss.data();
      loss.dispose();
      return value;
    },
  };
}

const classifier = (subject, layers) => {
  const target = tensor(labels(subject.input[0], subject.classes, 2), { dtype: 'int32' });
  return trainingStep(subject, layers, target, crossEntropy);
};

const relu = () => activation('relu');

export const trainingSteps = {
  mlpStep: (subject) =>
    classifier(subject, {
      hidden1: dense(256),
      relu1: relu(),
      hidden2: dense(128),
      relu2: relu(),
      output: dense(10),
    }),
  cnnStep: (subject) =>
    classifier(subject, {
      conv1: convolution2d(16, 3),
      relu1: relu(),
      pool1: maxPooling2d(2),
      conv2: convolution2d(32, 3),
      relu2: relu(),
      pool2: maxPooling2d(2),
      flat: flatten(),
      output: dense(10),
    }),
  transformerStep(subject) {
    const { heads, layers } = subject;
    const blocks = Array.from({ length: layers }, (_, i) => [`block${i}`, transformerLayer(heads)]);
    const target = tensor(
      numbers(
        subject.input.reduce((a, b) => a * b, 1),
        { seed: 2 },
      ),
      { shape: subject.input },
    );
    const squares = (output, y) => output.sub(y).square().mean();
    return trainingStep(subject, Object.fromEntries(blocks), target, squares);
  },
};
