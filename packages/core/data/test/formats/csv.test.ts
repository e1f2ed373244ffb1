import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CsvError, csvColumn, csvLabels, csvMatrix, formatCsv, parseCsv } from '../../src/index.js';
import { expectFailure, failure } from '../support.js';

const rows = (text: string, options = {}): readonly (readonly string[])[] =>
  parseCsv(text, { header: false, ...options }).rows;

describe('RFC 4180', () => {
  test.each([
    [
      'plain',
      'a,b\nc,d\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'CRLF, no last line break',
      'a,b\r\nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'empty fields',
      ',\n,x\n',
      [
        ['', ''],
        ['', 'x'],
      ],
    ],
    ['quotes', '"a,1","b ""q"" c"\n', [['a,1', 'b "q" c']]],
    [
      'line breaks in quotes',
      '"a\nb","c\r\nd"\nx,y\n',
      [
        ['a\nb', 'c\r\nd'],
        ['x', 'y'],
      ],
    ],
    ['spaces are kept', ' a , b\n', [[' a ', ' b']]],
    ['a byte order mark', '\ufeffa,b\n', [['a', 'b']]],
    ['empty lines are skipped', '\n\r\na\n\nb\n\n', [['a'], ['b']]],
    ['an empty quoted field is a row', '""\na\n', [[''], ['a']]],
    ['a lone carriage return is text', 'a\rb,c\n', [['a\rb', 'c']]],
    ['nothing', '', []],
  ])('%s', (_, text, wanted) => {
    expect(rows(text)).toEqual(wanted);
  });

  test('another delimiter, comments', () => {
    expect(rows('# x;y\na;"b;c"\n', { delimiter: ';', comment: '#' })).toEqual([['a', 'b;c']]);
    expect(rows('1\t2\n', { delimiter: '\t' })).toEqual([['1', '2']]);
  });

  test('what formatCsv writes comes back', () => {
    const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', '1', 'é') });
    fc.assert(
      fc.property(
        fc
          .integer({ min: 1, max: 4 })
          .chain((width) => fc.array(fc.array(field, { minLength: width, maxLength: width }))),
        (table) => {
          expect(rows(formatCsv(table))).toEqual(table);
        },
      ),
    );
  });

  test('numbers come back to the last bit', () => {
    fc.assert(
      fc.property(fc.array(fc.double(), { minLength: 1 }), (numbers) => {
        const table = parseCsv(formatCsv(numbers.map((x) => [x])), { header: false });
        expect(csvMatrix(table, { dtype: 'float64' }).data).toEqual(Float64Array.from(numbers));
      }),
    );
  });
});

describe('the header', () => {
  test('is found by the numbers below it', () => {
    expect(parseCsv('x,name\n1,a\n').header).toEqual(['x', 'name']);
    expect(parseCsv('1,2\n3,4\n').header).toBeUndefined();
    expect(parseCsv('a,b\nc,d\n').header).toBeUndefined();
    expect(parseCsv('x,y\n').header).toBeUndefined();
    expect(parseCsv('x,1990\n2,3\n').header).toBeUndefined();
  });

  test('can be told', () => {
    expect(parseCsv('a,b\nc,d\n', { header: true })).toEqual({
      header: ['a', 'b'],
      rows: [['c', 'd']],
      lines: [2],
    });
    expect(parseCsv('x\n1\n', { header: false }).rows).toHaveLength(2);
    expect(formatCsv([[1, 'a']], { header: ['x', 'y'] })).toBe('x,y\n1,a\n');
  });
});

describe('numbers', () => {
  const table = parseCsv('a,b,c\n1, -2.5e3 ,x\n+.5,nan,y\n3.,-Infinity,x\n');

  test('columns by name and by position', () => {
    expect(csvMatrix(table, { columns: ['b', 0] })).toEqual({
      shape: [3, 2],
      dtype: 'float32',
      data: Float32Array.of(-2500, 1, NaN, 0.5, -Infinity, 3),
    });
    expect(csvColumn(table, 'a', { dtype: 'float64' }).data).toEqual(Float64Array.of(1, 0.5, 3));
  });

  test('names as classes', async () => {
    const { labels, classes } = csvLabels(table, 'c');
    expect(classes).toEqual(['x', 'y']);
    expect(labels).toEqual({ shape: [3], dtype: 'int32', data: Int32Array.of(0, 1, 0) });
    expect(csvLabels(table, 'c', ['y', 'x']).labels.data).toEqual(Int32Array.of(1, 0, 1));
    await expectFailure(() => csvLabels(table, 'c', ['x']), 'CSV_VALUE', 'line 3', "'y'");
  });

  test('bool and int32', () => {
    const flags = parseCsv('1,true\n0,False\n');
    expect(csvMatrix(flags, { dtype: 'bool' }).data).toEqual(Uint8Array.of(1, 1, 0, 0));
    expect(csvMatrix(parseCsv('2147483647\n-0\n1e2\n'), { dtype: 'int32' }).data).toEqual(
      Int32Array.of(2147483647, 0, 100),
    );
  });

  test('missing values', async () => {
    const gaps = parseCsv('1,\n2,3\n');
    await expectFailure(() => csvMatrix(gaps), 'CSV_VALUE', 'line 1, field 2', 'empty', 'missing');
    expect(csvMatrix(gaps, { missing: NaN }).data).toEqual(Float32Array.of(1, NaN, 2, 3));
  });
});

describe('bad input', () => {
  test.each([
    ['an open quote', 'a,b\nc,"d\ne\n', 'CSV_SYNTAX', 2, 2, 'never closed'],
    ['a quote inside', 'a"b\n', 'CSV_SYNTAX', 1, 1, 'inside an unquoted field'],
    ['text behind a quote', '"a"b,c\n', 'CSV_SYNTAX', 1, 1, '"b" after the closing quote'],
    ['a long row', '"a\nb",c\nd,e,f\n', 'CSV_RAGGED', 3, 2, '3 fields, but line 1 has 2'],
    ['a short row', 'a,b\nc\n', 'CSV_RAGGED', 2, 1, '1 fields'],
  ])('%s', async (_, text, code, line, column, part) => {
    const error = await failure(() => parseCsv(text));
    expect(error).toBeInstanceOf(CsvError);
    expect(error).toMatchObject({ code, line, column });
    expect(error.message).toContain(part);
  });

  test.each([
    ['no number', 'a\n1\ntwo\n', 'float32', 'CSV line 3, field 1 (a)', "'two'"],
    ['hexadecimal', 'a\n1\n0x10\n', 'float32', 'line 3', 'not a number'],
    ['a fraction as int32', 'a\n1.5\n', 'int32', 'line 2', 'int32'],
    ['too large for int32', 'a\n2147483648\n', 'int32', 'line 2', '2147483647'],
    ['too large for float32', 'a\n1e39\n', 'float32', 'line 2', 'float64'],
    ['no bool', 'a\n2\n', 'bool', 'line 2', 'bool'],
  ] as const)('%s', async (_, text, dtype, ...parts) => {
    await expectFailure(() => csvMatrix(parseCsv(text), { dtype }), 'CSV_VALUE', ...parts);
  });

  test('columns that are not there', async () => {
    const table = parseCsv('width,height,width\n1,2,3\n');
    await expectFailure(() => csvColumn(table, 'hight'), 'CSV_COLUMN', "did you mean 'height'");
    await expectFailure(() => csvColumn(table, 'width'), 'CSV_COLUMN', 'two columns');
    await expectFailure(() => csvColumn(table, 3), 'CSV_COLUMN', '0..2');
    await expectFailure(() => csvColumn(parseCsv('1\n'), 'x'), 'CSV_COLUMN', 'without a header');
  });

  test('options', async () => {
    await expectFailure(() => parseCsv('a', { delimiter: '::' }), 'ARGUMENT', '"::"');
    await expectFailure(() => parseCsv('a', { delimiter: '"' }), 'ARGUMENT');
  });

  test('an error can be given its file', async () => {
    const error = await failure(() => parseCsv('a"\n'));
    expect((error as CsvError).inFile('x.csv')).toMatchObject({ code: 'CSV_SYNTAX', line: 1, column: 1 });
    expect((error as CsvError).inFile('x.csv').message).toMatch(/^x\.csv: CSV line 1/);
  });
});
