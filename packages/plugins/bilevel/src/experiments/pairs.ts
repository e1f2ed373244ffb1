import { arange, argsort, random, softplus, take, tensor, type Tensor } from '@core/tensor';

/** The pairs of an example of a class and one of another, of the examples with these labels. */
export interface Pairs {
  /** E log(1 + exp(s⁻ - s⁺)) over all pairs of class i, of the examples' scores [n]. */
  readonly loss: (i: Tensor, scores: Tensor) => Tensor;
  /** Numbers of examples of class i, and of others, [count] each, drawn with replacement. */
  readonly draw: (
    i: Tensor,
    key: Tensor,
    count: number,
  ) => { readonly positive: Tensor; readonly negative: Tensor };
}

/** Every class must have an example, and not all of them. */
export function pairs(labels: Tensor, classes: number): Pairs {
  const n = labels.size;
  const own = arange(classes).expandDims(1).equal(labels);
  const counts = own.cast('int32').sum(1);
  // Numbers of the class's own examples first.
  const order = argsort(own.logicalNot().cast('int32'), 1);
  const weights = own.cast('float64');
  const total = tensor(n, { dtype: 'int32' });
  return {
    loss: (i, scores) => {
      const w = take(weights, i);
      const both = w.expandDims(1).mul(w.neg().add(1));
      return softplus(scores.sub(scores.expandDims(1)))
        .mul(both)
        .sum()
        .div(both.sum());
    },
    draw: (i, key, count) => {
      const [row, of] = [take(order, i), take(counts, i)];
      const zero = of.sub(of);
      const among = (k: number, from: Tensor, to: Tensor): Tensor =>
        take(row, random.randint(random.foldIn(key, k), [count], from, to));
      return { positive: among(0, zero, of), negative: among(1, of, total) };
    },
  };
}
