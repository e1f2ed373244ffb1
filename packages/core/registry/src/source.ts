import type { Problem } from './errors.js';
import { formatPath, parsePath, type Path } from './path.js';

export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** Set where a value came from somewhere else than the file, such as `--set`. */
  readonly file?: string;
}

/** Where data came from: the file's name, and positions by path text (`optimizers[1].use`). */
export interface Source {
  readonly file?: string;
  readonly positions: Readonly<Record<string, Position>>;
}

/** Position of a path, or of the nearest thing around it that has one. */
export function positionOf(source: Source, path: Path): Position | undefined {
  for (let length = path.length; length >= 0; length--) {
    const text = formatPath(path.slice(0, length));
    if (Object.hasOwn(source.positions, text)) return source.positions[text];
  }
  return undefined;
}

/** The problems with file, line and column, in the order of the text. */
export function attachSource(problems: readonly Problem[], source: Source | undefined): readonly Problem[] {
  if (source === undefined) return problems;
  const placed = problems.map((problem): Problem => {
    const position = positionOf(source, parsePath(problem.path) ?? []);
    const file = position?.file ?? source.file;
    return {
      ...problem,
      ...(file === undefined ? {} : { file }),
      ...(position === undefined || position.line === 0
        ? {}
        : { line: position.line, column: position.column }),
    };
  });
  return placed.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}
