import { activation, convolution2d, crossEntropy, dense, flatten, maxPooling2d, sequential } from '@core/nn';
import { conv2d, grad, jit, matmul, random, softmax, tree, valueAndGrad } from '@core/tensor';

const uniform = (shape, seed = 1, dtype = 'float32') => random.uniform(random.key(seed), shape, { dtype });

/** Runs `f` and frees what it returns. */
const discard = (f) => () => tree.leaves(f()).forEach((t) => t.dispose());

const products = [64, 256, 512, 1024].flatMap((n) =>
  ['float32', 'float64'].map((dtype) => ({
    name: `matmul ${n} ${dtype}`,
    flops: 2 * n ** 3,
    prepare: () => {
      const [a, b] = [uniform([n, n], 1, dtype), uniform([n, n], 2, dtype)];
      return discard(() => matmul(a, b));
    },
  })),
);

const elementwise = Object.entries({
  'add 1e6': (x) => x.add(x),
  'exp 1e6': (x) => x.exp(),
  'sum 1e6': (x) => x.sum(),
}).map(([name, f]) => ({
  name,
  prepare: () => {
    const x = uniform([1_000_000]);
    return discard(() => f(x));
  },
}));

const convolution = () => {
  const [x, kernel] = [uniform([64, 16, 12, 12]), uniform([32, 16, 3, 3], 2)];
  return { x, kernel, flops: 2 * 64 * 32 * 10 * 10 * 16 * 9 };
};

/** One compiled step of plain gradient descent on a classifier. */
function trainingStep(net, inputShape, batch) {
  const { params, state } = net.init(random.key(0), inputShape);
  const x = uniform([batch, ...inputShape]);
  const labels = random.randint(random.key(2), [batch], 0, 10);
  const loss = (p) => crossEntropy(net.apply(p, state, x, { train: true }).output, labels);
  const step = jit((p) => {
    const [value, gradient] = valueAndGrad(loss)(p);
    return { value, p: tree.map((w, g) => w.sub(g.mul(0.01)), p, gradient) };
  });
  let current = params;
  return () => {
    const { value, p } = step(current);
    value.dispose();
    tree.leaves(current).forEach((t) => t.dispose());
    current = p;
  };
}

const relu = () => activation('relu');

export const subjects = [
  ...products,
  ...elementwise,
  { name: 'softmax 1024x1000', prepare: () => ((x) => discard(() => softmax(x)))(uniform([1024, 1000])) },
  {
    name: 'conv2d forward',
    flops: convolution().flops,
    prepare: () => {
      const { x, kernel } = convolution();
      return discard(() => conv2d(x, kernel));
    },
  },
  {
    name: 'conv2d gradients',
    prepare: () => {
      const { x, kernel } = convolution();
      return discard(() => grad((a, b) => conv2d(a, b).sum(), [0, 1])(x, kernel));
    },
  },
  {
    name: 'mlp step',
    prepare: () =>
      trainingStep(
        sequential({ a: dense(256), r: relu(), b: dense(128), s: relu(), c: dense(10) }),
        [784],
        128,
      ),
  },
  {
    name: 'cnn step',
    prepare: () =>
      trainingStep(
        sequential({
          conv1: convolution2d(16, 3),
          relu1: relu(),
          pool1: maxPooling2d(2),
          conv2: convolution2d(32, 3),
          relu2: relu(),
          pool2: maxPooling2d(2),
          flat: flatten(),
          out: dense(10),
        }),
        [1, 28, 28],
        64,
      ),
  },
  {
    name: 'compiled call of one add',
    prepare: () => {
      const f = jit((x) => x.add(1));
      const x = uniform([4]);
      return discard(() => f(x));
    },
  },
];
