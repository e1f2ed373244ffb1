import { backendInfo, registerBackend, useBackend } from '@core/tensor';
import { createTfjsBackend, type TfjsPackage } from '@core/tensor/tfjs';
import { messageOf } from './errors.js';
import { measureDevice, type DeviceSpeed } from './machine.js';

/** Something that can compute, as `lab doctor` found it: how fast it is, or why it is not there and what brings it. */
export type Device = { readonly name: string } & (
  { readonly description: string; readonly speed: DeviceSpeed } | { readonly missing: string }
);

const engines: readonly TfjsPackage[] = ['tensorflow', 'webgpu', 'wasm', 'cpu'];
const registered = new Set<string>();

/**
 * Measures every backend that is there, some `milliseconds` each, and goes back to the one in use. It never fails: what is
 * not there says why. Engines of tfjs that are simply not installed are left out, but for TensorFlow, which may bring a GPU.
 */
export async function measureDevices(milliseconds = 300): Promise<Device[]> {
  const before = backendInfo().name;
  const devices: Device[] = [];
  try {
    for (const name of ['cpu', 'webgpu']) devices.push(await measured(name, name, milliseconds));
    for (const engine of engines) {
      const device = await measured(`tfjs ${engine}`, registerEngine(engine), milliseconds);
      const absent = 'missing' in device && device.missing.includes('is not installed');
      if (!absent || engine === 'tensorflow') devices.push(device);
    }
  } finally {
    await useBackend(before);
  }
  return devices;
}

async function measured(name: string, backend: string, milliseconds: number): Promise<Device> {
  try {
    const { description } = await useBackend(backend);
    return { name, description, speed: await measureDevice(milliseconds) };
  } catch (thrown) {
    return {
      name,
      missing: messageOf(thrown).replace(/^useBackend: ('.*?' could not start: )?(\w+: )?/, ''),
    };
  }
}

/** Each engine as a backend of its own: there is one backend `tfjs`, on the engine that it was started with. */
function registerEngine(engine: TfjsPackage): string {
  const name = `doctor:tfjs-${engine}`;
  if (!registered.has(name)) registerBackend(name, () => createTfjsBackend({ package: engine }));
  registered.add(name);
  return name;
}
