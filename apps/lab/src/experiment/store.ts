import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatCsv } from '@core/data';
import { loadCheckpoint, saveCheckpoint, type JsonObject } from '@core/data/node';
import { CheckpointError } from '@core/data';
import type { Tree } from '@core/tensor';
import { errnoOf, LabError, messageOf } from '../errors.js';
import { slug, type RunFolder } from '../store/folder.js';
import { jsonWithNumbers, numbersOf } from '../store/json.js';
import type { Before, SolverRecord } from './solverRun.js';

const recordsFile = 'solvers.json';

/** Writes down what became of the solvers so far. */
export async function keepRecords(folder: RunFolder, records: readonly SolverRecord[]): Promise<void> {
  await folder.write(recordsFile, `${jsonWithNumbers(records, 2)}\n`);
}

/**
 * The solvers of a folder that were run to their end.
 *
 * @throws LabError `RUN_FOLDER` for a file that is not what `keepRecords` wrote
 */
export async function readRecords(folder: RunFolder): Promise<SolverRecord[]> {
  const text = await readFile(join(folder.path, recordsFile), 'utf8').catch((thrown: unknown) => {
    if (errnoOf(thrown) === 'ENOENT') return '[]';
    throw thrown;
  });
  try {
    const records = JSON.parse(text) as SolverRecord[]; // written by keepRecords
    return records
      .filter(({ status }) => status !== 'stopped')
      .map((record) => ({
        ...record,
        scores: numbersOf(record.scores),
        history: record.history.map(numbersOf),
      }));
  } catch (thrown) {
    throw new LabError('RUN_FOLDER', `${recordsFile} of ${folder.path}: ${messageOf(thrown)}`);
  }
}

/** The folder of a solver's state; places tell names apart that are written alike. */
export function stateFolder(folder: RunFolder, place: number, name: string): string {
  return join(folder.path, 'states', `${place + 1}-${slug(name)}`);
}

/** Keeps a solver's state, with what was measured on the way to it. */
export async function keepState(path: string, { record, state }: Before): Promise<void> {
  await saveCheckpoint(path, { params: { state }, meta: { record: record as unknown as JsonObject } }); // plain data
}

/** The state that was kept, if any; it must have the form of the given one. */
export async function readState(path: string, like: Tree): Promise<Before | undefined> {
  try {
    const { params, meta } = await loadCheckpoint(path, { like: { params: { state: like } } });
    return { record: meta['record'] as unknown as SolverRecord, state: params.state }; // written by keepState
  } catch (thrown) {
    if (thrown instanceof CheckpointError && thrown.code === 'CHECKPOINT_MISSING') return undefined;
    throw thrown;
  }
}

/** Every entry of every solver, for spreadsheets. */
export function historyCsv(records: readonly SolverRecord[]): string {
  const names = [...new Set(records.flatMap(({ history }) => history.flatMap((one) => Object.keys(one))))];
  const rows = records.flatMap(({ name, history }) =>
    history.map((one) => [
      name,
      ...names.map((column) => (one[column] === undefined ? '' : String(one[column]))),
    ]),
  );
  return formatCsv(rows, { header: ['solver', ...names] });
}
