/// <reference types="@webgpu/types" />
import { ArgumentError, BackendError } from '../../errors.js';
import { show } from '../../show.js';

export interface WebGpuOptions {
  /** Which adapter where there are several; `high-performance` by default. */
  readonly powerPreference?: 'high-performance' | 'low-power';
  /** A part of the adapter's name, as `webgpuAdapters` gives it: in Node, where a machine has several. */
  readonly adapter?: string;
  /** Splits arrays into bindings of at most so many bytes, as a small device would have to (a multiple of 256). */
  readonly bindingBytes?: number;
  /**
   * How compiled functions keep the floats that live only inside of them; `float16` takes half the memory and bandwidth, and
   * has three digits and a largest number of 65,504. They are computed in float32 either way. `float32` by default.
   */
  readonly intermediates?: 'float32' | 'float16';
}

/** The package that brings WebGPU to Node. */
const nodePackage = 'webgpu';
const version = '0.6.2';

export type ImportModule = (name: string) => Promise<unknown>;

/** By a name that bundlers do not see: pages have their own WebGPU. */
const importByName: ImportModule = (name) =>
  import(/* @vite-ignore */ /* webpackIgnore: true */ name) as Promise<unknown>;

/** Instances of Dawn that were made: when one is collected before its devices are, the process ends. */
const held: GPU[] = [];

/**
 * An adapter: the page's own, or in Node one of the package `webgpu`.
 *
 * @throws BackendError that says what to run, where the package, its binary, the driver or the adapter is missing
 */
export async function requestAdapter(
  options: WebGpuOptions = {},
  load: ImportModule = importByName,
): Promise<GPUAdapter> {
  checkOptions(options);
  const page = (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu;
  if (page === undefined && !isNode()) throw new BackendError(noWebGpuInPage);
  const gpu = page ?? (await createDawn(options, load));
  const adapter = await gpu.requestAdapter({
    powerPreference: options.powerPreference ?? 'high-performance',
  });
  if (adapter === null) throw new BackendError(page === undefined ? noAdapterInNode() : noAdapterInPage);
  return adapter;
}

function checkOptions(options: WebGpuOptions): void {
  const known = ['powerPreference', 'adapter', 'bindingBytes', 'intermediates'];
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw new ArgumentError(
      `webgpu: there is no option ${show(unknown)}; the options are ${known.join(', ')}`,
    );
  const { powerPreference, adapter, bindingBytes, intermediates } = options as Record<string, unknown>;
  if (powerPreference !== undefined && !['high-performance', 'low-power'].includes(powerPreference as string))
    throw new ArgumentError(
      `webgpu: powerPreference must be 'high-performance' or 'low-power', got ${show(powerPreference)}`,
    );
  if (intermediates !== undefined && !['float32', 'float16'].includes(intermediates as string))
    throw new ArgumentError(
      `webgpu: intermediates must be 'float32' or 'float16', got ${show(intermediates)}`,
    );
  if (adapter !== undefined && typeof adapter !== 'string')
    throw new ArgumentError(`webgpu: adapter must be a string, got ${show(adapter)}`);
  if (
    bindingBytes !== undefined &&
    !(Number.isInteger(bindingBytes) && (bindingBytes as number) > 0 && (bindingBytes as number) % 256 === 0)
  )
    throw new ArgumentError(
      `webgpu: bindingBytes must be a positive multiple of 256, got ${show(bindingBytes)}`,
    );
}

async function createDawn({ adapter }: WebGpuOptions, load: ImportModule): Promise<GPU> {
  let dawn: { create(options: string[]): GPU };
  try {
    dawn = (await load(nodePackage)) as typeof dawn;
  } catch (thrown) {
    throw new BackendError(`webgpu: ${packageProblem(thrown)}`, { cause: thrown });
  }
  // No kernel relies on workgroup memory being zero: to clear it takes time, and SwiftShader seconds to compile.
  const features = 'enable-dawn-features=disable_workgroup_init';
  const gpu = dawn.create(adapter === undefined ? [features] : [features, `adapter=${adapter}`]);
  held.push(gpu);
  return gpu;
}

/** Why the package does not load, and what to run. */
export function packageProblem(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const { code } = (thrown ?? {}) as { code?: unknown };
  if (code === 'ERR_MODULE_NOT_FOUND' || /cannot find package/i.test(message))
    return `the package ${nodePackage} is not installed; run: npm install ${nodePackage}@${version}`;
  if (/dawn\.node/.test(message) && /cannot find module|no such file/i.test(message))
    return `the package ${nodePackage} has no binary for ${process.platform}-${process.arch}; it is made for Linux, macOS and Windows on x64 and arm64`;
  return `the package ${nodePackage} does not start: ${message.split('\n')[0]!}`;
}

const isNode = (): boolean =>
  (globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node !== undefined;

const noWebGpuInPage =
  'webgpu: this browser has no WebGPU (navigator.gpu); it needs one that has it, and a page served over https:// or from localhost';

const noAdapterInPage =
  'webgpu: this browser has WebGPU but gives no adapter: hardware acceleration may be off (chrome://gpu tells), or the GPU is on its list of those that it does not trust';

function noAdapterInNode(): string {
  if (process.platform !== 'linux') return 'webgpu: no GPU was found (no adapter); is its driver installed?';
  return (
    'webgpu: no GPU was found (no adapter). On Linux it is reached through Vulkan: install the loader ' +
    '(Debian, Ubuntu: apt-get install libvulkan1) and the driver of the card; "vulkaninfo --summary" from vulkan-tools lists what ' +
    'is there. A container must be given the card (docker run --gpus all, with NVIDIA_DRIVER_CAPABILITIES=all)'
  );
}
