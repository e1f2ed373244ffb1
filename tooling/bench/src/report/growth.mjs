import { timeOf } from './columns.mjs';
import { short } from '../subjects/index.mjs';
import { table } from './format.mjs';

/** How Trellis's time grows with size: the exponent p of time ~ size^p between neighbouring sizes of each series. */
export function growth(rows) {
  const timed = rows.filter((row) => timeOf(row, 'Trellis') !== undefined);
  const lines = [...new Set(timed.map(({ subject }) => subject.series))]
    .map((name) => [name, exponents(timed.filter(({ subject }) => subject.series === name))])
    .filter(([, steps]) => steps !== '');
  return lines.length === 0 ? '' : `### How time grows: time ~ size^p\n\n${table(['work', 'p'], lines)}`;
}

function exponents(rows) {
  return rows
    .slice(1)
    .map((row, i) => {
      const before = rows[i];
      const p =
        Math.log(timeOf(row, 'Trellis') / timeOf(before, 'Trellis')) /
        Math.log(row.subject.size / before.subject.size);
      return `${short(before.subject.size)} to ${short(row.subject.size)}: ${p.toFixed(2)}`;
    })
    .join(', ');
}
