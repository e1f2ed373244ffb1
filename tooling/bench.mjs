// `pnpm bench [suite…] [options]`: builds what is measured (cached), then measures it; see tooling/bench.
import { spawn } from 'node:child_process';
import { build } from './turbo.mjs';

try {
  await build(['--filter=@core/nn...', '--filter=@plugins/optim...', '--filter=@plugins/spd-norm...'], {
    types: false,
  });
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
const run = spawn(process.execPath, ['tooling/bench/src/bench.mjs', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
run.on('close', (code) => {
  process.exitCode = code ?? 1;
});
