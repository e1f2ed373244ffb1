import * as Plot from '@observablehq/plot';
import { chartFrame, chartHtml, decades, drawingDocument } from '../../report/curves.js';
import type { Html } from '../../report/html.js';
import { colourOf, symbolOf } from '../../report/palette.js';
import type { RacedWorkload } from '../results.js';
import type { TrialRecord } from '../trial.js';
import { placeOf, type RacePage } from './data.js';

/** Performance profiles as steps: for each submission, the share of workloads on which it is at most τ times the best. */
export function profilesChart(page: RacePage): Html | undefined {
  const { profiles, rMax, ranking } = page.results;
  if (ranking.length === 0) return undefined;
  // The best are drawn last, over the others.
  const lines = [...ranking]
    .reverse()
    .map((name) => ({ index: placeOf(page, name), corners: profiles[name] ?? [] }));
  const plot: unknown = Plot.plot({
    ...drawingDocument(),
    ...chartFrame,
    width: 1040,
    height: 400,
    x: {
      label: 'τ: times the best',
      labelAnchor: 'right',
      labelArrow: 'none',
      domain: [1, rMax],
      ticks: 7,
      tickSize: 0,
    },
    y: {
      label: 'share of workloads',
      labelArrow: 'none',
      domain: [0, 1],
      ticks: 6,
      tickFormat: (share: number) => `${Math.round(share * 100)} %`,
      tickSize: 0,
    },
    marks: [
      Plot.gridY({ stroke: 'var(--line)', strokeOpacity: 1 }),
      ...lines.flatMap(({ index, corners }) => [
        Plot.line(corners, {
          stroke: colourOf(index),
          strokeWidth: 2.5,
          curve: 'step-after',
          strokeLinejoin: 'round',
        }),
        Plot.dot(corners.slice(0, -1), {
          fill: colourOf(index),
          stroke: 'var(--card)',
          strokeWidth: 1.25,
          r: 4.5,
          symbol: symbolOf(index),
          title: ([tau, share]: readonly [number, number]) =>
            `${page.submissions[index]?.name ?? ''}: ${Math.round(share * 100)} % within ${tau.toPrecision(3)}`,
        }),
      ]),
    ],
  });
  return chartHtml(plot, `Performance profiles of ${ranking.length} submissions from 1 to ${rMax}`);
}

/** The best trial of each submission on a workload, and the target as a broken line. */
export function curvesChart(page: RacePage, workload: RacedWorkload): Html | undefined {
  const { metric, target, name } = workload;
  const lines = page.results.submissions.flatMap((submission) => {
    const best = page.results.best[submission]?.[name];
    const record = page.records.find(
      (one: TrialRecord) =>
        one.workload === name &&
        one.submission === submission &&
        one.study === best?.study &&
        one.trial === best.trial,
    );
    const curve = (record?.evaluations ?? [])
      .map((one) => [one['step'] ?? NaN, one[metric] ?? NaN] as const)
      .filter(([, value]) => Number.isFinite(value));
    return curve.length === 0 ? [] : [{ index: placeOf(page, submission), curve }];
  });
  if (lines.length === 0) return undefined;
  const values = [target, ...lines.flatMap(({ curve }) => curve.map(([, value]) => value))];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const wide = low > 0 && high / low > 8;
  const plot: unknown = Plot.plot({
    ...drawingDocument(),
    ...chartFrame,
    height: 280,
    x: {
      label: 'steps',
      labelAnchor: 'right',
      labelArrow: 'none',
      ticks: 6,
      tickSize: 0,
      domain: [0, Math.max(...lines.flatMap(({ curve }) => curve.map(([step]) => step)))],
    },
    y: {
      label: metric,
      labelArrow: 'none',
      tickSize: 0,
      ...(wide
        ? {
            type: 'log' as const,
            domain: [low * 0.9, high * 1.1],
            ticks: decades(low, high),
            tickFormat: String,
          }
        : { domain: [low - (high - low) * 0.05, high + (high - low) * 0.05], ticks: 6 }),
    },
    marks: [
      Plot.gridY(wide ? decades(low, high) : undefined, { stroke: 'var(--line)', strokeOpacity: 1 }),
      Plot.ruleY([target], { stroke: 'var(--soft)', strokeDasharray: '4 4' }),
      ...lines.flatMap(({ index, curve }) => [
        Plot.line(curve, { stroke: colourOf(index), strokeWidth: 1.75 }),
        Plot.dot(curve.slice(-1), {
          fill: colourOf(index),
          stroke: 'var(--card)',
          strokeWidth: 1.25,
          r: 4.5,
          symbol: symbolOf(index),
          title: ([step, value]: readonly [number, number]) =>
            `${page.submissions[index]?.name ?? ''}: ${value.toPrecision(4)} after ${step} steps`,
        }),
      ]),
    ],
  });
  return chartHtml(plot, `${metric} on ${name} over steps`);
}
