import { sizeOf } from '../../../shape.js';
import type { Aval, Shape } from '../../../shape.js';
import type { Capabilities, Kernel, Pass, Problem, Rules } from '../kernel.js';
import { pass } from '../shader.js';
import type { Reduction } from '../../../program/rowForm.js';
import type { Fold } from './fold.js';
import { argFold, foldOf } from './fold.js';
import { stageOf, stagePass, wordsOf } from './reduceStage.js';
import type { Place } from './reduceStage.js';

interface Axes {
  readonly length: number;
  readonly reduced: boolean;
}

/** Axes with neighbours of one kind joined, and without those of length 1. */
function groupAxes(shape: Shape, axes: readonly number[]): Axes[] {
  const groups: Axes[] = [];
  shape.forEach((length, axis) => {
    if (length === 1) return;
    const reduced = axes.includes(axis);
    const before = groups.at(-1);
    if (before?.reduced === reduced) groups[groups.length - 1] = { reduced, length: before.length * length };
    else groups.push({ length, reduced });
  });
  return groups;
}

/** The arrays of several passes: where they begin, where they end, and the number of the first scratch array between. */
export interface Ends {
  readonly from: Place;
  readonly to: Place;
  readonly scratch: number;
}

/**
 * A fold over any axes: groups of neighbouring axes go one by one, last first, each in as many passes as it needs. What
 * is between two passes are partial results.
 */
export function foldPasses(
  label: string,
  fold: Fold,
  { shape, axes }: { readonly shape: Shape; readonly axes: readonly number[] },
  ends: Ends,
  capabilities: Capabilities,
): { passes: Pass[]; scratch: number[] } {
  const passes: Pass[] = [];
  const scratch: number[] = [];
  const groups = groupAxes(shape, axes);
  // Where all that is reduced has length 1, this only brings elements into their places.
  if (!groups.some(({ reduced }) => reduced)) groups.push({ length: 1, reduced: true });
  let from = ends.from;
  for (;;) {
    const at = groups.findLastIndex(({ reduced }) => reduced);
    const product = (some: readonly Axes[]): number => some.reduce((size, { length }) => size * length, 1);
    const outer = product(groups.slice(0, at));
    const inner = product(groups.slice(at + 1));
    const stage = stageOf(
      { outer, length: groups[at]!.length, inner },
      fold,
      from.holds === 'elements' || wordsOf(fold) === 1,
      capabilities,
    );
    const isLast = stage.parts === 1 && groups.findIndex(({ reduced }) => reduced) === at;
    const to: Place = isLast ? ends.to : { array: ends.scratch + scratch.length, holds: 'partials' };
    passes.push(stagePass(label, stage, fold, from, to, capabilities));
    if (isLast) return { passes, scratch };
    scratch.push(outer * stage.parts * inner * wordsOf(fold));
    if (stage.parts === 1) groups.splice(at, 1);
    else groups[at] = { length: stage.parts, reduced: true };
    from = to;
  }
}

function reduceKernel(
  label: string,
  fold: Fold,
  x: Aval,
  out: Aval,
  axes: readonly number[],
  capabilities: Capabilities,
): Kernel {
  const elements = sizeOf(out.shape);
  if (elements === 0) return { passes: [] };
  if (sizeOf(x.shape) === 0)
    return {
      passes: [
        pass({
          label,
          capabilities,
          arrays: [{ name: 'y', array: 1, dtype: fold.element, elements, access: 'write' }],
          size: 64,
          groups: Math.ceil(elements / 64),
          main: `if (thread < ${elements}u) { y_set(thread, ${fold.identity}); }`,
        }),
      ],
    };
  const ends: Ends = {
    from: { array: 0, holds: 'elements' },
    to: { array: 1, holds: 'elements' },
    scratch: 2,
  };
  return foldPasses(label, fold, { shape: x.shape, axes }, ends, capabilities);
}

const reduction =
  (name: Reduction) =>
  ({ inputs: [x], outputs: [out], params }: Problem<Reduction>, capabilities: Capabilities): Kernel =>
    reduceKernel(name, foldOf(name, x!.dtype), x!, out!, params.axes, capabilities);

const argExtreme =
  (name: 'argMax' | 'argMin') =>
  (
    { inputs: [x], outputs: [out], params }: Problem<'argMax' | 'argMin'>,
    capabilities: Capabilities,
  ): Kernel =>
    reduceKernel(name, argFold(x!.dtype, name === 'argMax'), x!, out!, [params.axis], capabilities);

export const reduceRules = {
  sum: reduction('sum'),
  prod: reduction('prod'),
  reduceMax: reduction('reduceMax'),
  reduceMin: reduction('reduceMin'),
  argMax: argExtreme('argMax'),
  argMin: argExtreme('argMin'),
} satisfies Rules;
