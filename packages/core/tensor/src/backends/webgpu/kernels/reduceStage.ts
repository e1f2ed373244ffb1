import type { ArrayUse } from '../shader.js';
import { pass } from '../shader.js';
import type { Capabilities, Pass } from '../kernel.js';
import type { Fold } from './fold.js';
import { declareFolds } from './fold.js';
import { wide } from './floatKey.js';
import { foldMemory, foldsBySubgroups, workgroupFold } from './workgroupFold.js';
import type { Teams } from './workgroupFold.js';

/** Arrays [outer, length, inner], of which the middle axis is folded. */
export interface Middle {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

/** How one pass folds: its middle axis is cut into parts, and each part of each result has a team of threads. */
export interface Stage extends Middle {
  /** Vectors of four: none, of neighbours that are folded, or of neighbours that are kept. */
  readonly vectors: 'none' | 'folded' | 'kept';
  readonly team: number;
  /** Teams of a workgroup. */
  readonly teams: number;
  /** Elements (or vectors) of a part along the middle axis. */
  readonly chunk: number;
  readonly parts: number;
}

/** Enough workgroups to keep a large device busy; more make only more partial results. */
const enoughGroups = 1024;
/** A thread takes in at least so many elements or vectors, if there are more than enough. */
const leastRun = 4;
/** ... and at most so many: a running float sum loses digits with its length, a tree of sums hardly any. */
const longestRun = 128;

const powerBelow = (x: number): number => 2 ** Math.floor(Math.log2(Math.max(1, x)));

export function stageOf(
  { outer, length, inner }: Middle,
  fold: Fold,
  fromElements: boolean,
  { threads }: Capabilities,
): Stage {
  const size = Math.min(256, powerBelow(threads));
  const folded = inner === 1 && (outer === 1 || length % 4 === 0) && fromElements && length >= 4;
  const vectors = folded ? 'folded' : inner % 4 === 0 && fold.vectors ? 'kept' : 'none';
  const units = vectors === 'folded' ? Math.ceil(length / 4) : length;
  const kept = (outer * inner) / (vectors === 'kept' ? 4 : 1);
  const run = kept * units >= leastRun * size * enoughGroups ? leastRun : 1;
  // Neighbouring threads read neighbouring elements: along the middle axis, or some 256 bytes along the last.
  const across = inner === 1 ? 1 : Math.min(kept, inner, vectors === 'kept' ? 16 : 64);
  const team = powerBelow(Math.min(size / across, units / run));
  const teams = Math.min(kept, Math.floor(size / team));
  const groups = Math.ceil(kept / teams);
  const wanted = Math.max(
    Math.min(Math.floor(enoughGroups / groups), Math.floor(units / (team * leastRun))),
    Math.ceil(units / (team * longestRun)),
    1,
  );
  const chunk = Math.ceil(units / wanted);
  return { outer, length, inner, vectors, team, teams, chunk, parts: Math.ceil(units / chunk) };
}

/** An array of the kernel that holds elements, or partial results. */
export interface Place {
  readonly array: number;
  readonly holds: 'elements' | 'partials';
}

export const wordsOf = (fold: Fold): number => (fold.partial === 'vec2<i32>' ? 2 : 1);

/** Folds [outer, length, inner] to [outer, parts, inner]. */
export function stagePass(
  label: string,
  stage: Stage,
  fold: Fold,
  from: Place,
  to: Place,
  capabilities: Capabilities,
): Pass {
  const { outer, length, inner, vectors, team, teams, chunk, parts } = stage;
  const width = vectors === 'kept' ? 4 : 1;
  const units = vectors === 'folded' ? Math.ceil(length / 4) : length;
  const [kept, within] = [(outer * inner) / width, inner / width];
  const size = team * teams;
  const rank = inner === 1 ? `lane % ${team}u` : `lane / ${teams}u`;
  const slot = inner === 1 ? `lane / ${team}u` : `lane % ${teams}u`;
  const layout: Teams = {
    size,
    team,
    stride: inner === 1 ? 1 : teams,
    toAll: false,
    subgroups: capabilities.subgroups,
  };
  const bySubgroups = foldsBySubgroups(layout, [fold]);
  const type = wide(fold.partial, width);
  const folded = [{ name: 'total', fold, type }];
  const array = (
    name: string,
    { array: number, holds }: Place,
    elements: number,
  ): Omit<ArrayUse, 'access'> => ({
    name,
    array: number,
    dtype: holds === 'elements' ? fold.element : fold.partial === 'f32' ? 'float32' : 'int32',
    elements: elements * (holds === 'elements' ? 1 : wordsOf(fold)),
  });
  const main = `
let part = group % ${parts}u;
let rank = ${rank};
let kept = (group / ${parts}u) * ${teams}u + ${slot};
let begin = (kept / ${within}u) * ${units * within}u + kept % ${within}u;
var total = ${type}(${fold.identity});
if (kept < ${kept}u) {
  let end = min((part + 1u) * ${chunk}u, ${units}u);
  for (var i = part * ${chunk}u + rank; i < end; i += ${team}u) {
    ${takeIn(stage, fold, from, width)}
  }
}
${workgroupFold(folded, layout, 'rank')}
if (rank == 0u && kept < ${kept}u) {
  let place = ((kept / ${within}u) * ${parts}u + part) * ${within}u + kept % ${within}u;
  ${to.holds === 'partials' && wordsOf(fold) === 2 ? 'y_set(2u * place, total.x);\n  y_set(2u * place + 1u, total.y);' : `y_set(place, ${to.holds === 'elements' ? fold.leave('total', width) : 'total'});`}
}`;
  return pass({
    label,
    capabilities,
    arrays: [
      {
        ...array('x', from, outer * length * inner),
        access: 'read',
        width: vectors === 'none' ? 1 : 4,
      },
      { ...array('y', to, outer * parts * inner), access: 'write', width },
    ],
    size,
    groups: Math.ceil(kept / teams) * parts,
    declarations: `${declareFolds([fold], width)}\n${foldMemory([folded], layout)}`,
    main,
    subgroups: bySubgroups,
  });
}

/** Adds what stands at `i` of the middle axis to `total`. */
function takeIn({ vectors, length, inner }: Stage, fold: Fold, from: Place, width: 1 | 4): string {
  const add = (value: string): string => `total = ${fold.combine('total', value)};`;
  if (vectors === 'folded') {
    const enter = (k: number): string => {
      const element = `v.${'xyzw'[k]!}`;
      const value = from.holds === 'elements' ? fold.enter(element, `4u * i + ${k}u`, 1) : element;
      const whole = length % 4 === 0 || k < length % 4;
      // The last vector reaches beyond the elements.
      return whole
        ? value
        : `select(${fold.partial}(${fold.identity}), ${value}, 4u * i + ${k}u < ${length}u)`;
    };
    const pair = (a: string, b: string): string => `(${fold.combine(a, b)})`;
    return `let v = x_get(begin + i);
    ${add(pair(pair(enter(0), enter(1)), pair(enter(2), enter(3))))}`;
  }
  const place = `begin + i * ${inner / width}u`;
  if (from.holds === 'elements') return add(fold.enter(`x_get(${place})`, 'i', width));
  if (wordsOf(fold) === 1) return add(`x_get(${place})`);
  return `let place = 2u * (${place});
    ${add('vec2<i32>(x_get(place), x_get(place + 1u))')}`;
}
