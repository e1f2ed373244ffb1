import { spawn } from 'node:child_process';

/**
 * Builds with turbo, silently when all is well: its output is shown only when the build fails.
 * Arguments are turbo's own (`--filter=@apps/lab...`); without `types`, only what runs is built.
 */
export function build(args, { types = true } = {}) {
  const child = spawn('turbo', ['run', 'build', '--output-logs=errors-only', ...args], {
    env: {
      ...process.env,
      TURBO_TELEMETRY_DISABLED: '1',
      TURBO_NO_UPDATE_NOTIFIER: '1',
      TRELLIS_TYPES: types ? '1' : '0',
    },
    // On Windows the launcher is a .cmd file, which only a shell can start.
    shell: process.platform === 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) return resolve(output);
      reject(new Error(`The build failed.\n${output}`));
    });
  });
}
