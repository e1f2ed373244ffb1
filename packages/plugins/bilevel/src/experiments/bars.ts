import type { Figure } from '@core/registry';

export interface Bar {
  readonly name: string;
  readonly value: number;
  /** Drawn in grey. */
  readonly reference?: boolean;
}

const [row, left, width, right] = [22, 190, 420, 70];

/** Bars from 0 to the largest value, or between the values where they are all far from 0, one below the other. */
export function bars(title: string, caption: string, all: readonly Bar[], digits = 3): Figure {
  const values = all.map(({ value }) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  // A scale from 0 hides differences between 0.90 and 0.91.
  const from = low > high / 2 ? Math.max(0, low - (high - low) / 2 - 1e-9) : Math.min(0, low);
  const scale = width / Math.max(high - from, 1e-9);
  const height = all.length * row + 8;
  const parts = all.map(({ name, value, reference = false }, i) => {
    const y = 4 + i * row;
    const length = Math.max(1, (value - from) * scale);
    return (
      `<text x="${left - 8}" y="${y + 15}" text-anchor="end">${escaped(name)}</text>` +
      `<rect x="${left}" y="${y + 3}" width="${length.toFixed(1)}" height="${row - 6}" fill="${reference ? '#9a9a9a' : '#2a6fb0'}"/>` +
      `<text x="${(left + length + 6).toFixed(1)}" y="${y + 15}">${value.toFixed(digits)}</text>`
    );
  });
  return {
    title,
    caption: from === 0 ? caption : `${caption} The bars begin at ${from.toFixed(digits)}.`,
    kind: 'svg',
    svg:
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${left + width + right} ${height}" ` +
      `font-family="sans-serif" font-size="12" fill="currentColor">${parts.join('')}</svg>`,
  };
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
