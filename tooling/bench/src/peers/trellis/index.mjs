import { kernels } from './kernels.mjs';
import { optimizers } from './optimizers.mjs';
import { trainingSteps } from './steps.mjs';

export function start() {
  return { ...kernels, ...optimizers, ...trainingSteps };
}
