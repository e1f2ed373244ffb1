import { BackendError } from '../errors.js';
import { currentBackend, setCurrentBackend } from '../trace.js';
import type { Backend, BackendInfo } from './backend.js';

/** Backends by name; later packages add theirs with `registerBackend`. */
const factories = new Map<
  string,
  (options: Readonly<Record<string, unknown>>) => Backend | Promise<Backend>
>();
const started = new Map<string, Backend>();

/** Makes a backend selectable by name. Refuses a name that is taken. */
export function registerBackend(
  name: string,
  factory: (options: Readonly<Record<string, unknown>>) => Backend | Promise<Backend>,
): void {
  if (factories.has(name)) throw new BackendError(`registerBackend: '${name}' is taken`);
  factories.set(name, factory);
}

/**
 * Makes `name` the backend of all tensors created from now on. Tensors keep the backend they were made on.
 * @throws BackendError for a name that is not registered, naming those that are
 */
export async function useBackend(
  name: string,
  options: Readonly<Record<string, unknown>> = {},
): Promise<BackendInfo> {
  let backend = started.get(name);
  if (backend === undefined) {
    const factory = factories.get(name);
    if (factory === undefined)
      throw new BackendError(
        `useBackend: there is no backend '${name}'; available: ${[...factories.keys()].join(', ')}`,
      );
    backend = await factory(options);
    started.set(name, backend);
  }
  setCurrentBackend(backend);
  return backend.info();
}

/** What the current backend is and can do. */
export function backendInfo(): BackendInfo {
  return currentBackend().info();
}

/** Starts a backend synchronously at load time, as the default. */
export function startDefault(backend: Backend): void {
  started.set(backend.name, backend);
  factories.set(backend.name, () => backend);
  setCurrentBackend(backend);
}
