import { checkOptions, nonNegative, show } from '@core/registry/checks';
import { ArgumentError, ShapeError } from '@core/tensor';
import {
  addColumn,
  columnsOf,
  denseOf,
  gram,
  gramRowSums,
  squaredNorms,
  timesVector,
  transposeTimes,
  type MatrixLike,
} from '../columns.js';
import { clamped, type BlockProblem, type Point } from '../problem.js';
import type { LinearProblemOptions } from './linear.js';
import { ridge } from './ridge.js';

/**
 * Multi-class logistic regression, f(X) = Σᵢ logsumexp(aᵢᵀ X) - Σ B ∘ (A X), a sum over samples. x is X [features, classes] by
 * rows: coordinate j is feature ⌊j / classes⌋ and class j mod classes. The scores A X and each row's logsumexp are kept.
 *
 * L = ‖a_f‖² / 4. The bound for (f1, c1), (f2, c2) is ½ ([c1 = c2] - 1/k) a_f1ᵀ a_f2 (Böhning), with k the number of classes
 * that can matter: those in the block and one for all others. (For 'GSQ' the official code takes k of all classes, a looser
 * bound than the one its update uses.)
 *
 * @param A [n, features], a tensor (zeros are left out) or sparse
 * @param B [n, classes], each row one 1 and zeros
 * @throws ShapeError, ArgumentError
 */
export function softmax(A: MatrixLike, B: MatrixLike, options: LinearProblemOptions = {}): BlockProblem {
  checkOptions('softmax', options, { l2: nonNegative });
  const a = columnsOf('softmax', 'A', A);
  const oneHot = columnsOf('softmax', 'B', B);
  const { rows, columns: classes } = oneHot;
  if (rows !== a.rows)
    throw new ShapeError(`softmax: A has ${a.rows} rows and B ${rows}; they must have one each for a sample`);
  if (classes < 2) throw new ShapeError(`softmax: B must have at least two columns, got ${show(classes)}`);
  const targets = denseOf(oneHot);
  const seen = new Int32Array(rows);
  oneHot.indices.forEach((row) => (seen[row]! += 1));
  if (!oneHot.values.every((value) => value === 1) || !seen.every((count) => count === 1))
    throw new ArgumentError('softmax: each row of B must be one 1 and zeros');

  const work = new Float64Array(rows);
  const touched = new Uint8Array(rows);
  /** Scores by rows, then the logsumexps. */
  const normalizer = (products: Float64Array, row: number): number => {
    let most = -Infinity;
    for (let c = 0; c < classes; c++) most = Math.max(most, products[row * classes + c]!);
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += Math.exp(products[row * classes + c]! - most);
    return most + Math.log(sum);
  };
  const probability = ({ products }: Point, row: number, c: number): number =>
    Math.exp(products[row * classes + c]! - products[rows * classes + row]!);
  const featuresOf = (block: Int32Array): Int32Array => block.map((j) => Math.floor(j / classes));
  const classesOf = (block: Int32Array): Int32Array => block.map((j) => j % classes);
  /** A [features] for each class, from one vector of X's size. */
  const column = (x: Float64Array, c: number): Float64Array =>
    Float64Array.from({ length: a.columns }, (_, f) => x[f * classes + c]!);
  const spread = (perFeature: Float64Array, factor: number): Float64Array =>
    Float64Array.from(
      { length: a.columns * classes },
      (_, j) => factor * perFeature[Math.floor(j / classes)]!,
    );

  const problem: BlockProblem = {
    name: 'softmax',
    size: a.columns * classes,
    lipschitz: clamped(spread(squaredNorms(a), 0.25)),
    products: (x) => {
      const products = new Float64Array(rows * (classes + 1));
      for (let c = 0; c < classes; c++)
        timesVector(a, column(x, c)).forEach((z, row) => (products[row * classes + c] = z));
      for (let row = 0; row < rows; row++) products[rows * classes + row] = normalizer(products, row);
      return products;
    },
    value: ({ products }) => {
      let sum = 0;
      for (let row = 0; row < rows; row++) {
        let loss = products[rows * classes + row]!;
        for (let c = 0; c < classes; c++) loss -= targets[row * classes + c]! * products[row * classes + c]!;
        sum += loss;
      }
      return sum;
    },
    gradient: (point, block) => {
      if (block !== undefined) {
        const g = new Float64Array(block.length);
        block.forEach((j, k) => {
          const [f, c] = [Math.floor(j / classes), j % classes];
          let sum = 0;
          for (let at = a.starts[f]!; at < a.starts[f + 1]!; at++) {
            const row = a.indices[at]!;
            sum += a.values[at]! * (probability(point, row, c) - targets[row * classes + c]!);
          }
          g[k] = sum;
        });
        return g;
      }
      const g = new Float64Array(a.columns * classes);
      for (let c = 0; c < classes; c++) {
        const residual = work.map((_, row) => probability(point, row, c) - targets[row * classes + c]!);
        transposeTimes(a, residual).forEach((value, f) => (g[f * classes + c] = value));
      }
      return g;
    },
    hessian: (point, block) => {
      const [features, labels] = [featuresOf(block), classesOf(block)];
      const probabilities = new Map(
        [...new Set(labels)].map((c) => [c, work.map((_, row) => probability(point, row, c))] as const),
      );
      const size = block.length;
      const h = new Float64Array(size * size);
      for (let i = 0; i < size; i++) {
        const pi = probabilities.get(labels[i]!)!; // every label has its entry
        const feature = features[i]!;
        addColumn(a, feature, 1, work);
        for (let j = 0; j <= i; j++) {
          const pj = probabilities.get(labels[j]!)!;
          const same = labels[i] === labels[j] ? 1 : 0;
          let sum = 0;
          for (let at = a.starts[features[j]!]!; at < a.starts[features[j]! + 1]!; at++) {
            const row = a.indices[at]!;
            sum += a.values[at]! * work[row]! * pi[row]! * (same - pj[row]!);
          }
          h[i * size + j] = h[j * size + i] = sum;
        }
        for (let at = a.starts[feature]!; at < a.starts[feature + 1]!; at++) work[a.indices[at]!] = 0;
      }
      return h;
    },
    bound: (block) => {
      const labels = classesOf(block);
      const k = Math.min(classes, new Set(labels).size + 1);
      const h = gram(a, featuresOf(block), work);
      const size = block.length;
      return h.map((value, at) => {
        const same = labels[Math.floor(at / size)] === labels[at % size];
        return 0.5 * ((same ? 1 : 0) - 1 / k) * value;
      });
    },
    boundTimes: (v) => {
      const result = new Float64Array(v.length);
      for (let c = 0; c < classes; c++)
        transposeTimes(a, timesVector(a, column(v, c))).forEach((h, f) => (result[f * classes + c] = h));
      for (let f = 0; f < a.columns; f++) {
        const row = result.subarray(f * classes, (f + 1) * classes);
        const mean = row.reduce((sum, h) => sum + h, 0) / classes;
        for (let c = 0; c < classes; c++) row[c] = 0.5 * (row[c]! - mean);
      }
      return result;
    },
    // Σ over classes of |[c = c'] - 1/k| is 2 (1 - 1/k).
    boundRowSums: () => clamped(spread(gramRowSums(a), 1 - 1 / classes)),
    move: ({ x, products }, block, by) => {
      const changed: number[] = [];
      block.forEach((j, k) => {
        const [f, c] = [Math.floor(j / classes), j % classes];
        x[j]! += by[k]!;
        if (by[k] === 0) return;
        for (let at = a.starts[f]!; at < a.starts[f + 1]!; at++) {
          const row = a.indices[at]!;
          products[row * classes + c]! += by[k]! * a.values[at]!;
          if (touched[row] === 0) changed.push(row);
          touched[row] = 1;
        }
      });
      for (const row of changed) {
        products[rows * classes + row] = normalizer(products, row);
        touched[row] = 0;
      }
    },
  };
  return ridge(problem, options.l2 ?? 0);
}
