/**
 * Damerau-Levenshtein distance in its restricted form (optimal string alignment): insertions, deletions, substitutions
 * and swaps of neighbours cost 1 each, and no part is edited twice. Case is ignored.
 */
export function editDistance(left: string, right: string): number {
  const a = left.toLowerCase();
  const b = right.toLowerCase();
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/**
 * Names that may have been meant, the nearest first. Near is: within a third of the longer name's letters (at least
 * one edit), or the same after the slash (`adam` for `optim/adam`), or a beginning of at least three letters.
 */
export function nearest(name: string, candidates: Iterable<string>, limit = 3): string[] {
  const scored = [...new Set(candidates)].map((candidate) => ({ candidate, score: score(name, candidate) }));
  return scored
    .filter(({ score }) => score <= 1)
    .sort((a, b) => a.score - b.score || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, limit)
    .map(({ candidate }) => candidate);
}

/** At most 1 for names near enough to be proposed; less is nearer. */
function score(name: string, candidate: string): number {
  const whole =
    editDistance(name, candidate) / Math.max(1, Math.floor(Math.max(name.length, candidate.length) / 3));
  const short = candidate.slice(candidate.indexOf('/') + 1);
  const wanted = name.slice(name.indexOf('/') + 1);
  const tail =
    short === candidate
      ? Infinity
      : 0.1 + editDistance(wanted, short) / Math.max(1, Math.floor(short.length / 3));
  const begins = name.length >= 3 && short.toLowerCase().startsWith(name.toLowerCase()) ? 0.9 : Infinity;
  return Math.min(whole, tail, begins);
}

/** `; did you mean learningRate?`, or the choices when none is near and they are few, or nothing. */
export function didYouMean(
  name: string,
  candidates: readonly string[],
  what = 'known are',
  limit = 12,
): string {
  const near = nearest(name, candidates);
  if (near.length > 0) return `; did you mean ${orList(near)}?`;
  if (candidates.length === 0) return '';
  return `; ${what} ${listNames(candidates, limit)}`;
}

/** Names sorted, the first of them: a dozen unless told. */
export function listNames(names: readonly string[], limit = 12): string {
  const shown = [...names].sort().slice(0, limit);
  const more = names.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${String(more)} more` : ''}`;
}

/** `an optimizer`, `a model`. */
export function withArticle(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
}

export function orList(names: readonly string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''}`;
}
