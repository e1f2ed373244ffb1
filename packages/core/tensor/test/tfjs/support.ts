import { registerBackend, useBackend } from '../../src/index.js';
import type { Backend } from '../../src/index.js';
import { createTfjsBackend } from '../../src/backends/tfjs/create.js';
import type { TfjsPackage } from '../../src/backends/tfjs/load.js';

/** Starts an engine of tfjs as a backend of its own name, so that several run in one process, and makes it current. */
export async function startTfjs(engine: TfjsPackage): Promise<Backend> {
  const backend = await createTfjsBackend({ package: engine });
  const name = `tfjs-${engine}`;
  registerBackend(name, () => backend);
  await useBackend(name);
  return backend;
}
