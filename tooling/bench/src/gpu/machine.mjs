import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Debian's package `chromium` brings this Vulkan driver on the processor: correct, and slow. */
const swiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** The environment for a software adapter, where one is at hand. */
export function softwareEnvironment(env = process.env) {
  if (env.VK_DRIVER_FILES !== undefined || !existsSync(swiftShader)) return {};
  return { VK_DRIVER_FILES: swiftShader, VK_ICD_FILENAMES: swiftShader };
}

/** { description } of the GPU, or { reason }. */
export function probe() {
  const file = fileURLToPath(new URL('./probe.mjs', import.meta.url));
  try {
    return JSON.parse(
      execFileSync(process.execPath, [file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    );
  } catch (error) {
    return { reason: `asking for it failed: ${error.message.split('\n')[0]}` };
  }
}

/** What NVIDIA's own tool calls the card: adapters' names may leave it out. */
export function nvidiaName() {
  try {
    const query = ['--query-gpu=name', '--format=csv,noheader'];
    return execFileSync('nvidia-smi', query, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split(
      '\n',
    )[0];
  } catch {
    return '';
  }
}
