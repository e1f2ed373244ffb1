import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isSpec, resolveRecipe } from '@core/registry';
import { expect, test } from 'vitest';
import { appDirectory, openRegistry } from '../src/plugins.js';
import { experimentRecipe, isExperiment, stepsOf } from '../src/experiment/recipe.js';
import { isRace, planRace } from '../src/race/plan.js';
import { loadRecipe } from '../src/recipe/load.js';
import { trainRecipe } from '../src/recipe/schema.js';

const folder = join(appDirectory(), 'recipes');

test.each(readdirSync(folder))('recipes/%s names components and options that exist', async (name) => {
  const { recipe } = await loadRecipe(join(folder, name));
  const registry = await openRegistry({ from: [] });
  if (isExperiment(recipe)) {
    const plan = await resolveRecipe(registry, recipe, experimentRecipe);
    expect(Object.keys(stepsOf(plan))).toHaveLength(plan.slots.solvers.length);
    return;
  }
  const plan = isRace(recipe) ? planRace(registry, recipe) : resolveRecipe(registry, recipe, trainRecipe);
  await expect(plan).resolves.toBeDefined();
});

/** Recipes of training runs: a race's rates fall over a share of each workload's steps, and solvers have rates of their own. */
const runs = readdirSync(folder).filter((name) =>
  /^dataset:/m.test(readFileSync(join(folder, name), 'utf8')),
);

test.each(runs)('rates of recipes/%s that fall do so over exactly its steps', async (name) => {
  const { recipe } = await loadRecipe(join(folder, name));
  const registry = await openRegistry({ from: [] });
  const { settings, slots } = await resolveRecipe(registry, recipe, trainRecipe);
  const steps = settings.epochs * Math.ceil(Number(slots.dataset.spec['train']) / settings.batchSize);
  const falling = slots.optimizers.map(({ spec }) => spec['learningRate']).filter((rate) => isSpec(rate));
  for (const rate of falling) expect(rate).toMatchObject({ use: 'optim/cosine', steps });
});
