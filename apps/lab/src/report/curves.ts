import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { Curve, TrialReport } from './data.js';
import { raw, type Html } from './html.js';
import { colourOf, symbolOf } from './palette.js';

export interface ChartOptions {
  /** Which measure of the trials. */
  readonly measure: string;
  /** Name of the vertical axis. */
  readonly label: string;
  /** Shares are shown in percent. */
  readonly percent?: boolean;
  /** For screen readers. */
  readonly describe: string;
}

/** What is used of the SVG element; the types of a browser's page are not at hand here. */
interface Figure {
  readonly outerHTML: string;
  setAttribute(name: string, value: string): void;
  querySelector(selector: string): { remove(): void } | null;
}

/** The document that the library draws with; its type is a browser's, which is not at hand here. */
export function drawingDocument(): object {
  const { document } = parseHTML('<html><body></body></html>') as { document: unknown };
  return { document };
}

/** A curve has at most so many points in a picture; neighbours are averaged. */
const finest = 60;

/** Size, margins and letters of every chart. */
export const chartFrame = {
  width: 520,
  height: 330,
  marginLeft: 52,
  marginRight: 14,
  marginTop: 26,
  marginBottom: 40,
  style: {
    background: 'none',
    color: 'currentColor',
    fontFamily: 'inherit',
    fontSize: '12px',
    overflow: 'visible',
  },
};

/** A line chart as SVG text: faint lines of training, strong lines with signs of what was measured after each epoch. */
export function lineChart(trials: readonly TrialReport[], options: ChartOptions): Html | undefined {
  const lines = trials.map((trial, index) => ({
    index,
    train: thin(finite(trial.train[options.measure])),
    test: finite(trial.test[options.measure]),
  }));
  const values = lines.flatMap(({ train, test }) => [...train, ...test]).map(([, value]) => value);
  if (values.length === 0) return undefined;
  const plot: unknown = Plot.plot({
    ...drawingDocument(),
    ...chartFrame,
    x: {
      label: 'epoch',
      labelAnchor: 'right',
      ticks: epochTicks(lines.flatMap(({ train, test }) => [...train, ...test])),
      tickFormat: String,
      tickSize: 0,
    },
    y: { ...verticalScale(values, options), label: options.label, labelArrow: 'none', tickSize: 0 },
    marks: [
      Plot.gridY(gridLines(values, options), { stroke: 'var(--line)', strokeOpacity: 1 }),
      ...lines.map(({ index, train }) =>
        Plot.line(train, { stroke: colourOf(index), strokeOpacity: 0.38, strokeWidth: 1.25, clip: true }),
      ),
      ...lines.flatMap(({ index, test }) => [
        Plot.line(test, { stroke: colourOf(index), strokeWidth: 2.25 }),
        Plot.dot(test, {
          fill: colourOf(index),
          stroke: 'var(--card)',
          strokeWidth: 1.25,
          r: test.length > 25 ? 2 : 4.5,
          symbol: symbolOf(index),
          title: ([epoch, value]: readonly [number, number]) =>
            `${trials[index]?.name ?? ''}, epoch ${epoch}: ${options.percent === true ? `${(value * 100).toFixed(2)} %` : value.toPrecision(4)}`,
        }),
      ]),
    ],
  });
  return chartHtml(plot, options.describe);
}

/** What the plotting library drew, as part of the page. */
export function chartHtml(plot: unknown, describe: string): Html {
  const figure = plot as Figure; // one plot without a legend of its own is one svg element
  figure.setAttribute('role', 'img');
  figure.setAttribute('aria-label', describe);
  figure.setAttribute('class', 'chart');
  // Plot's own style sheet names a class that changes from chart to chart; ours does its work.
  figure.querySelector('style')?.remove();
  return raw(figure.outerHTML);
}

function finite(curve: Curve | undefined): Curve {
  return (curve ?? []).filter(([, value]) => Number.isFinite(value));
}

/** Averages neighbours until no more than `finest` points are left. */
export function thin(curve: Curve): Curve {
  const size = Math.ceil(curve.length / finest);
  if (size <= 1) return curve;
  return Array.from({ length: Math.ceil(curve.length / size) }, (_, bin) => {
    const group = curve.slice(bin * size, (bin + 1) * size);
    const mean = (part: 0 | 1): number => group.reduce((sum, point) => sum + point[part], 0) / group.length;
    return [mean(0), mean(1)] as const;
  });
}

/** Whole epochs, at most a dozen of them. */
function epochTicks(points: Curve): number[] {
  const last = Math.max(1, Math.ceil(Math.max(...points.map(([epoch]) => epoch)) - 1e-9));
  const step = Math.max(1, Math.ceil(last / 12));
  return Array.from({ length: Math.floor(last / step) + 1 }, (_, i) => i * step);
}

function verticalScale(values: readonly number[], { percent, measure }: ChartOptions): Plot.ScaleOptions {
  const low = Math.min(...values);
  const high = Math.max(...values);
  if (percent === true) {
    // The interesting part is near the top; the first steps may leave the picture below.
    const sorted = [...values].sort((a, b) => a - b);
    const early = sorted[Math.floor(sorted.length * 0.12)] ?? low;
    const floor = Math.max(0, Math.floor((early - 0.02) * 20) / 20);
    return {
      domain: [Math.min(floor, 0.95), 1],
      tickFormat: (share: number) => `${Math.round(share * 1000) / 10} %`,
      ticks: 6,
      nice: false,
      clamp: false,
    };
  }
  if (isWide(values, measure)) {
    return { type: 'log', domain: [low * 0.9, high * 1.1], ticks: decades(low, high), tickFormat: String };
  }
  return { domain: [Math.min(0, low), high === low ? high + 1 : high], nice: true, ticks: 6 };
}

/** Losses over more than a decade are shown on a logarithmic axis. */
function isWide(values: readonly number[], measure: string): boolean {
  const low = Math.min(...values);
  return measure === 'loss' && low > 0 && Math.max(...values) / low > 15;
}

/** 1, 2 and 5 of each decade; only powers of ten where those are many. */
export function decades(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  const leads = last - first > 4 ? [1] : [1, 2, 5];
  return Array.from({ length: last - first + 1 }, (_, i) =>
    leads.map((lead) => Number(`${lead}e${first + i}`)),
  )
    .flat()
    .filter((value) => value >= low * 0.9 && value <= high * 1.1);
}

/** Where lines are drawn across: at the ticks of a logarithmic axis, else where the plot puts its own. */
function gridLines(values: readonly number[], { measure }: ChartOptions): number[] | undefined {
  return isWide(values, measure) ? decades(Math.min(...values), Math.max(...values)) : undefined;
}
