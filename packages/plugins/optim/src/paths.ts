export { drawPaths } from './paths/draw.js';
export type { DrawPathsOptions, PathPanel } from './paths/draw.js';
export { pathObjectives } from './paths/objectives.js';
export type { PathObjective, Point } from './paths/objectives.js';
export { tracePath, tunePath } from './paths/trace.js';
export type { Path, TracePathOptions, TunePathOptions } from './paths/trace.js';
