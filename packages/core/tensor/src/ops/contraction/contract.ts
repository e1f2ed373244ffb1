import * as p from '../../primitives/calls.js';
import { sizeOf } from '../../shape.js';
import type { Tensor } from '../../tensor.js';

/** A tensor whose axes have names. */
export interface Labelled {
  readonly x: Tensor;
  readonly labels: readonly string[];
}

/** Axes in the order of `labels`, which are all of them. */
export function arrange({ x, labels }: Labelled, order: readonly string[]): Tensor {
  return p.transpose(
    x,
    order.map((label) => labels.indexOf(label)),
  );
}

/** The diagonal over axes of the same label, so that every label occurs once. */
export function takeDiagonals({ x, labels }: Labelled): Labelled {
  const second = labels.findIndex((label, i) => labels.indexOf(label) !== i);
  if (second < 0) return { x, labels };
  const first = labels.indexOf(labels[second]!);
  const rest = [...labels.keys()].filter((axis) => axis !== first && axis !== second);
  const n = x.shape[first]!;
  const others = rest.map((axis) => x.shape[axis]!);
  // The diagonal of a row-major n x n matrix is every (n+1)-th of its elements.
  const square = p.reshape(p.transpose(x, [...rest, first, second]), [...others, n * n]);
  const diagonal = p.slice(
    square,
    square.shape.map(() => 0),
    square.shape,
    [...others.map(() => 1), n + 1],
  );
  return takeDiagonals({ x: diagonal, labels: [...rest.map((axis) => labels[axis]!), labels[first]!] });
}

/** Sums away the labels that `keep` refuses. */
export function sumOut({ x, labels }: Labelled, keep: (label: string) => boolean): Labelled {
  const axes = [...labels.keys()].filter((axis) => !keep(labels[axis]!));
  return { x: p.sum(x, axes), labels: labels.filter(keep) };
}

/**
 * The product of two, summed over the labels that both have and `keep` refuses. Labels of one only must be kept. The
 * matrix product's transpose flags and the free order of labels are used to move as little memory as possible.
 */
export function contractPair(
  a: Labelled,
  b: Labelled,
  keep: (label: string) => boolean,
  wanted: readonly string[],
): Labelled {
  const inA = (label: string): boolean => a.labels.includes(label);
  const inB = (label: string): boolean => b.labels.includes(label);
  const shared = a.labels.filter(inB);
  const batch = shared.filter(keep);
  const summed = shared.filter((label) => !keep(label));
  const onlyA = a.labels.filter((label) => !inB(label));
  const onlyB = b.labels.filter((label) => !inA(label));
  const place = (labels: readonly string[]): number => (labels.length > 0 ? wanted.indexOf(labels[0]!) : -1);
  if (onlyA.length > 0 && onlyB.length > 0 && place(onlyB) < place(onlyA))
    return contractPair(b, a, keep, wanted);
  if (summed.length === 0) return multiplyElements(a, b, batch, onlyA, onlyB);
  if (batch.length > 0 && onlyA.length + onlyB.length === 0) {
    const product = multiplyElements(a, b, shared, [], []);
    return sumOut(product, keep);
  }
  const orders = (labels: readonly string[]): (readonly string[])[] => [labels, b.labels.filter((l) => labels.includes(l))]; // prettier-ignore
  const layouts = orders(batch).flatMap((batchOrder) =>
    orders(summed).flatMap((summedOrder) => [
      {
        batchOrder,
        left: layout(a, batchOrder, onlyA, summedOrder),
        right: layout(b, batchOrder, onlyB, summedOrder),
      },
    ]),
  );
  const { batchOrder, left, right } = layouts.reduce((best, next) =>
    next.left.moved + next.right.moved < best.left.moved + best.right.moved ? next : best,
  );
  const sizes = (x: Labelled, labels: readonly string[]): number[] =>
    labels.map((label) => x.x.shape[x.labels.indexOf(label)]!);
  const [count, m, k, n] = [sizes(a, batch), sizes(a, onlyA), sizes(a, summed), sizes(b, onlyB)].map(
    sizeOf,
  ) as [number, number, number, number];
  const c = p.matmul(
    p.reshape(arrange(a, left.order), left.summedFirst ? [count, k, m] : [count, m, k]),
    p.reshape(arrange(b, right.order), right.summedFirst ? [count, k, n] : [count, n, k]),
    left.summedFirst,
    !right.summedFirst,
  );
  const labels = [...batchOrder, ...onlyA, ...onlyB];
  return { x: p.reshape(c, [...sizes(a, [...batchOrder, ...onlyA]), ...sizes(b, onlyB)]), labels };
}

interface Layout {
  readonly order: readonly string[];
  readonly summedFirst: boolean;
  /** Elements that have to be copied. */
  readonly moved: number;
}

/** batch, own, summed or batch, summed, own: whichever the operand already is, else the first. */
function layout(
  { x, labels }: Labelled,
  batch: readonly string[],
  own: readonly string[],
  summed: readonly string[],
): Layout {
  const last = [...batch, ...own, ...summed];
  const first = [...batch, ...summed, ...own];
  const is = (order: readonly string[]): boolean => order.every((label, i) => label === labels[i]);
  if (is(last)) return { order: last, summedFirst: false, moved: 0 };
  if (is(first)) return { order: first, summedFirst: true, moved: 0 };
  return { order: last, summedFirst: false, moved: x.size };
}

/** Products without a sum, by broadcasting: axes batch, only a's, only b's. */
function multiplyElements(
  a: Labelled,
  b: Labelled,
  batch: readonly string[],
  onlyA: readonly string[],
  onlyB: readonly string[],
): Labelled {
  const left = arrange(a, [...batch, ...onlyA]);
  const right = arrange(b, [...batch, ...onlyB]);
  const common = right.shape.slice(0, batch.length);
  const x = p.mul(
    p.reshape(left, [...left.shape, ...onlyB.map(() => 1)]),
    p.reshape(right, [...common, ...onlyA.map(() => 1), ...right.shape.slice(batch.length)]),
  );
  return { x, labels: [...batch, ...onlyA, ...onlyB] };
}
