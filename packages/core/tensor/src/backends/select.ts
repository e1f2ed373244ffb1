import { ArgumentError, BackendError } from '../errors.js';
import { checkFunction, show } from '../show.js';
import { currentBackend, setCurrentBackend } from '../trace.js';
import { startBest } from './auto.js';
import type { Backend, BackendInfo } from './backend.js';

/** Backends by name; later packages add theirs with `registerBackend`. */
const factories = new Map<
  string,
  (options: Readonly<Record<string, unknown>>) => Backend | Promise<Backend>
>();
/** Those in use, or being started. */
const started = new Map<string, Promise<Backend>>();

/** Makes a backend selectable by name. Refuses a name that is taken. */
export function registerBackend(
  name: string,
  factory: (options: Readonly<Record<string, unknown>>) => Backend | Promise<Backend>,
): void {
  if (typeof name !== 'string' || name === '')
    throw new ArgumentError(`registerBackend: the name must be a string, got ${show(name)}`);
  checkFunction('registerBackend', factory);
  if (name === 'auto' || factories.has(name)) throw new BackendError(`registerBackend: '${name}' is taken`);
  factories.set(name, factory);
}

/**
 * Makes `name` the backend of all tensors created from now on. Tensors keep the backend they were made on.
 *
 * `'auto'` takes the best that is there: webgpu where it reaches a real GPU (a software adapter such as SwiftShader does not
 * count), else tfjs on TensorFlow with a GPU, else cpu. The info returned has the chosen one's name, and in `passedOver`
 * why those before it were not taken. It takes a fraction of a second where nothing is installed.
 *
 * @param options the backend's own; they count when it starts, so a backend that runs already takes none
 * @throws BackendError for a name that is not registered, naming those that are, for options that come too late, and
 *   for a backend that cannot start, with the reason as `cause`
 */
export async function useBackend(
  name: string,
  options: Readonly<Record<string, unknown>> = {},
): Promise<BackendInfo> {
  if (typeof options !== 'object' || (options as unknown) === null)
    throw new ArgumentError(`useBackend: options must be an object, got ${show(options)}`);
  if (name === 'auto') return useBest(options);
  if (started.has(name)) await forgetLost(name);
  const running = started.get(name);
  if (running !== undefined && Object.keys(options).length > 0)
    throw new BackendError(
      `useBackend: '${name}' runs already, so its options (${Object.keys(options).join(', ')}) cannot change any more`,
    );
  const backend = await (running ?? start(name, options));
  setCurrentBackend(backend);
  return backend.info();
}

async function useBest(options: Readonly<Record<string, unknown>>): Promise<BackendInfo> {
  const [unknown] = Object.keys(options);
  if (unknown !== undefined)
    throw new ArgumentError(
      `useBackend: 'auto' has no options, got ${show(unknown)}; name a backend to give it some`,
    );
  const { backend, passedOver } = await startBest(startedNow);
  setCurrentBackend(backend);
  return { ...backend.info(), passedOver };
}

/** The backend of that name, started if it does not run yet; the current one stays. @throws as `useBackend` */
export function backendNamed(name: string): Promise<Backend> {
  return startedNow(name, {});
}

/** A name that is not registered is an error here and now. */
function startedNow(name: string, options: Readonly<Record<string, unknown>>): Promise<Backend> {
  if (!started.has(name)) return start(name, options);
  return forgetLost(name).then(() => started.get(name) ?? start(name, options));
}

/** A backend whose device was lost runs no more: its name stands for a new one. */
async function forgetLost(name: string): Promise<void> {
  const starting = started.get(name);
  const backend = await starting;
  if (backend?.isLost?.() === true && started.get(name) === starting) started.delete(name);
}

/** Two calls at the same time start one backend; one that fails to start may be tried again. */
function start(name: string, options: Readonly<Record<string, unknown>>): Promise<Backend> {
  const factory = factories.get(name);
  if (factory === undefined)
    throw new BackendError(
      `useBackend: there is no backend ${show(name)}; available: ${[...factories.keys(), 'auto'].join(', ')}`,
    );
  const starting = (async () => factory(options))().catch((cause: unknown) => {
    started.delete(name);
    throw new BackendError(
      `useBackend: '${name}' could not start: ${cause instanceof Error ? cause.message : show(cause)}`,
      { cause },
    );
  });
  started.set(name, starting);
  return starting;
}

/** What the current backend is and can do. */
export function backendInfo(): BackendInfo {
  return currentBackend().info();
}

/** Starts a backend synchronously at load time, as the default. */
export function startDefault(backend: Backend): void {
  started.set(backend.name, Promise.resolve(backend));
  factories.set(backend.name, () => backend);
  setCurrentBackend(backend);
}
