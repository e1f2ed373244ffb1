import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatCsv } from '@core/data';
import { LabError, errnoOf, messageOf } from '../errors.js';
import type { RunFolder } from '../store/folder.js';
import type { TrialRecord } from './trial.js';

const file = 'trials.jsonl';

/** Adds a finished trial to the folder. */
export async function keepTrial(folder: RunFolder, record: TrialRecord): Promise<void> {
  await folder.append(file, `${JSON.stringify(record, (_, value: unknown) => written(value))}\n`);
}

/** JSON has no NaN and no infinity, so these are written as text. */
function written(value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
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
        return numbersOf(JSON.parse(line) as TrialRecord); // written by keepTrial
      } catch (thrown) {
        throw new LabError(
          'RUN_FOLDER',
          `${file} of ${folder.path}, line ${index + 1}: ${messageOf(thrown)}`,
        );
      }
    });
}

function numbersOf(record: TrialRecord): TrialRecord {
  const evaluations = record.evaluations.map((one) =>
    Object.fromEntries(Object.entries(one).map(([name, value]) => [name, Number(value)])),
  );
  return { ...record, evaluations };
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
