import { formatPercent } from '../terminal/format.js';
import type { Confusion } from './data.js';
import { escapeHtml, html, raw, type Html } from './html.js';

const cell = 42;
const margin = { left: 64, top: 54, right: 74, bottom: 8 };
/** Beyond so many classes counts are no longer legible. */
const legible = 25;

/** The matrix as a heat map: rows are true classes, columns answers, the share of each row as depth of colour. */
export function confusionMatrix({ classes, counts }: Confusion): Html {
  const size = classes.length > legible ? Math.max(6, Math.floor((legible * cell) / classes.length)) : cell;
  const width = margin.left + size * classes.length + margin.right;
  const height = margin.top + size * classes.length + margin.bottom;
  const written = size === cell;
  const parts: string[] = [];
  counts.forEach((row, actual) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    const y = margin.top + actual * size;
    row.forEach((count, predicted) => {
      const x = margin.left + predicted * size;
      parts.push(
        cellSvg({
          x,
          y,
          size,
          count,
          total,
          right: actual === predicted,
          written,
          title: `${classes[actual] ?? ''} taken for ${classes[predicted] ?? ''}: ${count} of ${total}`,
        }),
      );
    });
    if (!written) return;
    const recall = total === 0 ? undefined : (row[actual] ?? 0) / total;
    parts.push(text(margin.left - 12, y + size / 2, classes[actual] ?? '', 'end', 'axis'));
    parts.push(
      text(
        margin.left + size * classes.length + 12,
        y + size / 2,
        formatPercent(recall, 1),
        'start',
        'faint',
      ),
    );
    parts.push(
      text(margin.left + actual * size + size / 2, margin.top - 12, classes[actual] ?? '', 'middle', 'axis'),
    );
  });
  const middle = (size * classes.length) / 2;
  parts.push(text(margin.left + middle, 16, 'predicted', 'middle', 'label'));
  parts.push(
    `<text class="label" text-anchor="middle" dominant-baseline="central" transform="translate(14 ${margin.top + middle}) rotate(-90)">true</text>`,
  );
  if (written)
    parts.push(text(margin.left + size * classes.length + 12, margin.top - 12, 'recall', 'start', 'label'));
  return raw(
    `<svg class="matrix" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Confusion matrix of ${classes.length} classes">${parts.join('')}</svg>`,
  );
}

interface Cell {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly count: number;
  readonly total: number;
  readonly right: boolean;
  readonly written: boolean;
  readonly title: string;
}

function cellSvg({ x, y, size, count, total, right, written, title }: Cell): string {
  const share = total === 0 ? 0 : count / total;
  // A few errors among hundreds of right answers would not be seen on a linear scale.
  const depth =
    count === 0 ? 0 : right ? 0.18 + 0.82 * share ** 2 : Math.min(1, 0.18 + 2.2 * Math.sqrt(share));
  const gap = size > 12 ? 1.5 : 0.5;
  const box = `x="${x + gap}" y="${y + gap}" width="${size - 2 * gap}" height="${size - 2 * gap}" rx="${size > 12 ? 5 : 1}"`;
  const fill =
    count === 0 ? 'class="empty"' : `class="${right ? 'right' : 'wrong'}" fill-opacity="${depth.toFixed(3)}"`;
  const label =
    written && count > 0
      ? text(x + size / 2, y + size / 2, String(count), 'middle', depth > 0.55 ? 'on' : 'over')
      : '';
  return `<g><title>${escapeHtml(title)}</title><rect ${box} ${fill}/>${label}</g>`;
}

function text(x: number, y: number, content: string, anchor: string, kind: string): string {
  return `<text class="${kind}" x="${x}" y="${y}" text-anchor="${anchor}" dominant-baseline="central">${escapeHtml(content)}</text>`;
}

/** The pairs that were mixed up most, in words. */
export function worstPairs({ classes, counts }: Confusion, limit = 6): Html {
  const pairs = counts
    .flatMap((row, actual) =>
      row.map((count, predicted) => ({
        actual,
        predicted,
        count,
        total: row.reduce((sum, one) => sum + one, 0),
      })),
    )
    .filter(({ actual, predicted, count }) => actual !== predicted && count > 0)
    .sort((a, b) => b.count - a.count || a.actual - b.actual || a.predicted - b.predicted)
    .slice(0, limit);
  if (pairs.length === 0) return html`<p>No example was classified wrongly.</p>`;
  const most = pairs[0]?.count ?? 1;
  return html`<ol class="pairs">
    ${pairs.map(
      ({ actual, predicted, count, total }) =>
        html`<li>
          <span class="pair"><b>${classes[actual]}</b> taken for <b>${classes[predicted]}</b></span>
          <span class="track"><span style="width: ${((100 * count) / most).toFixed(1)}%"></span></span>
          <span class="times">${count} of ${total}</span>
        </li>`,
    )}
  </ol>`;
}
