// `pnpm demo [options of lab run]`: builds what the app needs (cached), then runs the digits recipe.
import { spawnSync } from 'node:child_process';
import { build } from './turbo.mjs';

const started = performance.now();
console.log('Building the packages (about 20 s the first time, cached afterwards) ...');
try {
  await build('--filter=@apps/lab...');
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
console.log(`Built in ${((performance.now() - started) / 1000).toFixed(1)} s.\n`);

const lab = ['apps/lab/dist/cli.js', 'run', 'apps/lab/recipes/digits.yaml', ...process.argv.slice(2)];
const run = spawnSync(process.execPath, lab, { stdio: 'inherit' });
process.exit(run.status ?? 1);
