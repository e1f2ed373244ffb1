import { TrellisError } from '@core/tensor';

/**
 * What the app refuses, as one sentence for its user.
 *
 * - `USAGE`: a command line that makes no sense.
 * - `RECIPE_FILE`: a recipe file that is not there or cannot be loaded.
 * - `RUN_FOLDER`: a run folder that is taken or cannot be made.
 * - `RUN`: a run that cannot go on (data and model do not fit, every trial diverged).
 */
export type LabCode = 'USAGE' | 'RECIPE_FILE' | 'RUN_FOLDER' | 'RUN';

export class LabError extends TrellisError {
  declare readonly code: LabCode;

  constructor(code: LabCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The system's error code (`ENOENT`, `EEXIST`), if the error has one. */
export function errnoOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string'
    ? thrown.code
    : undefined;
}
