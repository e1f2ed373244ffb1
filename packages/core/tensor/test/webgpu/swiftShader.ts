import { existsSync } from 'node:fs';
import { requestAdapter } from '../../src/backends/webgpu/load.js';

/** A Vulkan driver that needs no GPU: Debian's package `chromium` brings it. It is correct, and slow. */
const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** Lets Vulkan find it, unless the tests are to run on this machine's own GPU (`TRELLIS_GPU=own`) or a driver is named already. */
export function useSwiftShader(): void {
  const { env } = process;
  if (env['TRELLIS_GPU'] === 'own' || env['VK_DRIVER_FILES'] !== undefined || !existsSync(driver)) return;
  env['VK_ICD_FILENAMES'] = env['VK_DRIVER_FILES'] = driver;
}

/**
 * Whether there is no device to test on: `describe.skipIf(await deviceIsMissing())`. It says what to install; where every
 * test must run (in CI) it is an error.
 */
export async function deviceIsMissing(): Promise<boolean> {
  useSwiftShader();
  try {
    await requestAdapter();
    return false;
  } catch (cause) {
    const message =
      `the tests of the WebGPU backend have no device: ${cause instanceof Error ? cause.message : String(cause)}. ` +
      'They need no GPU where SwiftShader is: apt-get install libvulkan1 chromium';
    if (isCi()) throw new Error(message, { cause });
    console.warn(`SKIPPED: ${message}`);
    return true;
  }
}

function isCi(): boolean {
  const { CI } = process.env;
  return CI !== undefined && CI !== '' && CI !== 'false';
}
