import { formatCsv } from '@core/data';
import type { MetricRow } from '../run/log.js';
import type { RunFolder } from './folder.js';

/** Collects the lines of a run's metrics and writes them when asked. */
export interface MetricsFiles {
  add(row: MetricRow): void;
  /** Adds the new lines to metrics.jsonl and writes metrics.csv anew. */
  save(): Promise<void>;
}

const fixed = ['trial', 'split', 'epoch', 'step', 'seconds'] as const;

export function createMetrics(folder: RunFolder): MetricsFiles {
  const rows: MetricRow[] = [];
  let saved = 0;
  return {
    add: (row) => void rows.push(row),
    async save() {
      const fresh = rows.slice(saved);
      if (fresh.length === 0) return;
      await folder.append('metrics.jsonl', fresh.map((row) => `${jsonLine(row)}\n`).join(''));
      saved += fresh.length;
      await folder.write('metrics.csv', toCsv(rows));
    },
  };
}

/** One flat object; JSON has no NaN and no infinity, so these are written as text. */
export function jsonLine({ values, ...row }: MetricRow): string {
  const numbers = Object.entries(values).map(
    ([name, value]) => [name, Number.isFinite(value) ? value : String(value)] as const,
  );
  return JSON.stringify({
    ...row,
    epoch: rounded(row.epoch),
    seconds: rounded(row.seconds),
    ...Object.fromEntries(numbers),
  });
}

/** A column for each measure; empty where it was not measured. */
export function toCsv(rows: readonly MetricRow[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row.values)))].filter(
    (name) => !(fixed as readonly string[]).includes(name),
  );
  const lines = rows.map((row) => [
    ...fixed.map((key) => String(typeof row[key] === 'number' ? rounded(row[key]) : row[key])),
    ...names.map((name) => (row.values[name] === undefined ? '' : String(row.values[name]))),
  ]);
  return formatCsv(lines, { header: [...fixed, ...names] });
}

function rounded(value: number): number {
  return Number(value.toFixed(4));
}
