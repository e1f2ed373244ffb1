import { existsSync } from 'node:fs';

/** A Vulkan driver that needs no GPU: Debian's package `chromium` brings it. It is correct, and slow. */
const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';

export function softwareEnvironment(env = process.env) {
  if (env.TRELLIS_GPU === 'own' || env.VK_DRIVER_FILES !== undefined || !existsSync(driver)) return {};
  return { VK_DRIVER_FILES: driver, VK_ICD_FILENAMES: driver };
}

export function useSwiftShader() {
  Object.assign(process.env, softwareEnvironment());
}

export async function deviceIsMissing(start) {
  useSwiftShader();
  try {
    await start();
    return false;
  } catch (cause) {
    const message =
      `the tests of the WebGPU backend have no device: ${cause instanceof Error ? cause.message : String(cause)}. ` +
      'They need no GPU where SwiftShader is: apt-get install libvulkan1 chromium';
    if (isCi(process.env)) throw new Error(message, { cause });
    console.warn(`SKIPPED: ${message}`);
    return true;
  }
}

function isCi({ CI }) {
  return CI !== undefined && CI !== '' && CI !== 'false';
}
