import { ArgumentError, BackendError } from '../../errors.js';
import { show } from '../../show.js';
import { packageProblem } from './problems.js';
import type { TfjsCore, TfjsMemory } from './types.js';

/** Which of tfjs' engines: each is a package of its own. */
export type TfjsPackage = 'cpu' | 'wasm' | 'webgpu' | 'tensorflow';

export interface TfjsOptions {
  /** The engine's package; without it the best one that is there: tensorflow, webgpu, wasm, cpu. */
  readonly package?: TfjsPackage;
  /**
   * The `@tensorflow/tfjs-core` that is loaded already, with its engine set: for pages made by a bundler, which cannot
   * find packages by name at run time.
   */
  readonly tf?: object;
}

/** An engine that is ready. */
export interface LoadedEngine {
  readonly core: TfjsCore;
  readonly memory: TfjsMemory;
  /** Its name in tfjs. */
  readonly engine: string;
  /** The package it came from. */
  readonly module: string;
}

export type ImportModule = (name: string) => Promise<unknown>;

/** The best first. */
const packages: Readonly<Record<TfjsPackage, readonly string[]>> = {
  tensorflow: ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'],
  webgpu: ['@tensorflow/tfjs-backend-webgpu'],
  wasm: ['@tensorflow/tfjs-backend-wasm'],
  cpu: ['@tensorflow/tfjs-backend-cpu'],
};
const names = Object.keys(packages) as TfjsPackage[];

/** By a name that bundlers do not see: the packages are optional. */
const importByName: ImportModule = (name) =>
  import(/* @vite-ignore */ /* webpackIgnore: true */ name) as Promise<unknown>;

/**
 * Loads tfjs and one of its engines, which also becomes the engine that tfjs itself uses.
 *
 * @throws BackendError that says what to run, where a package, its binary or its device is missing
 */
export async function loadEngine(
  options: TfjsOptions,
  load: ImportModule = importByName,
): Promise<LoadedEngine> {
  checkOptions(options);
  if (options.tf !== undefined) return engineOf(options.tf as TfjsCore);
  const wanted = options.package === undefined ? names : [options.package];
  const reasons: string[] = [];
  for (const name of wanted)
    for (const module of packages[name]) {
      const result = await engineIn(name, module, load);
      if ('core' in result) return result;
      reasons.push(result.reason);
      // A second TensorFlow beside one that is loaded is asking for trouble.
      if (result.loaded) break;
    }
  throw new BackendError(`tfjs: ${reasons.length === 1 ? '' : 'no engine is there; '}${reasons.join('; ')}`);
}

/** A package's engine; or why it cannot be used, and whether it is loaded nevertheless. */
export async function engineIn(
  name: TfjsPackage,
  module: string,
  load: ImportModule = importByName,
): Promise<LoadedEngine | { readonly reason: string; readonly loaded: boolean }> {
  const result = await attempt(name, module, load).catch((thrown: unknown) => packageProblem(module, thrown));
  if (typeof result === 'string') return { reason: result, loaded: false };
  if (!module.endsWith('-gpu') || result.memory.isUsingGpuDevice !== false) return result;
  // It runs, on the processor, which is not what was installed.
  return { reason: packageProblem(module, new Error('libcudart was not found')), loaded: true };
}

function checkOptions(options: TfjsOptions): void {
  const unknown = Object.keys(options).find((key) => key !== 'package' && key !== 'tf');
  if (unknown !== undefined)
    throw new ArgumentError(`tfjs: there is no option ${show(unknown)}; the options are package and tf`);
  const { package: wanted, tf } = options as { package?: unknown; tf?: unknown };
  if (wanted !== undefined && !(names as unknown[]).includes(wanted))
    throw new ArgumentError(`tfjs: package must be one of ${names.join(', ')}, got ${show(wanted)}`);
  if (tf !== undefined && typeof (tf as TfjsCore | null)?.getKernel !== 'function')
    throw new ArgumentError(`tfjs: tf must be the module @tensorflow/tfjs-core, got ${show(tf)}`);
}

/** The engine of a tfjs that is in use. */
function engineOf(core: TfjsCore): LoadedEngine {
  const engine = core.getBackend();
  if (engine === undefined || engine === '')
    throw new BackendError("tfjs: the tf given has no engine yet; await tf.setBackend('webgpu') first");
  return { core, memory: core.engine().backend, engine, module: '@tensorflow/tfjs-core' };
}

async function attempt(name: TfjsPackage, module: string, load: ImportModule): Promise<LoadedEngine> {
  const loaded = unwrap(await load(module));
  // tfjs-node brings tfjs-core with it; the others register with the one that is installed beside them.
  const core = (name === 'tensorflow' ? loaded : unwrap(await load('@tensorflow/tfjs-core'))) as TfjsCore;
  if (core.findBackendFactory(name) === null) throw new Error('not registered');
  if (!(await core.setBackend(name))) throw new Error('not initialised');
  return { core, memory: core.engine().backend, engine: name, module };
}

/** The exports of a CommonJS module, under whatever form `import()` gives them. */
function unwrap(module: unknown): unknown {
  const { default: inner } = module as { default?: unknown };
  const isModule = (value: unknown): boolean =>
    typeof (value as TfjsCore | undefined)?.findBackendFactory === 'function';
  return !isModule(module) && isModule(inner) ? inner : module;
}
