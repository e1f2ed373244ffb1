// The models of the training steps as data: parameters under PyTorch's layouts, and the sizes of their inputs.

const dense = (path, inputs, outputs) => ({
  [`${path}.weight`]: { shape: [outputs, inputs], fan: inputs },
  [`${path}.bias`]: { shape: [outputs], fan: inputs },
});

const convolution = (path, inputs, outputs, window) => ({
  [`${path}.weight`]: { shape: [outputs, inputs, window, window], fan: inputs * window ** 2 },
  [`${path}.bias`]: { shape: [outputs], fan: inputs * window ** 2 },
});

const normalization = (path, features) => ({
  [`${path}.weight`]: { shape: [features], fan: 1 },
  [`${path}.bias`]: { shape: [features], fan: 1 },
});

export const mlp = {
  kind: 'mlpStep',
  input: [128, 784],
  classes: 10,
  parameters: { ...dense('hidden1', 784, 256), ...dense('hidden2', 256, 128), ...dense('output', 128, 10) },
};

/** Two convolutions without padding, each with ReLU and 2x2 max pooling: 28 -> 26 -> 13 -> 11 -> 5. */
export const cnn = {
  kind: 'cnnStep',
  input: [64, 1, 28, 28],
  classes: 10,
  parameters: {
    ...convolution('conv1', 1, 16, 3),
    ...convolution('conv2', 16, 32, 3),
    ...dense('output', 32 * 5 * 5, 10),
  },
};

const width = 128;
const block = (path) => ({
  ...dense(`${path}.attention.query`, width, width),
  ...dense(`${path}.attention.key`, width, width),
  ...dense(`${path}.attention.value`, width, width),
  ...dense(`${path}.attention.output`, width, width),
  ...normalization(`${path}.norm1`, width),
  ...normalization(`${path}.norm2`, width),
  ...dense(`${path}.linear1`, width, 4 * width),
  ...dense(`${path}.linear2`, 4 * width, width),
});

/** Pre-norm blocks with exact GELU and no dropout; the loss is the mean square distance to a target. */
export const transformer = {
  kind: 'transformerStep',
  input: [8, 64, width],
  heads: 4,
  layers: 4,
  parameters: Object.assign({}, ...[0, 1, 2, 3].map((i) => block(`block${i}`))),
};
