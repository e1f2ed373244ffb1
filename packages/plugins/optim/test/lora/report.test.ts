import { describe, expect, it } from 'vitest';
import { createRegistry } from '@core/registry';
import plugin from '../../src/plugin.js';

const run = {
  id: 'a',
  title: 'a run',
  startedAt: '2026-01-01T00:00:00Z',
  seconds: 1,
  recipe: {},
  provenance: {},
  curves: {},
  results: {},
};

interface Row {
  readonly gamma: number;
  readonly rankOfF: number;
  readonly errors: readonly { readonly degree: number; readonly error: number; readonly features: number }[];
}

describe('optim/lora-limits', () => {
  it('reports errors and ranks by norm and degree', async () => {
    const report = await createRegistry([plugin]).create('optim/lora-limits', {
      length: 48,
      gammas: [0.25, 4],
      degrees: [2, 6],
      timedLengths: [32, 64],
    });
    const files = await report(run);
    expect(files.map(({ path }) => path)).toEqual(['lora-limits.md', 'lora-limits.json']);
    const [text = '', json = ''] = files.map(({ content }) => String(content));
    expect(text).toMatch('# Limits of low-rank adaptation: a run');
    expect(text).toMatch('| norm γ | γ / √ln L | rank of f | rank of p | degree 2 (15 features) | degree 6 (210 features) |'); // prettier-ignore
    expect(text).toMatch(/Time grows as length\^[\d.-]+ exactly/);
    const { threshold, scaling } = JSON.parse(json) as { threshold: Row[]; scaling: { rows: unknown[] } };
    expect(scaling.rows).toHaveLength(2);
    const [low, high] = threshold;
    expect(low?.errors[1]?.error).toBeLessThan(1e-10);
    expect(high?.errors[1]?.error).toBeGreaterThan(0.01);
    expect(high?.rankOfF).toBeGreaterThan(2 * (low?.rankOfF ?? 0));
  });

  it('with its defaults, in a recipe', async () => {
    const report = await createRegistry([plugin]).fromSpec({ use: 'optim/lora-limits' }, { kind: 'report' });
    const [{ content } = { content: '' }] = await report(run);
    expect(String(content).split('\n').filter((line) => /^\| [\d.]+ \|/.test(line))).toHaveLength(5); // prettier-ignore
    expect(String(content)).not.toMatch('NaN');
  });
});
