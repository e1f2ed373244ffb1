import { grad, jit, logSoftmax, oneHot, softmax, stack, tensor, vmap, zeros } from '@core/tensor';
import type { Tensor } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import { binaryCrossEntropy, crossEntropy, focal, focalBinary, klDivergence } from '../../src/index.js';
import { checkGradient, expectClose, expectError, normal, seeds } from '../support/checks.js';

const labels = tensor([2, 0, 1, 1]).cast('int32');
const float64 = { dtype: 'float64' } as const;

describe('crossEntropy', () => {
  it('is log(classes) for equal logits, and does not depend on a shift of a row', () => {
    const value = crossEntropy(zeros([4, 3], float64), labels).item();
    expect(value).toBeCloseTo(Math.log(3), 14);
    for (const seed of seeds) {
      const logits = normal(seed, [4, 3]);
      const shifted = logits.add(normal(seed + 1, [4, 1]).mul(100));
      expectClose(crossEntropy(shifted, labels), crossEntropy(logits, labels), 1e-12);
    }
  });

  it('takes class numbers and the same as probabilities, for any leading axes', () => {
    for (const seed of seeds) {
      const logits = normal(seed, [2, 2, 3]);
      const numbers = labels.reshape([2, 2]);
      for (const labelSmoothing of [0, 0.3, 1]) {
        for (const reduction of ['mean', 'sum', 'none'] as const) {
          const options = { labelSmoothing, reduction };
          expectClose(
            crossEntropy(logits, numbers, options),
            crossEntropy(logits, oneHot(numbers, 3, float64), options),
          );
        }
      }
    }
  });

  it('smoothing mixes the target with the uniform distribution', () => {
    const logits = normal(1, [4, 3]);
    const target = oneHot(labels, 3, float64);
    const mixed = target.mul(0.9).add(0.1 / 3);
    expectClose(crossEntropy(logits, labels, { labelSmoothing: 0.1 }), crossEntropy(logits, mixed));
  });

  it('has the gradient softmax - target, and is finite where softmax underflows', () => {
    const logits = normal(2, [4, 3]);
    const slope = grad((x: Tensor) => crossEntropy(x, labels, { reduction: 'sum' }))(logits);
    expectClose(slope, softmax(logits).sub(oneHot(labels, 3, float64)));
    const far = tensor([[0, -2000, 2000]], { dtype: 'float32' });
    expect(crossEntropy(far, tensor([1]).cast('int32')).item()).toBe(4000);
  });

  it('maps over batches as a loop does', () => {
    const logits = normal(3, [5, 4, 3]);
    const mapped = vmap((x: Tensor) => crossEntropy(x, labels))(logits);
    expectClose(mapped, stack(Array.from({ length: 5 }, (_, i) => crossEntropy(logits.at(i), labels))));
    const both = vmap((x: Tensor, y: Tensor) => crossEntropy(x, y))(logits, stack(new Array<Tensor>(5).fill(labels))); // prettier-ignore
    expectClose(both, mapped);
  });

  it('refuses what does not fit', () => {
    const logits = normal(1, [4, 3]);
    for (const label of [-1, 3])
      expectError(
        () => crossEntropy(logits, tensor([0, label, 1, 1]).cast('int32')),
        'INDEX',
        `crossEntropy: label ${label} at position 1 is not one of 0..2`,
      );
    expectError(
      () => jit(crossEntropy)(logits, tensor([0, 3, 1, 1]).cast('int32')),
      'INDEX',
      /3/, // a gather inside the program notices
    );
    expectError(() => crossEntropy(logits, labels.at([0, 2])), 'SHAPE', 'labels must have the shape [4] for logits [4,3], got [2]'); // prettier-ignore
    expectError(
      () => crossEntropy(logits, labels.cast('float32')),
      'SHAPE',
      'targets must be probabilities [4,3] or int32 class numbers [4], got float32[4]',
    );
    for (const labelSmoothing of [-0.1, 1.1, NaN])
      expectError(
        () => crossEntropy(logits, labels, { labelSmoothing }),
        'ARGUMENT',
        'labelSmoothing must lie',
      );
    expectError(
      () => crossEntropy(logits, labels, { reduction: 'average' as 'mean' }),
      'ARGUMENT',
      'reduction must be mean, sum or none, got average',
    );
    expectError(
      () => crossEntropy(zeros([0, 3]), zeros([0], { dtype: 'int32' })),
      'SHAPE',
      'crossEntropy: needs at least one element, got float32[0]',
    );
  });
});

describe('focal losses', () => {
  it('are cross-entropy at gamma 0, and play certain examples down', () => {
    for (const seed of seeds) {
      const logits = normal(seed, [4, 3]);
      expectClose(focal(logits, labels, { gamma: 0 }), crossEntropy(logits, labels));
      const p = softmax(logits)
        .mul(oneHot(labels, 3, float64))
        .sum(1);
      const none = { reduction: 'none' } as const;
      expectClose(
        focal(logits, labels, { gamma: 2, ...none }),
        crossEntropy(logits, labels, none).mul(p.neg().add(1).square()),
      );
      const [x, y] = [logits.flatten(), oneHot(labels, 3, float64).flatten()];
      expectClose(focalBinary(x, y, { gamma: 0, alpha: null }), binaryCrossEntropy(x, y));
      expectClose(focalBinary(x, y, { gamma: 0, alpha: 0.5 }), binaryCrossEntropy(x, y).mul(0.5));
    }
  });

  it('have gradients, finite where an example is certain', () => {
    for (const gamma of [0, 0.5, 1, 2.5]) {
      for (const seed of seeds)
        checkGradient((x: Tensor) => focal(x, labels, { gamma }), normal(seed, [4, 3]), seed);
      const certain = tensor([[0, 0, 900], [900, 0, 0], [0, 900, 0], [0, -900, 0]], float64); // prettier-ignore
      const slope = grad((x: Tensor) => focal(x, labels, { gamma }))(certain);
      expect(slope.dataSync().every(Number.isFinite)).toBe(true);
      const binary = grad((x: Tensor) => focalBinary(x, x.mul(0).add(1).stopGradient(), { gamma }))(certain);
      expect(binary.dataSync().every(Number.isFinite)).toBe(true);
    }
  });

  it('refuse what does not fit', () => {
    const logits = normal(1, [4, 3]);
    expectError(
      () => focal(logits, labels, { gamma: -1 }),
      'ARGUMENT',
      'focal: gamma must be a finite number',
    );
    expectError(() => focal(logits, labels, { gamma: NaN }), 'ARGUMENT', 'got NaN');
    expectError(() => focal(logits, labels.cast('float64')), 'DTYPE', 'focal: labels must be int32');
    expectError(
      () => focalBinary(logits, logits, { alpha: 2 }),
      'ARGUMENT',
      'alpha must lie between 0 and 1',
    );
    expectError(
      () => focalBinary(logits, labels),
      'SHAPE',
      'focalBinary: prediction and target must have one shape',
    );
  });
});

describe('binaryCrossEntropy', () => {
  it('is -log of the answer’s probability, also far out', () => {
    const x = tensor([-800, -1, 0, 2, 800], float64);
    const y = tensor([1, 0, 1, 1, 1], float64);
    const values = binaryCrossEntropy(x, y, { reduction: 'none' });
    expectClose(values, tensor([800, Math.log1p(Math.exp(-1)), Math.log(2), Math.log1p(Math.exp(-2)), 0], float64), 1e-13); // prettier-ignore
    expectClose(binaryCrossEntropy(x, y.greater(0)), values.mean());
  });

  it('refuses other shapes', () => {
    expectError(() => binaryCrossEntropy(normal(1, [3]), normal(1, [4])), 'SHAPE', 'got [3] and [4]');
  });
});

describe('klDivergence', () => {
  it('is 0 for equal distributions, positive for others, and the difference of entropies', () => {
    for (const seed of seeds) {
      const [p, q] = [softmax(normal(seed, [4, 5])), logSoftmax(normal(seed + 1, [4, 5]))];
      expectClose(klDivergence(p.log(), p), tensor(0, float64));
      const value = klDivergence(q, p);
      expect(value.item()).toBeGreaterThan(0);
      expectClose(value, p.mul(p.log().sub(q)).sum().div(4));
      expectClose(klDivergence(q, p.log(), { logTarget: true }), value);
      checkGradient((x: Tensor) => klDivergence(logSoftmax(x), p), normal(seed + 2, [4, 5]), seed);
    }
  });

  it('counts 0·log 0 as 0, with finite gradients in both', () => {
    const p = tensor([[0, 0.5, 0.5]], float64);
    const q = tensor([[0.25, 0.25, 0.5]], float64).log();
    expect(klDivergence(q, p).item()).toBeCloseTo(0.5 * Math.log(2), 14);
    expect(
      grad((x: Tensor) => klDivergence(x, p))(q)
        .dataSync()
        .every(Number.isFinite),
    ).toBe(true);
    expect(
      grad((x: Tensor) => klDivergence(q, x))(p)
        .dataSync()
        .every(Number.isFinite),
    ).toBe(true);
  });

  it('refuses what does not fit', () => {
    expectError(() => klDivergence(normal(1, [3]), normal(1, [4])), 'SHAPE', 'got [3] and [4]');
    expectError(() => klDivergence(normal(1, []), normal(1, [])), 'ARGUMENT', 'batchmean needs a batch axis');
    expectError(
      () => klDivergence(zeros([0, 2]), zeros([0, 2])),
      'SHAPE',
      'klDivergence: needs at least one',
    );
  });
});
