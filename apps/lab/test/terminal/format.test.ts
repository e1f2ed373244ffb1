import { expect, test } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatNumber,
  formatPercent,
  plural,
} from '../../src/terminal/format.js';
import { formatTable } from '../../src/terminal/table.js';
import { testTerminal } from '../support/harness.js';

test.each([
  [0.0421, '42 ms'],
  [0.9999, '1.0 s'],
  [12.34, '12.3 s'],
  [59.97, '1 min 00 s'],
  [245, '4 min 05 s'],
  [3599.7, '1 h 00 min'],
  [7380, '2 h 03 min'],
  [NaN, '-'],
  [Infinity, '-'],
])('duration %d', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

test.each([
  [0, '0'],
  [0.123456, '0.1235'],
  [0.00001234, '1.23e-5'],
  [1234.5, '1,235'],
  [12_345_678, '1.23e+7'],
  [-0.5, '-0.5'],
  [NaN, '-'],
  [-Infinity, '-inf'],
])('number %d', (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

test('percents, counts, bytes and plurals', () => {
  expect(formatPercent(0.98125)).toBe('98.13 %');
  expect(formatPercent(undefined)).toBe('-');
  expect(formatCount(9098)).toBe('9,098');
  expect([0, 999, 1500, 3_400_000, 250_000_000_000].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1.5 kB',
    '3.4 MB',
    '250 GB',
  ]);
  expect([plural(1, 'epoch'), plural(3, 'epoch'), plural(2, 'loss', 'losses')]).toEqual([
    '1 epoch',
    '3 epochs',
    '2 losses',
  ]);
});

test('tables align, wrap the flexible column and leave no blanks at line ends', () => {
  const text = formatTable(
    [{ title: 'name' }, { title: 'n', align: 'right' }, { title: 'remark', flexible: true }],
    [
      ['a', '1', 'short'],
      ['bcd', '200', 'a remark that is much too long for the width that is left to it'],
    ],
    testTerminal(44),
    2,
  );
  const lines = text.split('\n');
  expect(lines[0]).toMatch(/^ {2}name +n +remark$/);
  expect(lines[2]).toMatch(/^ {2}a +1 +short$/);
  expect(lines[3]).toMatch(/^ {2}bcd +200 +a remark/);
  expect(lines.length).toBeGreaterThan(5);
  for (const line of lines) {
    expect(line.length).toBeLessThanOrEqual(44);
    expect(line).toBe(line.trimEnd());
  }
});
