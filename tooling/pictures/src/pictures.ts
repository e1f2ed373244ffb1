import type { Optimizer } from '@core/registry';
import {
  drawPaths,
  pathObjectives,
  tracePath,
  tunePath,
  type Path,
  type PathObjective,
  type PathPanel,
} from '@plugins/optim/paths';
import { componentsOf } from './components.js';
import { curvedSophia, direction, normalized, separation } from './objectives.js';
import { optimizerOf } from './optimizers.js';

/** A panel before its path is traced. */
export interface PanelPlan {
  readonly title: string;
  readonly objective: PathObjective;
  /** Made anew for each objective, as some know it. */
  readonly optimizer: (objective: PathObjective) => Optimizer | Promise<Optimizer>;
  /** Absent: the best of the grid. */
  readonly learningRate?: number;
  readonly steps?: number;
}

/** Panels by the name of the picture's file. */
export type Plans = Readonly<Record<string, readonly PanelPlan[]>>;

/** Optimizers whose path is another's: they do nothing on two finite numbers of one leaf. */
const pathsOf: Readonly<Record<string, string>> = { 'skip-non-finite': 'sgd', 'parameter-groups': 'sgd' };

/** The file with the path of an optimizer. */
export function pictureOf(id: string): string {
  return pathsOf[id] ?? id;
}

const both = Object.values(pathObjectives);

const onBoth = (title: string, optimizer: PanelPlan['optimizer']): readonly PanelPlan[] =>
  both.map((objective) => ({ title, objective, optimizer }));

const momentum = { momentum: 0.9 };

const withMomentum: [string, readonly PanelPlan[]] = [
  'sgd-momentum',
  onBoth('SGD, momentum 0.9', () => optimizerOf('sgd', momentum)),
];

/** Every picture of the pages. */
export function plans(): Plans {
  const own = componentsOf('optimizer')
    .filter(([id]) => pictureOf(id) === id)
    .flatMap(([id, { title }]): [string, readonly PanelPlan[]][] => [
      [id, onBoth(title, planned(id))],
      ...(id === 'sgd' ? [withMomentum] : []),
    ]);
  return {
    ...Object.fromEntries(own),
    'normalized-lr-gd': [
      { title: 'SGD', objective: separation, optimizer: () => optimizerOf('sgd'), learningRate: 1, steps: 60 },
      { title: 'Normalized', objective: separation, optimizer: () => normalized(1), learningRate: 1, steps: 60 },
    ], // prettier-ignore
    'scale-invariant': [
      { title: 'SGD, momentum 0.9', objective: direction, optimizer: () => optimizerOf('sgd', momentum), learningRate: 0.1, steps: 60 },
      { title: 'SGDP, momentum 0.9', objective: direction, optimizer: () => optimizerOf('sgdp', momentum), learningRate: 0.1, steps: 60 },
      { title: 'Adam', objective: direction, optimizer: () => optimizerOf('adam'), learningRate: 0.1, steps: 60 },
      { title: 'AdamP', objective: direction, optimizer: () => optimizerOf('adamp'), learningRate: 0.1, steps: 60 },
    ], // prettier-ignore
  };
}

function planned(id: string): PanelPlan['optimizer'] {
  if (id === 'sophia') return curvedSophia;
  // It has a schedule of its own, and no rate to tune, unless it is given one.
  if (id === 'adafactor') return () => optimizerOf(id, { learningRate: 0.1 });
  return () => optimizerOf(id);
}

/** The path of a plan, with a rate in place of tuning where one is known from before. */
export async function pathOf(plan: PanelPlan, rate = plan.learningRate): Promise<Path> {
  const { objective, steps = 300 } = plan;
  const optimizer = await plan.optimizer(objective);
  return rate === undefined
    ? tunePath(optimizer, objective, { steps })
    : tracePath(optimizer, objective, { steps, learningRate: rate });
}

export async function panelsOf(plan: readonly PanelPlan[]): Promise<readonly PathPanel[]> {
  return Promise.all(
    plan.map(async (each) => ({ title: each.title, objective: each.objective, path: await pathOf(each) })),
  );
}

/** Every optimizer's way down Rosenbrock's function, from the panels of the other pictures. */
export function overview(panels: readonly PathPanel[]): string {
  const chosen = panels.filter(({ objective }) => objective === pathObjectives.rosenbrock);
  return drawPaths(chosen, { columns: 5, width: 160 });
}
