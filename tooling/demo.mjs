// `pnpm demo [options of lab run]`: builds what the app needs (cached), then runs the digits recipe.
import { spawn } from 'node:child_process';
import { build } from './turbo.mjs';

console.log(
  'Trellis demo: builds the packages (only the first time), then trains a small network on real handwritten digits,' +
    ' once per optimizer of apps/lab/recipes/digits.yaml, and writes a report.',
);
const started = performance.now();
try {
  await build(['--filter=@apps/lab...'], { types: false });
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
console.log(`Built in ${((performance.now() - started) / 1000).toFixed(1)} s.\n`);

const lab = ['apps/lab/dist/cli.js', 'run', 'apps/lab/recipes/digits.yaml', ...process.argv.slice(2)];
const run = spawn(process.execPath, lab, { stdio: 'inherit' });
// Ctrl-C reaches the app too, which then ends its run well; this process waits for that.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => run.kill('SIGTERM'));
run.on('close', (code) => {
  process.exitCode = code ?? 1;
});
