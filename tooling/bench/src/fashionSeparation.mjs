/*
 * `node tooling/bench/src/fashionSeparation.mjs [folder]`: updates until two classes of Fashion-MNIST's test images are separated
 * by large steps of logistic regression, plain and normalized, and by the batch perceptrons. The files are read from the folder, or
 * fetched into the cache. Needs built packages.
 */
import { fashionMnist } from '@core/data/node';
import { tensor } from '@core/tensor';
import { batchPerceptron, logisticGD, solve } from '@plugins/optim';

const [, , folder] = process.argv;
const { test } = await fashionMnist(folder === undefined ? { train: 1 } : { folder, train: 1 });
const pixels = test.images.shape.slice(1).reduce((size, length) => size * length, 1);

/** The first so many images of a class. */
function images(label, count) {
  const rows = [...test.labels.data.keys()].filter((i) => test.labels.data[i] === label).slice(0, count);
  return rows.map((i) => test.images.data.subarray(i * pixels, (i + 1) * pixels));
}

/** The problem in R^784: the first class is +1. */
function separation([label, count], [otherLabel, otherCount]) {
  const [one, other] = [images(label, count), images(otherLabel, otherCount)];
  const rows = [...one, ...other];
  const features = new Float64Array(rows.length * pixels);
  // Bytes over 255, to the last bit of float64.
  rows.forEach((row, i) =>
    features.set(
      Float64Array.from(row, (x) => Math.round(x * 255) / 255),
      i * pixels,
    ),
  );
  return {
    features: tensor(features, { shape: [rows.length, pixels], dtype: 'float64' }),
    labels: tensor(Float64Array.from(rows, (_, i) => (i < one.length ? 1 : -1))),
  };
}

const solvers = {
  'logistic regression': logisticGD({ learningRate: 100 }),
  normalized: logisticGD({ learningRate: 100, normalized: true }),
  'batch perceptron': batchPerceptron(),
  'normalized perceptron': batchPerceptron({ normalized: true }),
};
const problems = {
  '50 of class 0, 950 of class 8': separation([0, 50], [8, 950]),
  '50 of class 0, 950 of class 1': separation([0, 50], [1, 950]),
  '500 of class 0, 500 of class 8': separation([0, 500], [8, 500]),
};
for (const [name, problem] of Object.entries(problems)) {
  const counts = Object.entries(solvers).map(([solver, rule]) => {
    const { steps, finished } = solve(rule, problem, { steps: 10_000, until: ({ separated }) => separated });
    return `${solver} ${finished ? steps : 'not within 10000'}`;
  });
  console.log(`${name}: ${counts.join(', ')}`);
}
