// `pnpm gpu:check [options]`: builds what is measured (cached), then tests and measures the WebGPU backend on this
// machine's GPU; see tooling/bench.
import { spawn } from 'node:child_process';
import { build } from './turbo.mjs';

const asksOnly = process.argv.includes('--help');
try {
  if (!asksOnly) await build(['--filter=@core/nn...', '--filter=@plugins/optim...'], { types: false });
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
const run = spawn(process.execPath, ['tooling/bench/src/gpu/check.mjs', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
run.on('close', (code) => {
  process.exitCode = code ?? 1;
});
