import { existsSync } from 'node:fs';

/** A Vulkan driver that needs no GPU: Debian's package `chromium` brings it. It is correct, and slow. */
const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** Lets Vulkan find it, unless the tests are to run on this machine's own GPU (`TRELLIS_GPU=own`) or a driver is named already. */
export function useSwiftShader(): void {
  const { env } = process;
  if (env['TRELLIS_GPU'] === 'own' || env['VK_DRIVER_FILES'] !== undefined || !existsSync(driver)) return;
  env['VK_ICD_FILENAMES'] = env['VK_DRIVER_FILES'] = driver;
}
