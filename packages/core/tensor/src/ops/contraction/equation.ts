import { ArgumentError, ShapeError } from '../../errors.js';
import type { Shape } from '../../shape.js';
import { formatShape } from '../../shape.js';
import { show } from '../../show.js';

/** A parsed and checked equation. Axes under an ellipsis have got labels of their own, `.0` for the last, `.1` before it. */
export interface Equation {
  /** Labels of each operand's axes. */
  readonly inputs: readonly (readonly string[])[];
  readonly output: readonly string[];
  /** Size of every label; under an ellipsis that to which the operands broadcast. */
  readonly sizes: ReadonlyMap<string, number>;
}

const ELLIPSIS = '...';

/** Reads `ij,jk->ik` (spaces allowed) for operands of these shapes. */
export function parseEquation(text: string, shapes: readonly Shape[]): Equation {
  if (typeof text !== 'string')
    throw new ArgumentError(`einsum: the equation must be a string, got ${show(text)}`);
  const fail = (why: string): never => {
    throw new ArgumentError(`einsum: '${text}': ${why}`);
  };
  const sides = text.replaceAll(' ', '').split('->');
  if (sides.length > 2) fail("more than one '->'");
  const terms = sides[0]!.split(',').map((term) => labelsOf(term, fail));
  if (terms.length !== shapes.length) {
    fail(`names ${terms.length} operands, but ${shapes.length} were given`);
  }
  const hidden = terms.map((term, i) => hiddenAxes(term, shapes[i]!, i, fail));
  const ellipsis = labelsUnderEllipsis(Math.max(0, ...hidden));
  const expand = (term: readonly string[], count: number): string[] =>
    term.flatMap((label) => (label === ELLIPSIS ? ellipsis.slice(ellipsis.length - count) : [label]));
  const inputs = terms.map((term, i) => expand(term, hidden[i]!));
  const output = outputOf(terms, sides[1], ellipsis, fail);
  return { inputs, output, sizes: measure(text, inputs, shapes) };
}

type Fail = (why: string) => never;

function labelsOf(term: string, fail: Fail): string[] {
  const labels = term.match(/\.\.\.|[\s\S]/g) ?? [];
  for (const label of labels) {
    if (label !== ELLIPSIS && !/^[a-zA-Z]$/.test(label))
      fail(`'${label}' is no label; labels are single letters a-z and A-Z, or '...'`);
  }
  if (labels.filter((label) => label === ELLIPSIS).length > 1) fail(`'${term}' has '...' twice`);
  return labels;
}

/** How many axes of the operand are under its ellipsis. */
function hiddenAxes(term: readonly string[], shape: Shape, operand: number, fail: Fail): number {
  const named = term.filter((label) => label !== ELLIPSIS).length;
  const hasEllipsis = named < term.length;
  if (hasEllipsis ? shape.length < named : shape.length !== named) {
    fail(
      `'${term.join('')}' names ${named} axes${hasEllipsis ? ' and more' : ''}, but operand ${operand} is ${formatShape(shape)}`,
    );
  }
  return shape.length - named;
}

function labelsUnderEllipsis(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `.${count - 1 - i}`);
}

/** Without '->': the ellipsis, then every label that occurs once, in alphabetical order. */
function outputOf(
  terms: readonly (readonly string[])[],
  given: string | undefined,
  ellipsis: readonly string[],
  fail: Fail,
): string[] {
  const all = terms.flat().filter((label) => label !== ELLIPSIS);
  if (given === undefined) {
    const once = all.filter((label) => all.indexOf(label) === all.lastIndexOf(label));
    return [...ellipsis, ...once.sort()];
  }
  const labels = labelsOf(given, fail);
  labels.forEach((label, i) => {
    if (labels.indexOf(label) !== i) fail(`the output names '${label}' twice`);
    if (label !== ELLIPSIS && !all.includes(label)) fail(`the output's '${label}' is in no operand`);
  });
  if (ellipsis.length > 0 && !labels.includes(ELLIPSIS))
    fail("the operands have axes under '...', but the output has no '...' for them");
  return labels.flatMap((label) => (label === ELLIPSIS ? ellipsis : [label]));
}

function measure(
  text: string,
  inputs: readonly (readonly string[])[],
  shapes: readonly Shape[],
): Map<string, number> {
  const sizes = new Map<string, number>();
  inputs.forEach((labels, i) =>
    labels.forEach((label, axis) => {
      const size = shapes[i]![axis]!;
      const known = sizes.get(label);
      const broadcasts = label.startsWith('.');
      if (known === undefined || (broadcasts && known === 1)) sizes.set(label, size);
      else if (known !== size && !(broadcasts && size === 1)) {
        const where = broadcasts ? `axis -${Number(label.slice(1)) + 1} under '...'` : `label '${label}'`;
        throw new ShapeError(
          `einsum: '${text}': ${where} has sizes ${known} and ${size}; operands are ${shapes.map(formatShape).join(' and ')}`,
        );
      }
    }),
  );
  return sizes;
}
