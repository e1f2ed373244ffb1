import { ArgumentError } from './errors.js';
import { show } from './show.js';

/**
 * Throws ArgumentError unless `options` is an object that has no other keys than `known`: a misspelt option would
 * otherwise be as good as none. Undefined stands for no options.
 */
export function checkOptions(op: string, options: unknown, known: readonly string[]): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new ArgumentError(
      `${op}: options must be an object with ${known.join(', ')}, got ${show(options)}`,
    );
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const near = nearest(name, known);
    throw new ArgumentError(
      `${op}: unknown option '${name}'${near === undefined ? '' : `; did you mean '${near}'?`}; known are ${known.join(', ')}`,
    );
  }
}

/** The known name with the fewest edits to make: at most two, or half of its letters. */
function nearest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = Infinity;
  for (const candidate of known) {
    const edits = distance(name.toLowerCase(), candidate.toLowerCase());
    if (edits < fewest && edits <= Math.max(2, candidate.length / 2)) [best, fewest] = [candidate, edits];
  }
  return best;
}

/** Levenshtein's distance: letters to insert, drop or exchange. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
