import { ArgumentError } from '@core/tensor';
import type { DType, TypedArray } from '@core/tensor';
import type { ArrayData } from '../arrays.js';
import type { OptionNames } from '../checks.js';
import { checkOptions, describe } from '../checks.js';
import { CsvError } from '../errors.js';
import { nearest } from '../nearest.js';
import type { CsvTable } from './csv.js';
import { parseNumber } from './parseNumber.js';

/** Options for columns as numbers. */
export interface CsvNumberOptions {
  /** Default float32. int32 takes whole numbers only, bool takes 0, 1, true and false. */
  readonly dtype?: DType;
  /** The number for an empty field (for example NaN). Default: an empty field is an error. */
  readonly missing?: number;
}

const numberOptionNames: OptionNames<CsvNumberOptions> = { dtype: true, missing: true };

function checkTable(op: string, table: CsvTable): void {
  if (typeof table === 'object' && Array.isArray(table?.rows) && Array.isArray(table.lines)) return;
  throw new ArgumentError(`${op}: wants a table as parseCsv gives it, got ${describe(table)}`);
}

/**
 * Columns as a matrix `[rows, columns]`. `columns`: names or 0-based positions, in the wanted order; default all.
 * Throws CsvError `CSV_VALUE` with line and field for a field that is no number or does not fit the dtype,
 * `CSV_COLUMN` for a column that is not there.
 */
export function csvMatrix(
  table: CsvTable,
  options: CsvNumberOptions & { readonly columns?: readonly (string | number)[] } = {},
): ArrayData {
  checkTable('csvMatrix', table);
  checkOptions('csvMatrix', options, { ...numberOptionNames, columns: true });
  const width = table.rows[0]?.length ?? table.header?.length ?? 0;
  const columns = options.columns?.map((column) => columnIndex(table, column)) ?? [...Array(width).keys()];
  const dtype = options.dtype ?? 'float32';
  const data = allocate(dtype, table.rows.length * columns.length);
  let at = 0;
  table.rows.forEach((row, i) => {
    for (const column of columns) data[at++] = cell(table, row[column]!, i, column, dtype, options.missing);
  });
  return { shape: [table.rows.length, columns.length], dtype, data };
}

/** One column as a vector `[rows]`; options and errors as `csvMatrix`. */
export function csvColumn(
  table: CsvTable,
  column: string | number,
  options: CsvNumberOptions = {},
): ArrayData {
  checkTable('csvColumn', table);
  checkOptions('csvColumn', options, numberOptionNames);
  const { dtype, data } = csvMatrix(table, { ...options, columns: [column] });
  return { shape: [data.length], dtype, data };
}

/**
 * A column of names as class numbers: int32 `[rows]`, and the names they stand for, sorted. With `classes` given,
 * their order counts and a name that is not among them is a CsvError `CSV_VALUE`.
 */
export function csvLabels(
  table: CsvTable,
  column: string | number,
  classes?: readonly string[],
): { labels: ArrayData; classes: readonly string[] } {
  checkTable('csvLabels', table);
  const index = columnIndex(table, column);
  const names = classes ?? [...new Set(table.rows.map((row) => row[index]!))].sort();
  const numberOf = new Map(names.map((name, i) => [name, i]));
  const data = Int32Array.from(table.rows, (row, i) => {
    const label = numberOf.get(row[index]!);
    if (label === undefined)
      throw valueError(table, i, index, `'${row[index]}' is none of the classes ${names.join(', ')}`);
    return label;
  });
  return { labels: { shape: [data.length], dtype: 'int32', data }, classes: names };
}

function columnIndex(table: CsvTable, column: string | number): number {
  const width = table.rows[0]?.length ?? table.header?.length ?? 0;
  if (typeof column === 'number') {
    if (Number.isInteger(column) && column >= 0 && column < width) return column;
    throw new CsvError(
      'CSV_COLUMN',
      `CSV: column ${column} is not one of the ${width} columns 0..${width - 1}`,
    );
  }
  if (table.header === undefined) {
    throw new CsvError(
      'CSV_COLUMN',
      `CSV: no column can be called '${column}': the table was read without a header row; use positions, or header: true`,
    );
  }
  const index = table.header.indexOf(column);
  if (index < 0) {
    throw new CsvError(
      'CSV_COLUMN',
      `CSV: no column '${column}'; did you mean '${nearest(column, table.header)}'? There are ${table.header.join(', ')}`,
    );
  }
  if (table.header.includes(column, index + 1)) {
    throw new CsvError('CSV_COLUMN', `CSV: two columns are called '${column}'; use their positions`);
  }
  return index;
}

function cell(
  table: CsvTable,
  field: string,
  row: number,
  column: number,
  dtype: DType,
  missing?: number,
): number {
  if (field.trim() === '') {
    if (missing !== undefined) return missing;
    throw valueError(
      table,
      row,
      column,
      'the field is empty; give `missing` to read empty fields as a number',
    );
  }
  if (dtype === 'bool') {
    const truth = { '0': 0, '1': 1, true: 1, false: 0 }[field.trim().toLowerCase()];
    if (truth === undefined)
      throw valueError(table, row, column, `'${field}' is not a bool (0, 1, true, false)`);
    return truth;
  }
  const value = parseNumber(field);
  if (value === undefined) throw valueError(table, row, column, `'${field}' is not a number`);
  if (dtype === 'int32' && (value | 0) !== value) {
    throw valueError(
      table,
      row,
      column,
      `'${field}' is not an int32 (a whole number from -2147483648 to 2147483647)`,
    );
  }
  // The nearest float is what a decimal means, but a finite number must not become infinite.
  if (dtype === 'float32' && Number.isFinite(value) && !Number.isFinite(Math.fround(value))) {
    throw valueError(table, row, column, `'${field}' is too large for float32; read it as float64`);
  }
  return value;
}

function valueError(table: CsvTable, row: number, column: number, what: string): CsvError {
  const name = table.header?.[column];
  const line = table.lines[row]!;
  const place = `CSV line ${line}, field ${column + 1}${name === undefined ? '' : ` (${name})`}`;
  return new CsvError('CSV_VALUE', `${place}: ${what}`, { line, column: column + 1 });
}

function allocate(dtype: DType, size: number): TypedArray {
  switch (dtype) {
    case 'float32':
      return new Float32Array(size);
    case 'float64':
      return new Float64Array(size);
    case 'int32':
      return new Int32Array(size);
    case 'bool':
      return new Uint8Array(size);
    default:
      throw new ArgumentError(`csv: unknown dtype ${String(dtype)}; known are float32, float64, int32, bool`);
  }
}
