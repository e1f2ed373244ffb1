import { useBackend, type BackendInfo } from '@core/tensor';

/** A backend that the page offers. */
export interface Choice {
  readonly id: string;
  readonly title: string;
  /** What is known of it before it is asked for. */
  readonly about: string;
  /** Resolves to a few words on what is there; rejects with the reason where it is not. */
  readonly probe: () => Promise<string>;
  readonly start: () => Promise<BackendInfo>;
}

/** What a browser may have; the DOM's types do not know it yet. */
interface WebGpu {
  requestAdapter(options?: object): Promise<{
    readonly info: Readonly<Record<'vendor' | 'architecture' | 'description', string>> & {
      readonly isFallbackAdapter?: boolean;
    };
  } | null>;
}

export const choices: readonly Choice[] = [
  {
    id: 'cpu',
    title: 'CPU',
    about: 'WebAssembly with SIMD',
    probe: async () => 'on one thread of the processor',
    start: () => useBackend('cpu'),
  },
  {
    id: 'webgpu',
    title: 'WebGPU',
    about: 'the graphics card',
    probe: probeWebGpu,
    start: () => useBackend('webgpu'),
  },
  {
    id: 'tfjs',
    title: 'tfjs',
    about: 'TensorFlow.js on WebAssembly',
    probe: async () => 'kernels of TensorFlow.js, loaded when chosen',
    start: async () => (await import('./tfjsWasm.js')).startTfjsWasm(),
  },
];

async function probeWebGpu(): Promise<string> {
  const { gpu } = navigator as { gpu?: WebGpu };
  if (gpu === undefined)
    throw new Error(
      isSecureContext
        ? 'this browser has no WebGPU; recent versions of Chrome, Edge, Safari and Firefox do'
        : 'WebGPU needs a page from https:// or localhost',
    );
  const adapter = await gpu.requestAdapter();
  if (adapter === null)
    throw new Error(
      'the browser gives no adapter: hardware acceleration may be off, or the card is not supported',
    );
  const { description, architecture, vendor, isFallbackAdapter } = adapter.info;
  const name = [description, [vendor, architecture].filter((part) => part !== '').join(' ')].find(
    (text) => text !== '',
  );
  const software = isFallbackAdapter === true || architecture === 'swiftshader';
  return `${name ?? 'a graphics card'}${software ? ', a program on the processor: correct, and slow' : ''}`;
}
