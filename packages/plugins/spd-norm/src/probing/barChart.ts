/** Groups of bars with values in [0, 1] as one svg element; the colours follow the text's. */
export function barChart(
  names: readonly string[],
  series: readonly { readonly name: string; readonly values: readonly number[] }[],
): string {
  const [left, top, height, group] = [34, 10, 160, 84];
  const width = left + names.length * group + 10;
  const bar = (group - 20) / Math.max(1, series.length);
  const y = (value: number): number => top + height * (1 - value);
  const lines = [0, 0.25, 0.5, 0.75, 1].map(
    (value) =>
      `<line x1="${left}" x2="${width - 10}" y1="${y(value)}" y2="${y(value)}" stroke="currentColor" stroke-opacity=".2"/>` +
      `<text x="${left - 5}" y="${y(value) + 3}" text-anchor="end">${100 * value} %</text>`,
  );
  const bars = series.flatMap(({ values }, s) =>
    values.map((value, i) => {
      const x = left + i * group + 10 + s * bar;
      const title = `<title>${(100 * value).toFixed(1)} %</title>`;
      return `<rect x="${round(x)}" y="${round(y(value))}" width="${round(bar - 2)}" height="${round(height * value)}" fill="${colour(s)}">${title}</rect>`;
    }),
  );
  const below = names.map(
    (name, i) =>
      `<text x="${left + (i + 0.5) * group}" y="${top + height + 14}" text-anchor="middle">${escaped(name)}</text>`,
  );
  const legend = series.map(({ name }, s) => {
    const at = top + height + 32 + 14 * s;
    return `<rect x="${left}" y="${at - 8}" width="9" height="9" fill="${colour(s)}"/><text x="${left + 14}" y="${at}">${escaped(name)}</text>`;
  });
  const tall = top + height + 32 + 14 * series.length;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${tall}" font-family="sans-serif" font-size="10" fill="currentColor">${[...lines, ...bars, ...below, ...legend].join('')}</svg>`;
}

/** Hues that stay apart, also in greys. */
const colours = ['#4477aa', '#ee6677', '#228833', '#ccbb44', '#66ccee', '#aa3377', '#888888'];
const colour = (i: number): string => colours[i % colours.length]!;

const round = (value: number): number => Math.round(100 * value) / 100;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
