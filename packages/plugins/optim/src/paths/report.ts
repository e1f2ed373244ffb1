import type { Optimizer, Report, ReportFile } from '@core/registry';
import { hyperparametersOf } from '../hyperparameters.js';
import { tensor } from '@core/tensor';
import { drawPaths } from './draw.js';
import { pathObjectives } from './objectives.js';
import { tracePath, tunePath } from './trace.js';

export interface PathsReportOptions {
  readonly objectives: readonly (keyof typeof pathObjectives)[];
  readonly steps: number;
  /** Take the best of some rates, where the rate is a number. */
  readonly tune: boolean;
}

/**
 * The paths of optimizers, one row of panels for each, as a picture and as JSON.
 *
 * @param optimizers what to draw, by name; given what the recipe of the run says
 */
export function pathsReport(
  optimizers: (recipe: unknown) => Promise<readonly (readonly [name: string, optimizer: Optimizer])[]>,
  { objectives, steps, tune }: PathsReportOptions,
): Report {
  return async (run): Promise<readonly ReportFile[]> => {
    const panels = (await optimizers(run.recipe)).flatMap(([title, optimizer]) =>
      objectives.map((name) => {
        const objective = pathObjectives[name];
        const tunable = tune && hyperparametersOf(optimizer.init(tensor([[0, 0]]))).has('learningRate');
        const path = tunable
          ? tunePath(optimizer, objective, { steps })
          : tracePath(optimizer, objective, { steps });
        return { title, objective, path };
      }),
    );
    const data = panels.map(({ title, objective, path }) => ({ optimizer: title, objective: objective.title, ...path })); // prettier-ignore
    const json = { path: 'paths.json', content: `${JSON.stringify(data)}\n` };
    if (panels.length === 0) return [json];
    return [{ path: 'paths.svg', content: drawPaths(panels, { columns: objectives.length }) }, json];
  };
}
