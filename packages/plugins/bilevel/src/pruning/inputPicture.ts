import type { Figure, Found } from '@core/registry';
import type { PruningSolution } from './problem.js';

/** How many pictures stand side by side, and the most that are drawn. */
const [across, most] = [4, 12];

/**
 * For each solution the pixels of its inputs, darker where more of the first layer's weights read them; undefined where the first
 * layer is not dense on whole pictures, [units, height × width].
 */
export function inputPicture(
  found: readonly Found<PruningSolution>[],
  paths: readonly string[],
  inputShape: readonly number[],
): Figure | undefined {
  const [height = 0, width = 0] = inputShape.slice(-2);
  const pixels = inputShape.reduce((product, length) => product * length, 1);
  if (inputShape.length < 2 || height < 2 || width < 2 || pixels !== height * width) return undefined;
  const shown = found.slice(0, most).flatMap(({ name, solution: { mask } }) => {
    const first = paths.map((path) => mask[path]).find((own) => own?.ndim === 2 && own.shape[1] === pixels);
    return first === undefined ? [] : [{ name, counts: first.sum(0).toArray() as number[] }]; // [pixels]
  });
  if (shown.length === 0) return undefined;
  const [cellWidth, cellHeight] = [width + 4, height + 6];
  const rows = Math.ceil(shown.length / across);
  const drawn = shown.map(({ name, counts }, i) => {
    const [left, top] = [(i % across) * cellWidth + 2, Math.floor(i / across) * cellHeight + 4];
    const largest = Math.max(1, ...counts);
    const squares = counts.flatMap((count, pixel) => {
      if (count === 0) return [];
      const [x, y] = [left + (pixel % width), top + Math.floor(pixel / width)];
      return [`<rect x="${x}" y="${y}" width="1" height="1" opacity="${(0.15 + (0.85 * count) / largest).toFixed(2)}"/>`]; // prettier-ignore
    });
    const frame = `<rect x="${left}" y="${top}" width="${width}" height="${height}" fill="none" stroke="#999" stroke-width="0.15"/>`;
    const label = `<text x="${left}" y="${top - 1}" font-size="2.4" font-family="sans-serif" fill="#666">${escaped(name)}</text>`;
    return `${frame}${label}<g fill="#2a6fbb">${squares.join('')}</g>`;
  });
  return {
    kind: 'svg',
    title: 'Pixels that are still read',
    caption: 'Darker where more of the first layer’s weights are left; blank pixels have none.',
    svg: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${across * cellWidth} ${rows * cellHeight}">${drawn.join('')}</svg>`,
  };
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
