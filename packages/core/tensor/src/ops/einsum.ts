import { ArgumentError, DTypeError, ShapeError } from '../errors.js';
import * as p from '../primitives/calls.js';
import { describe, formatShape, sizeOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import type { Labelled } from './contraction/contract.js';
import { arrange, contractPair, sumOut, takeDiagonals } from './contraction/contract.js';
import type { Equation } from './contraction/equation.js';
import { parseEquation } from './contraction/equation.js';
import { promoteOperands } from './convert.js';
import type { TensorLike } from './convert.js';

/**
 * Einstein summation: products of the operands, summed over the labels that the output does not have.
 *
 * `einsum('bij,bjk->bik', a, b)` is a stack of matrix products, `einsum('ii->i', a)` a diagonal, `einsum('ij->j', a)`
 * a sum over rows, `einsum('...ij,...jk', a, b)` broadcasts the leading axes. Labels are letters; a label that an
 * operand has twice takes the diagonal. Without `->` the output is the axes under `...`, then the labels that occur
 * once, alphabetically. Several operands are contracted pair by pair, those first whose product shrinks the data most.
 * Operands are promoted to one dtype.
 * @throws ArgumentError for an equation that is malformed or does not fit the operands; ShapeError where a label has two
 *   sizes; DTypeError for booleans
 */
export function einsum(equation: string, ...operands: readonly TensorLike[]): Tensor {
  if (operands.length === 0) throw new ArgumentError(`einsum: '${equation}' needs at least one operand`);
  const tensors = promoteOperands('einsum', ...operands);
  refuseBooleans('einsum', tensors);
  const parsed = parseEquation(
    equation,
    tensors.map((x) => x.shape),
  );
  let terms = tensors.map((x, i) => takeDiagonals(dropBroadcast({ x, labels: parsed.inputs[i]! }, parsed)));
  terms = terms.map((term, i) => sumOut(term, neededBeside(terms, [i], parsed)));
  while (terms.length > 1) {
    const [i, j] = nextPair(terms, parsed);
    const product = contractPair(terms[i]!, terms[j]!, neededBeside(terms, [i, j], parsed), parsed.output);
    terms = [...terms.filter((_, k) => k !== i && k !== j), product];
  }
  return arrange(terms[0]!, parsed.output);
}

function refuseBooleans(op: string, tensors: readonly Tensor[]): void {
  if (tensors[0]!.dtype !== 'bool') return;
  throw new DTypeError(
    `${op}: booleans have no sums: ${tensors.map(describe).join(' and ')}; cast one: x.cast('int32') counts`,
  );
}

/** Takes away axes of size 1 that stand for a larger size; products broadcast anyway. */
function dropBroadcast({ x, labels }: Labelled, { sizes }: Equation): Labelled {
  const kept = [...labels.keys()].filter((axis) => x.shape[axis] === sizes.get(labels[axis]!));
  if (kept.length === labels.length) return { x, labels };
  return {
    x: p.reshape(
      x,
      kept.map((axis) => x.shape[axis]!),
    ),
    labels: kept.map((axis) => labels[axis]!),
  };
}

/** Which labels the output or terms other than `members` still ask for. */
function neededBeside(
  terms: readonly Labelled[],
  members: readonly number[],
  { output }: Equation,
): (label: string) => boolean {
  const needed = new Set(output);
  terms.forEach((term, i) => {
    if (!members.includes(i)) term.labels.forEach((label) => needed.add(label));
  });
  return (label) => needed.has(label);
}

/** Greedy: the pair whose product is smallest compared with its factors; of equals, the one with the least work. */
function nextPair(terms: readonly Labelled[], equation: Equation): [number, number] {
  let best: [number, number] = [0, 1];
  if (terms.length === 2) return best;
  let bestGrowth = Infinity;
  let bestWork = Infinity;
  const count = (labels: Iterable<string>): number =>
    sizeOf(Array.from(labels, (label) => equation.sizes.get(label)!));
  for (let i = 0; i < terms.length; i++) {
    for (let j = i + 1; j < terms.length; j++) {
      const all = [...new Set([...terms[i]!.labels, ...terms[j]!.labels])];
      const work = count(all);
      const growth =
        count(all.filter(neededBeside(terms, [i, j], equation))) - terms[i]!.x.size - terms[j]!.x.size;
      if (growth < bestGrowth || (growth === bestGrowth && work < bestWork)) {
        [best, bestGrowth, bestWork] = [[i, j], growth, work];
      }
    }
  }
  return best;
}

/**
 * NumPy's inner: Σ over the last axes of both, with all pairs of the other axes: [...a, k] x [...b, k] -> [...a, ...b].
 * A scalar scales the other.
 * @throws ShapeError when the last sizes differ; DTypeError for booleans
 */
export function inner(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = promoteOperands('inner', a, b) as [Tensor, Tensor];
  refuseBooleans('inner', [x, y]);
  if (x.ndim === 0 || y.ndim === 0) return p.mul(x, y);
  const k = x.shape.at(-1)!;
  if (y.shape.at(-1) !== k) {
    throw new ShapeError(
      `inner: last sizes differ: ${formatShape(x.shape)} x ${formatShape(y.shape)}; both are summed over their last axis`,
    );
  }
  const [own, others] = [x.shape.slice(0, -1), y.shape.slice(0, -1)];
  const c = p.matmul(p.reshape(x, [1, sizeOf(own), k]), p.reshape(y, [1, sizeOf(others), k]), false, true);
  return p.reshape(c, [...own, ...others]);
}
