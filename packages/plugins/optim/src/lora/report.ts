import type { Report, ReportFile } from '@core/registry';
import { loraGradApprox } from './approximation.js';
import { normGauge } from './gauge.js';
import { loraAttentionLoss } from './loss.js';
import { polyFeatureCount, polynomialError, type PolynomialKind } from './polynomial.js';
import { loraAttentionMatrices, rankReport } from './rank.js';
import { gradientError, measureScaling, randomLoraAttention } from './scaling.js';

export interface LoraLimitsReportOptions {
  readonly length: number;
  readonly gammas: readonly number[];
  readonly degrees: readonly number[];
  readonly kind: PolynomialKind;
  readonly features: number;
  readonly rank: number;
  readonly alpha: number;
  readonly seed: number;
  /** Lengths whose time is measured; figures then differ from run to run. */
  readonly timedLengths: readonly number[];
}

interface ThresholdRow {
  readonly gamma: number;
  readonly gauge: number;
  readonly radius: number;
  readonly rankOfF: number;
  readonly rankOfP: number;
  /** By degree. */
  readonly errors: readonly {
    readonly degree: number;
    readonly features: number;
    readonly error: number;
    readonly bound: number;
    readonly smallestNormalizer: number;
  }[];
}

/**
 * Where the norm threshold of LoRA's gradients lies for one size of attention: error of `loraGradApprox` and ranks of f and
 * p by norm and degree, as a table and as JSON. It measures random problems of the given sizes, and takes the title from
 * the run.
 */
export function loraLimitsReport(options: LoraLimitsReportOptions): Report {
  return (run): readonly ReportFile[] => {
    const threshold = options.gammas.map((gamma) => thresholdRow(gamma, options));
    const { timedLengths: lengths, ...sizes } = options;
    const [degree = 6] = sizes.degrees.slice(-1);
    const scaling = lengths.length === 0 ? undefined : measure(lengths, degree, options);
    const data = { options, threshold, ...(scaling === undefined ? {} : { scaling }) };
    return [
      { path: 'lora-limits.md', content: [...thresholdText(run.title, options, threshold), ...scalingText(degree, scaling)].join('\n') }, // prettier-ignore
      { path: 'lora-limits.json', content: `${JSON.stringify(data, null, 1)}\n` },
    ];
  };
}

function thresholdRow(gamma: number, options: LoraLimitsReportOptions): ThresholdRow {
  const { length, features, rank, alpha, seed, degrees, kind } = options;
  const problem = randomLoraAttention({ length, features, rank, alpha, seed, gamma });
  const exact = loraAttentionLoss(problem).grads;
  const { f, p } = loraAttentionMatrices(problem);
  const near = degrees.map((degree) => ({ degree, ...loraGradApprox(problem, { degree, kind }) }));
  const radius = near[0]?.radius.item() ?? NaN;
  return {
    gamma,
    gauge: normGauge(problem).gauge.item(),
    radius,
    rankOfF: rankReport(f).rank.item(),
    rankOfP: rankReport(p).rank.item(),
    errors: near.map(({ degree, grads, smallestNormalizer }) => ({
      degree,
      features: polyFeatureCount(features, degree),
      error: gradientError(grads, exact),
      bound: polynomialError({ radius, degree, kind }).attention,
      smallestNormalizer: smallestNormalizer.item(),
    })),
  };
}

type Scaled = ReturnType<typeof measureScaling>;

function measure(lengths: readonly number[], degree: number, options: LoraLimitsReportOptions): Scaled {
  const { kind, features, rank, alpha, seed, gammas } = options;
  return measureScaling({ lengths, degree, kind, features, rank, alpha, seed, gamma: Math.min(...gammas) });
}

const short = (x: number): string => (Number.isFinite(x) ? x.toExponential(1) : '—');

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''];
}

function thresholdText(
  title: string,
  { length, features, rank, kind, seed }: LoraLimitsReportOptions,
  rows: readonly ThresholdRow[],
): string[] {
  const degrees = rows[0]?.errors ?? [];
  const head = [
    'norm γ',
    'γ / √ln L',
    'rank of f',
    'rank of p',
    ...degrees.map(({ degree, features: count }) => `degree ${degree} (${count} features)`),
  ];
  const cells = rows.map((row) => [
    String(row.gamma),
    row.gauge.toFixed(3),
    String(row.rankOfF),
    String(row.rankOfP),
    // A sum of exponentials that is not positive is no softmax.
    ...row.errors.map(
      (one) => `${short(one.error)} (${short(one.bound)})${one.smallestNormalizer > 0 ? '' : ' ✗'}`,
    ),
  ]);
  return [
    `# Limits of low-rank adaptation: ${title}`,
    '',
    `Random self-attention: length ${length}, ${features} features, adapters of rank ${rank} for queries and values, seed ${seed}.`,
    `Relative error of the adapters' gradients with exp replaced by a polynomial (${kind}), and in brackets the bound of the`,
    "attention probabilities' error. — where a bound says nothing; ✗ where sums of approximated exponentials are not positive.",
    'Ranks count singular values above 1e-6 of the largest.',
    '',
    ...table(head, cells),
  ];
}

function scalingText(degree: number, scaling: Scaled | undefined): string[] {
  if (scaling === undefined) return [];
  const rows = scaling.rows.map((row) => [
    String(row.length),
    row.exactSeconds.toFixed(4),
    row.approximateSeconds.toFixed(4),
    short(row.error),
  ]);
  return [
    `Seconds for one gradient at the smallest norm and degree ${degree}:`,
    '',
    ...table(['length', 'exact', 'approximate', 'error'], rows),
    `Time grows as length^${scaling.exactSlope.toFixed(2)} exactly, length^${scaling.approximateSlope.toFixed(2)} approximately.`,
    '',
  ];
}
