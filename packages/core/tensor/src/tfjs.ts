/*
 * `@core/tensor/tfjs`: the backend on any engine of tfjs. `useBackend('tfjs', { package })` starts it; this entry has what
 * those need who use tfjs itself beside it.
 */
// The primitives and methods are there whichever entry is loaded first.
import './index.js';

export { fromTfjs, toTfjs } from './backends/tfjs/convert.js';
// For `registerBackend`, where a program uses several engines: useBackend('tfjs') starts one.
export { createTfjsBackend } from './backends/tfjs/create.js';
export type { TfjsOptions, TfjsPackage } from './backends/tfjs/load.js';
export { toTfjsOptimizer } from './backends/tfjs/optimizer.js';
export type { TfjsOptimizerOptions, TfjsOptimizerState, TreeOptimizer } from './backends/tfjs/optimizer.js';
export type {
  TfjsGradients,
  TfjsNamedTensor,
  TfjsOptimizer,
  TfjsTensor,
  TfjsTensorInfo,
} from './backends/tfjs/types.js';
