import { recipeOf } from '@core/registry';
import { openRegistry } from '../../src/plugins.js';
import { planRace, type RacePlan } from '../../src/race/plan.js';
import { toy } from '../support/toyPlugin.js';

/** A race of the toy plugin that takes about a second: six trials. */
export const toyRace = `title: Stripes race
trials: 2
seed: 3
evaluateOn: test
workloads:
  - name: stripes
    dataset: toy/stripes
    model: toy/linear
    loss: toy/cross-entropy
    metric: toy/misses
    target: 2
    batchSize: 16
    maxSteps: 40
    evaluateEvery: 4
    variant:
      name: noisy
      target: 6
      dataset: { noise: 0.8 }
submissions:
  - name: tuned
    optimizer: { use: toy/sgd, learningRate: 0.1 }
    search:
      learningRate: { min: 0.05, max: 1, scale: log }
  - name: slow
    optimizer: { use: toy/sgd, learningRate: 0.0001 }
`;

/** The plan of a race given as plain data. */
export async function planOf(data: unknown): Promise<RacePlan> {
  const registry = await openRegistry({ from: [], extra: [toy] });
  return planRace(registry, recipeOf(data));
}
