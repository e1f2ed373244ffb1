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

/** Memory for folding: a place for each thread. */
export const foldMemory = (name: string, type: string, { size, team }: Teams): string =>
  team === 1 ? '' : `var<workgroup> ${name}_shared: array<${type}, ${size}>;`;

/**
 * Folds the variables of the given names over each team. `rank` is the thread's number in its team. All threads of the
 * workgroup must come here together.
 */
export function workgroupFold(
  folded: readonly { readonly name: string; readonly fold: Fold }[],
  teams: Teams,
  rank: string,
): string {
  const { team, stride, toAll } = teams;
  if (team === 1 || folded.length === 0) return '';
  const each = (code: (name: string, fold: Fold) => string): string =>
    folded.map(({ name, fold }) => code(name, fold)).join('\n');
  if (
    foldsBySubgroups(
      teams,
      folded.map(({ fold }) => fold),
    )
  )
    // The threads of a subgroup are neighbours. There are few subgroups, so every thread combines their results by itself.
    return `${each((name, fold) => `${name} = ${fold.subgroup!}(${name});`)}
workgroupBarrier();
if (subgroup_lane == 0u) {
  ${each((name) => `${name}_shared[lane / subgroup_size] = ${name};`)}
}
workgroupBarrier();
${each((name, fold) => `${name} = ${name}_shared[0];`)}
for (var other = 1u; other < ${team}u / subgroup_size; other++) {
  ${each((name, fold) => `${name} = ${fold.combine(name, `${name}_shared[other]`)};`)}
}`;
  return `workgroupBarrier();
${each((name) => `${name}_shared[lane] = ${name};`)}
for (var half = ${team / 2}u; half > 0u; half /= 2u) {
  workgroupBarrier();
  if (${rank} < half) {
    ${each((name, fold) => `${name} = ${fold.combine(name, `${name}_shared[lane + half * ${stride}u]`)};
    ${name}_shared[lane] = ${name};`)}
  }
}
${toAll ? `workgroupBarrier();\n${each((name) => `${name} = ${name}_shared[lane - ${rank} * ${stride}u];`)}` : ''}`;
}
