import { expect, it } from 'vitest';
import { createRegistry } from '@core/registry';
import plugin from '../../src/plugin.js';

it('a search is a report of the registry', async () => {
  const report = await createRegistry([plugin]).create('optim/program-search', {
    programs: 4,
    population: 4,
    tournament: 2,
    rounds: ['initial'],
    funnel: false,
  });
  const run = {
    id: 'r',
    title: 't',
    startedAt: '',
    seconds: 0,
    recipe: {},
    provenance: {},
    curves: {},
    results: {},
  };
  const files = await report(run);
  expect(files.map(({ path }) => path)).toEqual([
    'program-search.md',
    'program-search.json',
    'program-search.svg',
  ]);
  expect(files[0]?.content).toContain('def train(w, g,');
  expect(files[2]?.content).toMatch(/^<svg .*<polyline/s);
});
