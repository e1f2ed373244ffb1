import type { Context } from '@core/registry';
import type { Config } from '../configs.js';
import type { StructureSolver } from '../structure/problem.js';
import { lasso } from '../structure/scores/lasso.js';
import { leastSquares, ridge } from '../structure/scores/leastSquares.js';
import { logisticL1 } from '../structure/scores/logisticL1.js';
import type { StructureScore } from '../structure/scores/score.js';
import { startingFrom } from '../structure/startingFrom.js';
import { topoLinear, type TopoLinearState } from '../structure/topoLinear.js';
import { topoNonlinear, type TopoNonlinearState } from '../structure/topoNonlinear.js';
import type { TopoMeasure } from '../structure/topoSearch.js';

type Topo = StructureSolver<TopoLinearState, TopoMeasure> | StructureSolver<TopoNonlinearState, TopoMeasure>;

export async function create(config: Config<'topo'>, context: Context): Promise<Topo> {
  const { model, score, network, start, startSteps, sizeSmall, sizeLarge, ...rest } = config;
  const options = {
    ...rest,
    ...(sizeSmall === null ? {} : { sizeSmall }),
    ...(sizeLarge === null ? {} : { sizeLarge }),
  };
  const { optimizer, checkEvery, ...training } = network;
  const first = start === null ? undefined : await context.use(start, 'solver');
  const from = <State>(solver: StructureSolver<State, TopoMeasure>): StructureSolver<State, TopoMeasure> =>
    first === undefined ? solver : startingFrom(first, solver, startSteps);
  if (model === 'linear') return from(topoLinear({ ...options, score: scoreOf(score) }));
  return from(
    topoNonlinear({
      ...options,
      ...training,
      ...(checkEvery === null ? {} : { checkEvery }),
      ...(optimizer === null ? {} : { optimizer: await context.use(optimizer, 'optimizer') }),
    }),
  );
}

function scoreOf(score: Config<'topo'>['score']): StructureScore {
  switch (score.type) {
    case 'leastSquares':
      return leastSquares();
    case 'ridge':
      return ridge(score.lambda);
    case 'lasso':
      return lasso(score.alpha);
    case 'logisticL1':
      return logisticL1(score.c, { penalty: score.penalty });
  }
}
