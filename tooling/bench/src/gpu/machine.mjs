import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

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
