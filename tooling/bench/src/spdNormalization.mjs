/*
 * `node tooling/bench/src/spdNormalization.mjs task ... [seeds=10] [log=FILE]`: batch normalisation of SPD matrices by metric, in test accuracy.
 * For each task a table of means over seeds with 95 % intervals of the mean, and of differences from the affine-invariant one in
 * pairs: with the same data, order of batches and start. One seed decides all of these. With a log, what is done is kept there, and a
 * run that was stopped goes on. Needs built packages (`pnpm bench` builds them).
 *
 *     classes-1e6   classes are factors of eigenvalues of all sizes (spdClasses), 20 epochs, condition as told
 *     floors-1e6    classes are large eigenvalues, small ones are noise of every level (noiseFloors), 60 epochs, condition as told
 *     few-1e6       the same with 60 matrices to learn from in place of 300, 150 epochs
 *     why-1e6       no network: ridge regression of classes on the entries of matrices of noiseFloors as each metric sees them, centred
 *                   and divided to dispersion 1, by the strength of its penalty
 *     digits        region covariances in 3 x 3 windows of basics' digits, 1000 for training and 1000 for the test
 *     fashion=DIR   the same of Fashion-MNIST, whose files DIR has (without =DIR they are downloaded)
 *     series=DIR    covariances of the time series in DIR; all seeds have the same split
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { eye, jit, linalg, random, tree, valueAndGrad } from '@core/tensor';
import { accuracy, crossEntropy } from '@core/nn';
import { digits, fashionMnist } from '@plugins/basics';
import { adam } from '@plugins/optim';
import {
  affineInvariant,
  localCovariances,
  noiseFloors,
  seriesCovariances,
  spdClasses,
  spdNet,
  symLog,
  symSqrt,
  vech,
} from '@plugins/spd-norm';

const gbw = { norm: 'generalizedBuresWasserstein' };
const variants = {
  none: { norm: 'none' },
  AIM: { norm: 'affineInvariant' },
  LEM: { norm: 'logEuclidean' },
  LCM: { norm: 'logCholesky' },
  'GBW, M = I': { ...gbw, learnMetric: false },
  'GBW, M learned': gbw,
  'GBW, M learned, theta 0.5': { ...gbw, theta: 0.5 },
  'GBW, M and theta learned': { ...gbw, learnTheta: true },
};

const pictures = (set) => localCovariances(set, { windows: 3, epsilon: 1e-6 });
const pictureNet = { sizes: [6], channels: 4, outputs: 10 };

/** Data of a seed, the network and the epochs of a task. */
function taskOf(name) {
  const [kind, detail] = name.split(/[-=](.*)/);
  const condition = Number(detail);
  if (kind === 'classes')
    return { data: (seed) => spdClasses({ seed, condition }), net: { sizes: [6], outputs: 3 }, epochs: 20 };
  if (kind === 'floors')
    return { data: (seed) => noiseFloors({ seed, condition }), net: { sizes: [6], outputs: 3 }, epochs: 60 };
  if (kind === 'few')
    return {
      data: (seed) => noiseFloors({ seed, condition, train: 60 }),
      net: { sizes: [6], outputs: 3 },
      epochs: 150,
    };
  if (kind === 'digits')
    return {
      data: (seed) => pictures(digits({ train: 1000, test: 1000, seed })),
      net: pictureNet,
      epochs: 15,
    };
  if (kind === 'fashion') {
    const where = detail === undefined ? {} : { folder: detail };
    return {
      data: () => pictures(fashionMnist({ ...where, train: 1000, test: 1000 })),
      net: pictureNet,
      epochs: 15,
    };
  }
  if (kind === 'series') return { data: () => seriesCovariances({ folder: detail }), epochs: 40 };
  throw new Error(
    `no task ${name}; there are classes-1e6, floors-1e6, few-1e6, why-1e6, digits, fashion=DIR, series=DIR`,
  );
}

/** Test accuracy in per cent after training. */
function train(examples, net, epochs, seed, batchSize = 30) {
  const { inputs, targets } = examples.train;
  const model = spdNet({ input: 'matrices', reEigEpsilon: 1e-9, ...net });
  let { params, state } = model.init(random.key(seed), inputs.shape.slice(1));
  const optimizer = adam({ learningRate: 0.01 });
  let memory = optimizer.init(params);
  const step = jit((p, s, m, x, y) => {
    const loss = (q) => {
      const result = model.apply(q, s, x, { train: true });
      return [crossEntropy(result.output, y), result.state];
    };
    const [[, tracked], slopes] = valueAndGrad(loss, { hasAux: true })(p);
    const { updates, state: next } = optimizer.update(slopes, m, p);
    return { p: tree.map((a, b) => a.add(b), p, updates), s: tracked, m: next };
  });
  const count = targets.shape[0];
  const batch = Math.min(batchSize, count);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = random.permutation(random.key(1000 * seed + epoch), count);
    for (let at = 0; at + batch <= count; at += batch) {
      const rows = order.at([at, at + batch]);
      const made = step(params, state, memory, inputs.take(rows, 0), targets.take(rows, 0));
      [params, state, memory] = [made.p, made.s, made.m];
    }
  }
  const { output } = model.apply(params, state, examples.test.inputs);
  return 100 * accuracy(output, examples.test.targets).item();
}

/** Quantiles of Student's t at 97.5 % by degrees of freedom. */
const quantiles = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.2, 2.18, 2.16, 2.14, 2.13];
function summary(values) {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1);
  const half = (quantiles[values.length - 2] ?? 2) * Math.sqrt(variance / values.length);
  return `${mean.toFixed(1)} ± ${half.toFixed(1)}`;
}

/** What a linear layer would see behind a normalisation in each metric, [n, n(n+1)/2], of matrices around a mean. */
const seen = {
  'log X (log-Euclidean)': (x) => symLog(x),
  'log of L⁻¹ X L⁻ᵀ, mean L Lᵀ (affine-invariant)': (x, mean) => {
    const half = linalg.triangularSolve(mean, x);
    const white = linalg.triangularSolve(mean, half.swapAxes(-1, -2));
    return symLog(white.add(white.swapAxes(-1, -2)).mul(0.5));
  },
  'root of X (Bures-Wasserstein)': (x) => symSqrt(x),
};

/** Test accuracy in per cent of ridge regression on features of dispersion 1. */
function ridge(features, targets, testFeatures, testTargets, penalty) {
  const middle = features.mean(0);
  const size = features.sub(middle).square().sum(-1).mean().sqrt();
  const [f, g] = [features, testFeatures].map((x) => x.sub(middle).div(size));
  const classes = eye(3, 3, { dtype: 'float64' })
    .take(targets, 0)
    .sub(1 / 3);
  const count = targets.shape[0];
  const gram = f.T.matmul(f).div(count);
  const shifted = gram.add(eye(gram.shape[0], gram.shape[0], { dtype: 'float64' }).mul(penalty));
  const weights = linalg.solve(shifted, f.T.matmul(classes).div(count));
  return 100 * accuracy(g.matmul(weights), testTargets).item();
}

async function why(condition, seeds) {
  const penalties = [1e-1, 1e-2, 1e-3, 1e-4];
  console.log(
    `\nwhy, condition ${condition.toExponential()}, ${seeds} seeds\n\n| seen | ${penalties.join(' | ')} |\n| --- |${' --- |'.repeat(penalties.length)}`,
  );
  const sums = Object.fromEntries(Object.keys(seen).map((name) => [name, penalties.map(() => [])]));
  for (let seed = 0; seed < seeds; seed++) {
    const set = noiseFloors({ seed, condition });
    const [a, b] = [await set.load('train'), await set.load('test')];
    const mean = linalg.cholesky(affineInvariant().mean(a.inputs, { steps: 50 }));
    for (const [name, see] of Object.entries(seen)) {
      const [f, g] = [a, b].map(({ inputs }) => vech(see(inputs, mean)));
      penalties.forEach((penalty, i) => sums[name][i].push(ridge(f, a.targets, g, b.targets, penalty)));
    }
  }
  for (const [name, columns] of Object.entries(sums))
    console.log(`| ${name} | ${columns.map(summary).join(' | ')} |`);
}

const given = process.argv.slice(2);
const setting = (name) => given.find((x) => x.startsWith(`${name}=`))?.slice(name.length + 1);
const seeds = Number(setting('seeds') ?? 10);
const log = setting('log');
/** Accuracies by `task seed`, each with a number for every variant. */
const done = new Map();
if (log !== undefined && existsSync(log)) {
  for (const line of readFileSync(log, 'utf8').split('\n').filter(Boolean)) {
    const { key, values } = JSON.parse(line);
    done.set(key, values);
  }
}

for (const name of given.filter((x) => !/^(seeds|log)=/.test(x))) {
  if (name.startsWith('why-')) {
    await why(Number(name.slice(4)), seeds);
    continue;
  }
  const { data, net, epochs } = taskOf(name);
  for (let seed = 0; seed < seeds; seed++) {
    const key = `${name} ${seed}`;
    if (done.has(key)) continue;
    const set = await data(seed);
    const examples = { train: await set.load('train'), test: await set.load('test') };
    const own = net ?? { sizes: [Math.max(2, set.inputShape[0] - 2)], outputs: set.classNames.length };
    const values = Object.values(variants).map((options) =>
      train(examples, { ...own, ...options }, epochs, seed),
    );
    done.set(key, values);
    if (log !== undefined) appendFileSync(log, `${JSON.stringify({ key, values })}\n`);
  }
  const rows = Array.from({ length: seeds }, (_, seed) => done.get(`${name} ${seed}`));
  console.log(
    `\n${name}, ${seeds} seeds, ${epochs} epochs\n\n| normalisation | test accuracy | minus AIM |\n| --- | --- | --- |`,
  );
  const names = Object.keys(variants);
  names.forEach((variant, at) => {
    const differences = rows.map((row) => row[at] - row[names.indexOf('AIM')]);
    console.log(
      `| ${variant} | ${summary(rows.map((row) => row[at]))} | ${variant === 'AIM' ? '' : summary(differences)} |`,
    );
  });
}
