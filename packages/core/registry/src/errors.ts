import { TrellisError } from '@core/tensor';

/**
 * Codes of everything the registry refuses. They are stable; messages are for people.
 *
 * - `PLUGIN`: a manifest or package breaks the contract, or cannot be imported.
 * - `CONFLICT`: two plugins claim one name or id.
 * - `REQUIRES`: a version range of `requires` is not met.
 * - `COMPONENT`: an unknown id, or a component of another kind than belongs there.
 * - `CONFIG`: an unknown option, or a value that an option does not take.
 * - `NEEDS`: the backend in use lacks what the component needs.
 * - `CYCLE`: components that contain each other without end.
 * - `CREATE`: a component failed to load, or what it made is not of its kind.
 * - `RECIPE`: a recipe that cannot be read, or lacks what the app's recipes need.
 * - `PROVENANCE`: a saved record that does not fit the plugins at hand.
 */
export type RegistryCode =
  | 'PLUGIN'
  | 'CONFLICT'
  | 'REQUIRES'
  | 'COMPONENT'
  | 'CONFIG'
  | 'NEEDS'
  | 'CYCLE'
  | 'CREATE'
  | 'RECIPE'
  | 'PROVENANCE';

/** One thing that is wrong, and where. Plain data: an editor or a CLI can show it its own way. */
export interface Problem {
  readonly code: RegistryCode;
  /** Where in the recipe or config, such as `optimizers[1].learningRat`; empty for the whole. */
  readonly path: string;
  /** What was wrong and what would have been right, without the place. */
  readonly message: string;
  /** The nearest valid name, where there is one. */
  readonly nearest?: string;
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
  /** From 1. */
  readonly column?: number;
}

/** What the registry refuses, with every problem found, not only the first. `code` is the first problem's. */
export class RegistryError extends TrellisError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly [Problem, ...Problem[]], options?: ErrorOptions) {
    super(problems[0].code, formatProblems(problems), options);
    this.problems = problems;
  }
}

/** An error of one problem without a place. */
export function registryError(code: RegistryCode, message: string, options?: ErrorOptions): RegistryError {
  return new RegistryError([{ code, path: '', message }], options);
}

/** Throws all problems as one error, if there are any. */
export function throwProblems(problems: readonly Problem[]): void {
  const [first, ...rest] = problems;
  if (first !== undefined) throw new RegistryError([first, ...rest]);
}

/** `digits.yaml:7:5: optimizers[1].learningRat: no such option of optim/lion; did you mean learningRate?` */
export function formatProblem(problem: Problem): string {
  const position = [problem.file, problem.line, problem.column]
    .filter((part) => part !== undefined)
    .join(':');
  return [position, problem.path, problem.message].filter((part) => part !== '').join(': ');
}

export function formatProblems(problems: readonly Problem[]): string {
  if (problems.length === 1) return problems.map(formatProblem).join('');
  return [
    `${String(problems.length)} problems:`,
    ...problems.map((problem) => `  ${formatProblem(problem)}`),
  ].join('\n');
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Something worth saying that is no error: a replaced component, a version that cannot be checked. */
export interface Notice {
  readonly code: 'REPLACED' | 'QUARANTINED' | 'UNCHECKED' | 'PROVENANCE';
  readonly message: string;
}

export type Log = (notice: Notice) => void;
