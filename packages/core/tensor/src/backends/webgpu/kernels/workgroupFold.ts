import type { Fold } from './fold.js';

/** Teams of threads of a workgroup that fold what each of them has. */
export interface Teams {
  /** Threads of the workgroup. */
  readonly size: number;
  /** Threads of a team: a power of two. */
  readonly team: number;
  /** How far apart a team's threads are: 1, or the number of teams. */
  readonly stride: number;
  /** Whether every thread gets the result, or only the team's first. */
  readonly toAll: boolean;
  readonly subgroups: boolean;
}

/** Whether subgroups are used: where a team is the whole workgroup they save most of its barriers. */
export const foldsBySubgroups = ({ size, team, subgroups }: Teams, folds: readonly Fold[]): boolean =>
  subgroups && team === size && size >= 64 && folds.every((fold) => fold.subgroup !== undefined);

/** A variable of partial results, which a fold makes one for each team. */
export interface Folded {
  readonly name: string;
  readonly fold: Fold;
  /** The partial results' type: the fold's, or vectors of it. */
  readonly type: string;
}

const memoryOf = (folded: readonly Folded[]): { type: string; memory: string }[] =>
  folded.map(({ type }, k) => ({ type, memory: `shared_${type.replaceAll(/\W/g, '_')}${k}` }));

/** Memory for folding: for each variable a place for every thread. Those that are not folded at once share it. */
export function foldMemory(batches: readonly (readonly Folded[])[], { size, team }: Teams): string {
  if (team === 1) return '';
  const declared = new Map(batches.flatMap(memoryOf).map(({ type, memory }) => [memory, type]));
  return [...declared]
    .map(([memory, type]) => `var<workgroup> ${memory}: array<${type}, ${size}>;`)
    .join('\n');
}

/**
 * Folds variables over each team. `rank` is the thread's number in its team. All threads of the workgroup must come here
 * together.
 */
export function workgroupFold(folded: readonly Folded[], teams: Teams, rank: string): string {
  const { team, stride, toAll } = teams;
  if (team === 1 || folded.length === 0) return '';
  const memories = memoryOf(folded);
  const each = (code: (name: string, memory: string, fold: Fold) => string): string =>
    folded.map(({ name, fold }, k) => code(name, memories[k]!.memory, fold)).join('\n');
  const folds = folded.map(({ fold }) => fold);
  if (foldsBySubgroups(teams, folds))
    // The threads of a subgroup are neighbours. There are few subgroups, so every thread combines their results by itself.
    return `${each((name, _, fold) => `${name} = ${fold.subgroup!}(${name});`)}
workgroupBarrier();
if (subgroup_lane == 0u) {
  ${each((name, memory) => `${memory}[lane / subgroup_size] = ${name};`)}
}
workgroupBarrier();
${each((name, memory) => `${name} = ${memory}[0];`)}
for (var other = 1u; other < ${team}u / subgroup_size; other++) {
  ${each((name, memory, fold) => `${name} = ${fold.combine(name, `${memory}[other]`)};`)}
}`;
  return `workgroupBarrier();
${each((name, memory) => `${memory}[lane] = ${name};`)}
for (var half = ${team / 2}u; half > 0u; half /= 2u) {
  workgroupBarrier();
  if (${rank} < half) {
    ${each(
      (name, memory, fold) =>
        `${name} = ${fold.combine(name, `${memory}[lane + half * ${stride}u]`)};\n${memory}[lane] = ${name};`,
    )}
  }
}
${toAll ? `workgroupBarrier();\n${each((name, memory) => `${name} = ${memory}[lane - ${rank} * ${stride}u];`)}` : ''}`;
}
