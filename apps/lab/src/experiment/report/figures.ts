import * as Plot from '@observablehq/plot';
import type { Figure, Line } from '@core/registry';
import { chartFrame, chartHtml, decades, drawingDocument, thin } from '../../report/curves.js';
import { html, raw, type Html } from '../../report/html.js';
import { chip, colourOf, symbolOf } from '../../report/palette.js';

/** Which colour a name has: a solver's is its place in the recipe. */
export type PlaceOf = (name: string, index: number) => number;

type Lines = Extract<Figure, { kind: 'lines' }>;
type Histogram = Extract<Figure, { kind: 'histogram' }>;

/** A figure with its title and caption. */
export function figureHtml(figure: Figure, placeOf: PlaceOf): Html {
  const { title, caption } = figure;
  return html`<div class="drawn">
    <h3>${title}</h3>
    ${drawing(figure, placeOf)} ${caption === undefined ? '' : html`<p class="note">${caption}</p>`}
  </div>`;
}

function drawing(figure: Figure, placeOf: PlaceOf): Html {
  if (figure.kind === 'svg') return raw(figure.svg);
  const names = (figure.kind === 'lines' ? figure.lines : figure.groups).map(({ name }) => name);
  return html`<div class="legend">
      ${names.map((name, index) => html`<span>${chip(placeOf(name, index))}${name}</span>`)}
    </div>
    ${figure.kind === 'lines' ? linesChart(figure, placeOf) : histogramChart(figure, placeOf)}`;
}

/** A curve of more points than this has no sign at each of them. */
const signs = 25;

/** Curves over a common axis. */
export function linesChart(figure: Omit<Lines, 'kind'>, placeOf: PlaceOf): Html {
  const logarithmic = figure.logarithmic ?? [];
  const lines = figure.lines.map((line, index) => ({
    ...line,
    place: placeOf(line.name, index),
    points: thin(shown(line, logarithmic)),
  }));
  const axis = (part: 0 | 1, key: 'x' | 'y'): Plot.ScaleOptions => {
    const values = lines.flatMap(({ points }) => points.map((point) => point[part]));
    const [low, high] = [Math.min(...values), Math.max(...values)];
    if (!logarithmic.includes(key) || values.length === 0) return { nice: true, ticks: 6 };
    return { type: 'log', domain: [low * 0.95, high * 1.05], ticks: decades(low, high), tickFormat: label };
  };
  const plot: unknown = Plot.plot({
    ...drawingDocument(),
    ...chartFrame,
    x: { ...axis(0, 'x'), label: figure.x, labelAnchor: 'right', labelArrow: 'none', tickSize: 0 },
    y: { ...axis(1, 'y'), label: figure.y, labelArrow: 'none', tickSize: 0 },
    marks: [
      Plot.gridY({ stroke: 'var(--line)', strokeOpacity: 1 }),
      ...lines.flatMap(({ place, points, name }) => [
        Plot.line(points, { stroke: colourOf(place), strokeWidth: 2 }),
        Plot.dot(points.length > signs ? points.slice(-1) : points, {
          fill: colourOf(place),
          stroke: 'var(--card)',
          strokeWidth: 1.25,
          r: 4.5,
          symbol: symbolOf(place),
          title: ([x, y]: readonly [number, number]) => `${name}: ${label(y)} at ${label(x)}`,
        }),
      ]),
    ],
  });
  return chartHtml(plot, `${figure.title}: ${figure.y} over ${figure.x}`);
}

/** Points that an axis has room for: a logarithm wants numbers above 0. */
function shown({ points }: Line, logarithmic: readonly string[]): Line['points'] {
  return points.filter(
    ([x, y]) =>
      Number.isFinite(x) &&
      Number.isFinite(y) &&
      (x > 0 || !logarithmic.includes('x')) &&
      (y > 0 || !logarithmic.includes('y')),
  );
}

/** How often values occur, one group over the other. */
function histogramChart({ title, x, groups }: Histogram, placeOf: PlaceOf): Html {
  const all = groups.flatMap(({ values }) => values);
  const thresholds = binEdges(Math.min(...all), Math.max(...all));
  const plot: unknown = Plot.plot({
    ...drawingDocument(),
    ...chartFrame,
    x: { label: x, labelAnchor: 'right', labelArrow: 'none', tickSize: 0, ticks: 6 },
    y: { label: 'share of the group', labelArrow: 'none', tickSize: 0, ticks: 5, tickFormat: (v: number) => `${Math.round(v * 100)} %` }, // prettier-ignore
    marks: [
      Plot.gridY({ stroke: 'var(--line)', strokeOpacity: 1 }),
      ...groups.map(({ name, values }, index) =>
        Plot.rectY(values, {
          ...Plot.binX({ y: 'proportion' }, { x: { value: (value: number) => value, thresholds } }),
          fill: colourOf(placeOf(name, index)),
          fillOpacity: 0.55,
        }),
      ),
      Plot.ruleY([0], { stroke: 'var(--faint)' }),
    ],
  });
  return chartHtml(plot, `${title}: how often ${x} occurs`);
}

/** Edges of thirty bins; those of all groups are the same. */
function binEdges(low: number, high: number): number[] {
  const span = high > low ? high - low : 1;
  return Array.from({ length: 31 }, (_, i) => low + (span * i) / 30);
}

function label(value: number): string {
  return Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3)
    ? value.toExponential(0)
    : String(Number(value.toPrecision(4)));
}
