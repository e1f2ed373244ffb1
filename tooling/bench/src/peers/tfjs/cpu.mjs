import * as tf from '@tensorflow/tfjs';
import { kernels } from './kernels.mjs';
import { trainingSteps } from './steps.mjs';
import { optimizers } from './optimizers.mjs';

export async function start() {
  await tf.setBackend('cpu');
  return { ...kernels, ...optimizers, ...trainingSteps };
}
