import { lax, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import { labels, numbers, parameters, permuted } from '../../numbers.mjs';
import { array, count, layerNorm } from './kernels.mjs';
import { adam, compiledStep } from './optimizers.mjs';

/** A compiled training step with Adam, checked by the loss of the third one. `lossOf` consumes all it is given. */
function trainingStep(subject, target, lossOf) {
  const optimizer = adam();
  const entries = Object.entries(parameters(subject.parameters));
  const params = Object.fromEntries(
    entries.map(([path, values]) => [path, parameter(values, subject.parameters[path].shape)]),
  );
  const x = array(numbers(count(subject.input), { seed: 1 }), subject.input);
  const step = compiledStep(
    ({ params, state }, x, y) => {
      const [loss, gradient] = valueAndGrad((p) => lossOf(p, x, y))(tree.ref(params));
      return { loss, state: optimizer.update(gradient, state, params) };
    },
    { params, state: optimizer.init(params) },
    [x, target],
  );
  return {
    ...step,
    async check() {
      for (let i = 0; i < 2; i++) await step.run();
      const loss = await step.once();
      return (await loss.data())[0];
    },
  };
}

/** Dense weights are stored as [in, out], which jax-js is fastest with. */
function parameter(values, shape) {
  if (shape.length !== 2) return array(values, shape);
  return array(permuted(values, shape, [1, 0]), [...shape].reverse());
}

const dense = (p, path, x) => np.matmul(x, p[`${path}.weight`]).add(p[`${path}.bias`]);

function classifier(subject, logits) {
  const { classes, input } = subject;
  const oneHot = new Float32Array(input[0] * classes);
  labels(input[0], classes, 2).forEach((label, i) => (oneHot[i * classes + label] = 1));
  return trainingStep(subject, array(oneHot, [input[0], classes]), (p, x, y) =>
    np.mean(np.sum(nn.logSoftmax(logits(p, x)).mul(y), -1)).mul(-1),
  );
}

export const trainingSteps = {
  mlpStep: (subject) =>
    classifier(subject, (p, x) => {
      const hidden = nn.relu(dense(p, 'hidden1', x));
      return dense(p, 'output', nn.relu(dense(p, 'hidden2', hidden)));
    }),

  cnnStep(subject) {
    const convolve = (p, path, x) => {
      const y = lax.conv(x, p[`${path}.weight`], [1, 1], 'VALID');
      return nn.relu(y.add(p[`${path}.bias`].reshape([-1, 1, 1])));
    };
    // Windows of 2x2 that do not overlap: what is left over at the edges is cut off.
    const pool = (x) => lax.reduceWindow(x, np.max, [2, 2], [2, 2]);
    return classifier(subject, (p, x) => {
      const features = pool(convolve(p, 'conv2', pool(convolve(p, 'conv1', x))));
      return dense(p, 'output', features.reshape([subject.input[0], -1]));
    });
  },

  transformerStep(subject) {
    const target = array(numbers(count(subject.input), { seed: 2 }), subject.input);
    return trainingStep(subject, target, (p, x, y) => {
      let output = x;
      for (let i = 0; i < subject.layers; i++) output = block(p, `block${i}`, output, subject);
      return np.mean(np.square(output.sub(y)));
    });
  },
};

/** A pre-norm transformer block: attention, then a feed-forward network with exact GELU. */
function block(p, path, x, { input: [batch, length, width], heads }) {
  const linear = (name, t) => dense(p, `${path}.${name}`, t);
  const norm = (name, t) => layerNorm(t, p[`${path}.${name}.weight`], p[`${path}.${name}.bias`]);
  const split = (t) => np.transpose(t.reshape([batch, length, heads, width / heads]), [0, 2, 1, 3]);
  const normed = norm('norm1', x.ref);
  const [q, k, v] = ['query', 'key', 'value'].map((name) => split(linear(`attention.${name}`, normed.ref)));
  normed.dispose();
  const scores = np.matmul(q, np.transpose(k, [0, 1, 3, 2])).mul(Math.sqrt(heads / width));
  const mixed = np.matmul(nn.softmax(scores, -1), v);
  const joined = np.transpose(mixed, [0, 2, 1, 3]).reshape([batch, length, width]);
  const attended = x.add(linear('attention.output', joined));
  const hidden = nn.gelu(linear('linear1', norm('norm2', attended.ref)), { approximate: false });
  return attended.add(linear('linear2', hidden));
}
