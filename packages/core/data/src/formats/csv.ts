import { ArgumentError } from '@core/tensor';
import type { OptionNames } from '../checks.js';
import { checkOptions, checkText, describe } from '../checks.js';
import { CsvError } from '../errors.js';
import { parseNumber } from './parseNumber.js';

/** Options of `parseCsv`. */
export interface CsvOptions {
  /** One character between fields. Default `,`. */
  readonly delimiter?: string;
  /**
   * Whether the first row names the columns. Default `'auto'`: it does if none of its fields is a number, and some
   * field below them in the second row is one.
   */
  readonly header?: boolean | 'auto';
  /** Lines that start with this character are skipped. Default: none. */
  readonly comment?: string;
}

export const csvOptionNames: OptionNames<CsvOptions> = { delimiter: true, header: true, comment: true };

/** A parsed CSV text: all fields as strings. */
export interface CsvTable {
  /** Names of the columns, or undefined without a header row. */
  readonly header: readonly string[] | undefined;
  readonly rows: readonly (readonly string[])[];
  /** The line on which each row starts, counted from 1; for messages. */
  readonly lines: readonly number[];
}

/**
 * Parses a CSV text after RFC 4180: fields in double quotes may hold delimiters, line breaks and doubled quotes;
 * rows end in LF or CRLF; empty lines are skipped; a byte order mark is ignored. Strict, so that a shifted column
 * is never taken for data: throws CsvError `CSV_SYNTAX` for a stray or unclosed quote, `CSV_RAGGED` for a row with
 * another number of fields than the first, each with line and field.
 */
export function parseCsv(text: string, options: CsvOptions = {}): CsvTable {
  checkText('parseCsv', text);
  checkOptions('parseCsv', options, csvOptionNames);
  const { delimiter = ',', header = 'auto', comment } = options;
  if (delimiter.length !== 1 || delimiter === '"' || delimiter === '\n' || delimiter === '\r') {
    throw new ArgumentError(
      `parseCsv: the delimiter must be one character, no quote or line break; got ${JSON.stringify(delimiter)}`,
    );
  }
  const { rows, lines } = split(text, delimiter, comment);
  const width = rows[0]?.length;
  rows.forEach((row, i) => {
    if (row.length === width) return;
    throw new CsvError(
      'CSV_RAGGED',
      `CSV line ${lines[i]}: ${row.length} fields, but line ${lines[0]} has ${width}; ` +
        'check the delimiter and the quotes',
      { line: lines[i]!, column: Math.min(row.length, width!) },
    );
  });
  if (header === false || (header === 'auto' && !looksLikeHeader(rows)))
    return { header: undefined, rows, lines };
  return { header: rows[0] ?? [], rows: rows.slice(1), lines: lines.slice(1) };
}

function looksLikeHeader(rows: readonly (readonly string[])[]): boolean {
  const [first, second] = rows;
  if (first === undefined || second === undefined) return false;
  return (
    first.every((field) => parseNumber(field) === undefined) &&
    second.some((field) => parseNumber(field) !== undefined)
  );
}

function split(
  text: string,
  delimiter: string,
  comment: string | undefined,
): { rows: string[][]; lines: number[] } {
  const rows: string[][] = [];
  const lines: number[] = [];
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let line = 1;
  while (at < text.length) {
    const lineEnd = endOfLine(text, at);
    const blank = lineEnd === at || (text[at] === '\r' && lineEnd === at + 1);
    if (blank || (comment !== undefined && text.startsWith(comment, at))) {
      at = lineEnd + 1;
      line++;
      continue;
    }
    const row: string[] = [];
    const startLine = line;
    for (;;) {
      const field = readField(text, at, delimiter, { line, column: row.length + 1 });
      row.push(field.value);
      line += field.breaks;
      at = field.end;
      if (text[at] !== delimiter) break;
      at++;
    }
    at += text[at] === '\r' ? 2 : 1;
    line++;
    rows.push(row);
    lines.push(startLine);
  }
  return { rows, lines };
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

interface Field {
  readonly value: string;
  /** Index of the delimiter or line break after the field. */
  readonly end: number;
  /** Line breaks inside it. */
  readonly breaks: number;
}

function readField(
  text: string,
  at: number,
  delimiter: string,
  place: { line: number; column: number },
): Field {
  if (text[at] === '"') return readQuoted(text, at, delimiter, place);
  let end = at;
  while (end < text.length && text[end] !== delimiter && !isLineBreak(text, end)) {
    if (text[end] === '"') {
      throw syntax(place, 'a quote inside an unquoted field; quote the whole field and double its quotes');
    }
    end++;
  }
  return { value: text.slice(at, end), end, breaks: 0 };
}

function readQuoted(
  text: string,
  at: number,
  delimiter: string,
  place: { line: number; column: number },
): Field {
  let value = '';
  let from = at + 1;
  for (;;) {
    const quote = text.indexOf('"', from);
    if (quote < 0) throw syntax(place, 'a quoted field that is never closed');
    value += text.slice(from, quote);
    if (text[quote + 1] === '"') {
      value += '"';
      from = quote + 2;
      continue;
    }
    const end = quote + 1;
    if (end < text.length && text[end] !== delimiter && !isLineBreak(text, end)) {
      throw syntax(
        place,
        `${JSON.stringify(text[end])} after the closing quote; a delimiter or the end of the line belongs there`,
      );
    }
    let breaks = 0;
    for (const char of text.slice(at, end)) if (char === '\n') breaks++;
    return { value, end, breaks };
  }
}

function isLineBreak(text: string, at: number): boolean {
  return text[at] === '\n' || (text[at] === '\r' && (text[at + 1] === '\n' || at + 1 === text.length));
}

function syntax(place: { line: number; column: number }, what: string): CsvError {
  return new CsvError('CSV_SYNTAX', `CSV line ${place.line}, field ${place.column}: ${what}`, place);
}

/** Writes rows as CSV with LF line ends; fields that need quotes get them. Numbers keep every digit. */
export function formatCsv(
  rows: readonly (readonly (string | number | boolean)[])[],
  options: { readonly header?: readonly string[]; readonly delimiter?: string } = {},
): string {
  if (!Array.isArray(rows) || !rows.every(Array.isArray)) {
    throw new ArgumentError(`formatCsv: wants a list of rows, each a list of fields; got ${describe(rows)}`);
  }
  checkOptions('formatCsv', options, { header: true, delimiter: true });
  const { header, delimiter = ',' } = options;
  const field = (value: string | number | boolean): string => {
    const text = Object.is(value, -0) ? '-0' : String(value);
    return /["\r\n]/.test(text) || text.includes(delimiter) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  // A lone empty field would read as an empty line, which is skipped.
  const line = (row: readonly (string | number | boolean)[]): string =>
    row.length === 1 && row[0] === '' ? '""\n' : `${row.map(field).join(delimiter)}\n`;
  return (header === undefined ? '' : line(header)) + rows.map(line).join('');
}
