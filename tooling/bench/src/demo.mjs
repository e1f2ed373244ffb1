import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Runs `pnpm demo` and times it from start to report, building included where something has changed. */
export function runDemo() {
  const started = performance.now();
  const run = spawn(process.execPath, ['tooling/demo.mjs'], { cwd: root, stdio: 'ignore' });
  return new Promise((resolve) => {
    run.on('error', ({ message }) => resolve({ atMost: 45, error: message }));
    run.on('close', (code) => {
      const seconds = (performance.now() - started) / 1000;
      resolve({ atMost: 45, seconds, ...(code === 0 ? {} : { error: `the demo ended with ${code}` }) });
    });
  });
}
