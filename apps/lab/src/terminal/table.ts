import Table from 'cli-table3';
import type { Terminal } from './terminal.js';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Wraps its text beyond so many columns. */
  readonly atMost?: number;
  /** Takes what width is left over and wraps its text. At most one column. */
  readonly flexible?: boolean;
}

const gap = 2;

/** A table without a frame: dim titles, a thin line below them, columns two blanks apart. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  terminal: Terminal,
  indent = 0,
): string {
  const chars = Object.fromEntries(
    ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'].map(
      (key) => [key, ''],
    ),
  );
  const none = { left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '' };
  const table = new Table({
    chars: { ...chars, ...none },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': gap, compact: true },
    colWidths: widthsOf(columns, rows, terminal.columns - indent),
    colAligns: columns.map(({ align }) => align ?? 'left'),
    wordWrap: true,
  });
  const widths = widthsOf(columns, rows, terminal.columns - indent).map((width) => width - gap);
  table.push(
    columns.map(({ title, align }) => ({
      content: terminal.style('dim', title),
      hAlign: align ?? 'left',
    })),
    widths.map((width, index) =>
      terminal.style('dim', columns[index]?.title === '' ? '' : '─'.repeat(width)),
    ),
    ...rows.map((row) => [...row]),
  );
  const margin = ' '.repeat(indent);
  return table
    .toString()
    .split('\n')
    .map((line) => `${margin}${line}`.trimEnd())
    .join('\n');
}

function widthsOf(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  available: number,
): number[] {
  const natural = columns.map(({ title, atMost = Infinity }, index) => {
    const widest = Math.max(...[title, ...rows.map((row) => row[index] ?? '')].map(visibleWidth));
    return Math.min(widest, atMost) + gap;
  });
  const total = natural.reduce((sum, width) => sum + width, 0);
  return natural.map((width, index) =>
    columns[index]?.flexible === true ? Math.max(24, Math.min(width, width - (total - available))) : width,
  );
}

// eslint-disable-next-line no-control-regex -- that is what is to be removed
const escapes = /\u001b\[[0-9;]*m/g;

/** Columns that a text takes: its widest line, escape sequences not counted. */
export function visibleWidth(text: string): number {
  return Math.max(...text.split('\n').map((line) => [...line.replace(escapes, '')].length));
}
