import { describe, expect, it } from 'vitest';
import { createRegistry } from '@core/registry';
import plugin from '../../src/plugin.js';

const run = { id: 'a', title: 'a run', startedAt: '2026-01-01T00:00:00Z', seconds: 1, provenance: {}, curves: {}, results: {} }; // prettier-ignore

interface Row {
  readonly optimizer: string;
  readonly objective: string;
  readonly learningRate?: number;
  readonly losses: readonly number[];
}

async function report(config: object, recipe: unknown) {
  const made = await createRegistry([plugin]).fromSpec({ use: 'optim/paths', steps: 20, ...config }, { kind: 'report' }); // prettier-ignore
  return made({ ...run, recipe });
}

const rows = (files: Awaited<ReturnType<typeof report>>): readonly Row[] =>
  JSON.parse(String(files.find(({ path }) => path === 'paths.json')?.content)) as Row[];

describe('optim/paths', () => {
  const recipe = {
    optimizers: [
      { use: 'optim/sgd', name: 'plain', learningRate: 0.001 },
      { use: 'optim/adam', learningRate: { use: 'optim/cosine', from: 0.1, steps: 20 } },
    ],
  };

  it('draws the optimizers of a recipe, tuned where their rate is a number', async () => {
    const files = await report({}, recipe);
    expect(files.map(({ path }) => path)).toEqual(['paths.svg', 'paths.json']);
    const found = rows(files);
    expect(found.map(({ optimizer, objective }) => [optimizer, objective])).toEqual([
      ['plain', 'Rosenbrock'],
      ['plain', 'Quadratic, condition 50'],
      ['optim/adam', 'Rosenbrock'],
      ['optim/adam', 'Quadratic, condition 50'],
    ]);
    expect(found.map(({ learningRate }) => learningRate)).toEqual([0.005, 0.02, undefined, undefined]);
    expect(String(files[0]?.content).match(/<use /g)).toHaveLength(4);
  });

  it('draws those of its own, with the rates that they are given', async () => {
    const own = [{ use: 'optim/adam', learningRate: 0.1 }];
    const files = await report({ optimizers: own, objectives: ['quadratic'], tune: false }, recipe);
    const [row, ...others] = rows(files);
    expect(others).toEqual([]);
    expect(row?.losses).toHaveLength(21);
    const tuned = rows(await report({ optimizers: own, objectives: ['quadratic'] }, recipe));
    expect(tuned[0]?.losses.at(-1)).toBeLessThan(row?.losses.at(-1) ?? 0);
  });

  it('has numbers and no picture where there is no optimizer', async () => {
    const files = await report({}, { seed: 1 });
    expect(files.map(({ path, content }) => [path, content])).toEqual([['paths.json', '[]\n']]);
  });

  it('refuses an unknown objective', async () => {
    await expect(report({ objectives: ['ackley'] }, {})).rejects.toThrow('objectives');
    await expect(report({ optimizers: [{ use: 'optim/adamm' }] }, {})).rejects.toThrow('adamm');
  });
});
