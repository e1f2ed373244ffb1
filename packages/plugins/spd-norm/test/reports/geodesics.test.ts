import { exampleRun } from './run.js';
import { expect, it } from 'vitest';
import { spdGeodesicsReport } from '../../src/index.js';
import { thrown } from '../support.js';

interface Data {
  readonly rows: readonly {
    readonly metric: string;
    readonly ellipses: readonly { readonly area: number }[];
  }[];
}

it('draws a row of ellipses for each metric', async () => {
  const files = await spdGeodesicsReport({ steps: 5 })(exampleRun);
  const [svg, json] = files.map(({ content }) => String(content)) as [string, string];
  expect(svg.match(/<ellipse /g)).toHaveLength(25);
  const { rows } = JSON.parse(json) as Data;
  const areas = Object.fromEntries(
    rows.map(({ metric, ellipses }) => [metric, ellipses.map(({ area }) => area)]),
  );
  // The determinant goes geometrically under the first three, and swells under Bures-Wasserstein.
  const geometric = Math.sqrt(1 * Math.sqrt(0.19));
  for (const metric of ['affineInvariant', 'logEuclidean', 'logCholesky'])
    expect(areas[metric]![2]).toBeCloseTo(geometric, 6);
  expect(areas['buresWasserstein']![2]).toBeGreaterThan(geometric * 1.05);
  for (const row of Object.values(areas)) {
    expect(row[0]).toBeCloseTo(1, 6);
    expect(row[4]).toBeCloseTo(Math.sqrt(0.19), 6);
  }
});

it('says what is wrong', () => {
  expect(thrown(() => spdGeodesicsReport({ from: [[1, 2], [2, 1]] }))).toContain('spdGeodesicsReport: from must be positive definite'); // prettier-ignore
  expect(thrown(() => spdGeodesicsReport({ to: [[1]] }))).toBe('ARGUMENT: spdGeodesicsReport: to must be a 2 x 2 matrix, got [[1]]'); // prettier-ignore
  expect(thrown(() => spdGeodesicsReport({ steps: 1 }))).toContain('steps must be at least 2, got 1');
});
