import { registerBackend, useBackend } from '../../src/index.js';
import type { Backend } from '../../src/index.js';
import { createTfjsBackend } from '../../src/backends/tfjs/create.js';
import type { TfjsPackage } from '../../src/backends/tfjs/load.js';
import { tensor } from '../../src/ops/convert.js';
import type { Tensor } from '../../src/tensor.js';

/** Starts an engine of tfjs as a backend of its own name, so that several run in one process, and makes it current. */
export async function startTfjs(engine: TfjsPackage): Promise<Backend> {
  const backend = await createTfjsBackend({ package: engine });
  const name = `tfjs-${engine}`;
  registerBackend(name, () => backend);
  await useBackend(name);
  return backend;
}

/** The same elements on the current backend. */
export function copied(x: { data: ReturnType<Tensor['dataSync']>; shape: readonly number[] }): Tensor {
  return tensor(x.data, { shape: x.shape });
}

/** Elements and shape, apart from any backend. */
export const elements = (x: Tensor) => ({ data: x.dataSync(), shape: x.shape, dtype: x.dtype });
