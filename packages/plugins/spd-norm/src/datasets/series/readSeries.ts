import { ArgumentError } from '@core/tensor';

/** A series of several channels with a class. */
export interface LabelledSeries {
  /** As many numbers for every channel. */
  readonly channels: readonly Float64Array[];
  readonly label: string;
}

export interface SeriesFile {
  /** As the file lists them; those that occur, in order, where it does not. */
  readonly classNames: readonly string[];
  readonly series: readonly LabelledSeries[];
}

/** A recording: rows of all channels at one time, with a class each. */
export interface Recording {
  readonly classNames: readonly string[];
  readonly rows: readonly Float64Array[];
  readonly labels: readonly string[];
}

/** Where something is wrong in a file. */
const wrong = (name: string, line: number, what: string): ArgumentError =>
  new ArgumentError(`seriesCovariances: ${name}, line ${line + 1}: ${what}`);

function numbersOf(name: string, line: number, text: string): Float64Array {
  return Float64Array.from(text.split(','), (field) => {
    const value = field.trim() === '' ? NaN : Number(field);
    if (Number.isFinite(value)) return value;
    throw wrong(name, line, `expected a number, got ${JSON.stringify(field.trim())}; missing values and time stamps are not read`); // prettier-ignore
  });
}

function labelled(name: string, line: number, dimensions: readonly string[], label: string): LabelledSeries {
  const channels = dimensions.map((text) => numbersOf(name, line, text));
  const length = channels[0]?.length ?? 0;
  if (length < 2 || channels.some((channel) => channel.length !== length))
    throw wrong(name, line, `channels must have one length of at least 2, got ${channels.map((c) => c.length).join(', ')}`); // prettier-ignore
  return { channels, label: unquoted(label) };
}

const unquoted = (text: string): string => text.trim().replace(/^(['"])(.*)\1$/, '$2');

const namesIn = (series: readonly { readonly label: string }[]): string[] => [
  ...new Set(series.map(({ label }) => label)),
];

/** Reads the text of a UEA `.ts` file: header lines `@key value`, then `1,2,3:4,5,6:label`. @throws ArgumentError with the line */
export function parseTs(name: string, text: string): SeriesFile {
  let classNames: readonly string[] | undefined;
  let inData = false;
  const series: LabelledSeries[] = [];
  text.split(/\r?\n/).forEach((raw, line) => {
    const row = raw.trim();
    if (row === '' || row.startsWith('#')) return;
    if (inData) {
      const parts = row.split(':');
      const label = parts.pop()!;
      series.push(labelled(name, line, parts, label));
      return;
    }
    const [key = '', ...values] = row.split(/\s+/);
    const told = values[0]?.toLowerCase();
    if (key.toLowerCase() === '@timestamps' && told === 'true')
      throw wrong(name, line, 'series with time stamps are not read');
    if (key.toLowerCase() === '@classlabel') {
      if (told !== 'true') throw wrong(name, line, 'series need class labels (@classLabel true …)');
      classNames = values.slice(1);
    }
    inData = key.toLowerCase() === '@data';
  });
  if (!inData) throw wrong(name, 0, 'there is no @data');
  return checkLabels(name, { classNames: classNames ?? namesIn(series), series });
}

/**
 * Reads the text of an ARFF file whose last attribute is the class: of UEA's multivariate kind, with one relational attribute whose
 * quoted value has a line for each channel; or a table, a recording with a row for each time. Numbers only, dense.
 *
 * @throws ArgumentError with the line
 */
export function parseArff(name: string, text: string): SeriesFile | Recording {
  const lines = text.split(/\r?\n/);
  const start = lines.findIndex((line) => /^\s*@data\b/i.test(line));
  if (start < 0) throw wrong(name, 0, 'there is no @data');
  const head = lines.slice(0, start);
  const last = head.findLast((line) => /^\s*@attribute\b/i.test(line)) ?? '';
  const listed = /\{(.*)\}/.exec(last)?.[1]?.split(',').map(unquoted);
  const relational = head.some((line) => /^\s*@attribute\s+\S+\s+relational\b/i.test(line));
  const rows = lines
    .map((row, line) => ({ row: row.trim(), line }))
    .filter(({ row, line }) => line > start && row !== '' && !row.startsWith('%'));
  if (relational) {
    const series = rows.map(({ row, line }) => {
      const [, , value, label] = /^(['"])(.*)\1\s*,(.*)$/.exec(row) ?? [];
      if (value === undefined || label === undefined)
        throw wrong(name, line, 'expected a quoted series and a class');
      return labelled(name, line, value.split('\\n'), label);
    });
    return checkLabels(name, { classNames: listed ?? namesIn(series), series });
  }
  const width = head.filter((line) => /^\s*@attribute\b/i.test(line)).length;
  const labels: string[] = [];
  const table = rows.map(({ row, line }) => {
    const at = row.lastIndexOf(',');
    labels.push(unquoted(row.slice(at + 1)));
    const values = numbersOf(name, line, row.slice(0, at));
    if (values.length !== width - 1)
      throw wrong(name, line, `expected ${width} fields, got ${values.length + 1}`);
    return values;
  });
  return { classNames: listed ?? [...new Set(labels)], rows: table, labels };
}

function checkLabels(name: string, file: SeriesFile): SeriesFile {
  for (const { label } of file.series) {
    if (!file.classNames.includes(label))
      throw new ArgumentError(
        `seriesCovariances: ${name}: there is no class ${JSON.stringify(label)}; there are ${file.classNames.join(', ')}`,
      );
  }
  return file;
}
