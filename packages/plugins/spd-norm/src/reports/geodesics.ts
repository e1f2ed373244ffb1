import { atLeastOne, check, show } from '@core/registry/checks';
import { ArgumentError, tensor, type Tensor } from '@core/tensor';
import type { Report } from '@core/registry';
import { checkSpd } from '../checks.js';
import { affineInvariant } from '../metrics/affineInvariant.js';
import { buresWasserstein } from '../metrics/buresWasserstein.js';
import { generalizedBuresWasserstein } from '../metrics/generalizedBuresWasserstein.js';
import { logCholesky } from '../metrics/logCholesky.js';
import { logEuclidean } from '../metrics/logEuclidean.js';
import type { SpdMetric } from '../metrics/metric.js';

type Matrix2 = readonly (readonly number[])[];

export interface SpdGeodesicsOptions {
  /** The ends, SPD 2 x 2. Default: two long ellipses that cross. */
  readonly from?: Matrix2;
  readonly to?: Matrix2;
  /** M of the generalised Bures-Wasserstein metric. Default diag(1, 9). */
  readonly metricMatrix?: Matrix2;
  /** Ellipses of each geodesic. At least 2. Default 9. */
  readonly steps?: number;
}

/**
 * Geodesics between two 2 x 2 matrices under each metric as rows of ellipses, with their areas (roots of determinants), which
 * some metrics swell on the way: an SVG and the numbers as JSON. It looks at no run.
 *
 * @throws ArgumentError or LinalgError for matrices that are not SPD 2 x 2
 */
export function spdGeodesicsReport(options: SpdGeodesicsOptions = {}): Report {
  const name = 'spdGeodesicsReport';
  const { from = [[4, 0], [0, 0.25]], to = [[1, 0.9], [0.9, 1]] } = options; // prettier-ignore
  const { metricMatrix = [[1, 0], [0, 9]], steps = 9 } = options; // prettier-ignore
  check(name, 'steps', steps, atLeastOne);
  if (steps < 2) throw new ArgumentError(`${name}: steps must be at least 2, got ${steps}`);
  const [p, q, m] = Object.entries({ from, to, metricMatrix }).map(([argument, matrix]) =>
    asMatrix(name, argument, matrix),
  ) as [Tensor, Tensor, Tensor];
  return () => {
    const metrics: readonly SpdMetric[] = [
      affineInvariant(),
      logEuclidean(),
      logCholesky(),
      buresWasserstein(),
      generalizedBuresWasserstein(m),
    ];
    const rows = metrics.map((metric) => ({
      metric: metric.name,
      distance: metric.distance(p, q).item(),
      ellipses: Array.from({ length: steps }, (_, i) => ellipseOf(metric.geodesic(p, q, i / (steps - 1)))),
    }));
    return [
      { path: 'spd-geodesics.svg', content: draw(rows) },
      {
        path: 'spd-geodesics.json',
        content: `${JSON.stringify({ from, to, metricMatrix, rows }, null, 1)}\n`,
      },
    ];
  };
}

function asMatrix(owner: string, argument: string, matrix: Matrix2): Tensor {
  if (matrix.length !== 2 || matrix.some((row) => row.length !== 2))
    throw new ArgumentError(`${owner}: ${argument} must be a 2 x 2 matrix, got ${show(matrix)}`);
  const made = tensor(matrix, { dtype: 'float64' });
  checkSpd(owner, argument, made);
  return made;
}

interface Ellipse {
  /** Half axes, roots of the eigenvalues, and the direction of the first in degrees. */
  readonly axes: readonly [number, number];
  readonly angle: number;
  /** √det. */
  readonly area: number;
}

function ellipseOf(x: Tensor): Ellipse {
  const [a = 0, b = 0, , d = 0] = x.dataSync();
  const [middle, spread] = [(a + d) / 2, Math.hypot((a - d) / 2, b)];
  const axes = [Math.sqrt(middle + spread), Math.sqrt(Math.max(0, middle - spread))] as const;
  return { axes, angle: (Math.atan2(2 * b, a - d) * 90) / Math.PI, area: axes[0] * axes[1] };
}

interface Row {
  readonly metric: string;
  readonly distance: number;
  readonly ellipses: readonly Ellipse[];
}

/** A row for each metric, a column for each time; half axes of all ellipses to one scale. */
function draw(rows: readonly Row[]): string {
  const largest = Math.max(...rows.flatMap(({ ellipses }) => ellipses.map(({ axes }) => axes[0])));
  const [cell, label, top] = [76, 210, 34];
  const scale = (cell * 0.46) / largest;
  const columns = rows[0]?.ellipses.length ?? 0;
  const [width, height] = [label + columns * cell, top + rows.length * (cell + 14)];
  const round = (x: number): string => String(Number(x.toFixed(2)));
  const texts = rows.flatMap(({ metric, distance, ellipses }, row) => {
    const y = top + row * (cell + 14) + cell / 2;
    const title = `<text x="8" y="${round(y)}">${words(metric)}</text><text x="8" y="${round(y + 16)}" fill="#666">distance ${round(distance)}</text>`;
    const shapes = ellipses.map(({ axes, angle, area }, column) => {
      const x = label + column * cell + cell / 2;
      const end = column === 0 || column === columns - 1;
      // SVG's y axis points down, so angles turn the other way.
      return `<ellipse rx="${round(axes[0] * scale)}" ry="${round(axes[1] * scale)}" transform="translate(${round(x)} ${round(y)}) rotate(${round(-angle)})" fill="${end ? '#c9d8ee' : '#e8eef7'}" stroke="${end ? '#1f4e8c' : '#5b83b8'}"/><text x="${round(x)}" y="${round(y + cell / 2 + 8)}" text-anchor="middle" fill="#888" font-size="10">${area.toFixed(2)}</text>`;
    });
    return [title, ...shapes];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    '<text x="8" y="20" font-weight="bold">Geodesics of 2 x 2 matrices as ellipses; below each √det</text>',
    ...texts,
    '</svg>\n',
  ].join('\n');
}

/** buresWasserstein as `bures wasserstein`. */
const words = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
