import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatCsv } from '@core/data';
import { LabError, errnoOf, messageOf } from '../errors.js';
import type { RunFolder } from '../store/folder.js';
import { jsonWithNumbers, numbersOf } from '../store/json.js';
import type { TrialRecord } from './trial.js';

const file = 'trials.jsonl';

/** Adds a finished trial to the folder. */
export async function keepTrial(folder: RunFolder, record: TrialRecord): Promise<void> {
  await folder.append(file, `${jsonWithNumbers(record)}\n`);
}

/**
 * The finished trials of a folder. A last line that a killed process left half is taken off.
 *
 * @throws LabError `RUN_FOLDER` for other lines that are no trials
 */
export async function readTrials(folder: RunFolder): Promise<TrialRecord[]> {
  const text = await readFile(join(folder.path, file), 'utf8').catch((thrown: unknown) => {
    if (errnoOf(thrown) === 'ENOENT') return '';
    throw thrown;
  });
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole !== text) await folder.write(file, whole);
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line, index) => {
      try {
        const record = JSON.parse(line) as TrialRecord; // written by keepTrial
        return { ...record, evaluations: record.evaluations.map(numbersOf) };
      } catch (thrown) {
        throw new LabError(
          'RUN_FOLDER',
          `${file} of ${folder.path}, line ${index + 1}: ${messageOf(thrown)}`,
        );
      }
    });
}

/** Every evaluation of every trial, for spreadsheets. */
export function curvesCsv(records: readonly TrialRecord[]): string {
  const fixed = ['workload', 'submission', 'study', 'trial'];
  const names = [
    ...new Set(records.flatMap(({ evaluations }) => evaluations.flatMap((one) => Object.keys(one)))),
  ];
  const rows = records.flatMap(({ workload, submission, study, trial, evaluations }) =>
    evaluations.map((one) => [
      ...[workload, submission, String(study), String(trial)],
      ...names.map((name) => (one[name] === undefined ? '' : String(one[name]))),
    ]),
  );
  return formatCsv(rows, { header: [...fixed, ...names] });
}
