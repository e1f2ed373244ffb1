/** A staircase of the best fitness over the programs made, as an SVG text. */
export function historyChart(
  history: readonly { readonly generated: number; readonly fitness: number }[],
  total: number,
): string {
  const [width, height, left, right, top, bottom] = [720, 400, 56, 16, 40, 44];
  const highest = Math.max(0.1, ...history.map((entry) => entry.fitness));
  const x = (generated: number): number => left + (generated / Math.max(1, total)) * (width - left - right);
  const y = (fitness: number): number => height - bottom - (fitness / highest) * (height - top - bottom);
  const corners = history.flatMap(({ generated, fitness }, i) => {
    const before = history[i - 1]?.fitness ?? fitness;
    return [
      `${x(generated).toFixed(1)},${y(before).toFixed(1)}`,
      `${x(generated).toFixed(1)},${y(fitness).toFixed(1)}`,
    ];
  });
  const last = history.at(-1)?.fitness ?? 0;
  const ticks = [0, 0.25, 0.5, 0.75, 1];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${left}" y="22" font-size="15">Best fitness over programs made (0: the initial program)</text>`,
    ...ticks.map((share) => {
      const at = y(share * highest).toFixed(1);
      return `<path d="M${left} ${at}H${width - right}" stroke="#ddd"/><text x="${left - 8}" y="${at}" dy="4" text-anchor="end">${(share * highest).toFixed(2)}</text>`;
    }),
    ...ticks.map(
      (share) =>
        `<text x="${x(share * total).toFixed(1)}" y="${height - bottom + 18}" text-anchor="middle">${Math.round(share * total)}</text>`,
    ),
    `<text x="${(left + width - right) / 2}" y="${height - 8}" text-anchor="middle">programs</text>`,
    `<polyline fill="none" stroke="#1f6feb" stroke-width="2" points="${[...corners, `${x(total).toFixed(1)},${y(last).toFixed(1)}`].join(' ')}"/>`,
    '</svg>',
    '',
  ].join('\n');
}
