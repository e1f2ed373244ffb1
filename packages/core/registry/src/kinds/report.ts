import type { Provenance } from '../provenance.js';

/** One run as it was recorded: plain data, readable from its run folder alone. */
export interface RunRecord {
  readonly id: string;
  readonly title: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly seconds: number;
  /** The resolved recipe: every setting with its value, defaults filled in. */
  readonly recipe: unknown;
  /** Where each component came from, by its path in the recipe (`optimizers[0]`). */
  readonly provenance: Readonly<Record<string, Provenance>>;
  /** Curves by trial (`adam`) and then by measure (`test/accuracy`): `[x, y]` points, x counts epochs. */
  readonly curves: Readonly<Record<string, Readonly<Record<string, readonly (readonly [number, number])[]>>>>;
  /** Final numbers by trial. */
  readonly results: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** A file to be written into the run folder; `path` is relative, with forward slashes, and never leaves the folder. */
export interface ReportFile {
  readonly path: string;
  readonly content: string | Uint8Array;
}

/** Turns a run record into files for people. Writes nothing itself. */
export type Report = (run: RunRecord) => readonly ReportFile[] | Promise<readonly ReportFile[]>;
