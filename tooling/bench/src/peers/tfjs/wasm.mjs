import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { kernels } from './kernels.mjs';
import { trainingSteps } from './steps.mjs';
import { optimizers } from './optimizers.mjs';

export async function start() {
  const package_ = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(`${dirname(package_)}/`);
  // Under Node it has no threads: its worker build is for browsers.
  setThreadsCount(1);
  await tf.setBackend('wasm');
  return { ...kernels, ...optimizers, ...trainingSteps };
}
