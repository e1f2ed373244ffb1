// `pnpm --filter @examples/tfjs-absent start`: a program asks for TensorFlow with a GPU, which is missing in each way that
// it can be, and prints what it is told.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { ways } from './ways.mjs';

/** What a user would write. */
const program = `
import { useBackend } from '@core/tensor';

try {
  await useBackend('tfjs', { package: 'tensorflow' });
} catch (error) {
  console.log(error.code + ': ' + error.message);
}
const { name, passedOver } = await useBackend('auto');
console.log('auto: ' + name + ', because of tfjs: ' + passedOver.find(({ name }) => name === 'tfjs')?.reason);
`;

const project = mkdtempSync(join(tmpdir(), 'trellis-absent-'));
try {
  await installTensors();
  writeFileSync(join(project, 'program.mjs'), program);
  for (const { title, packages } of ways) {
    rmSync(join(project, 'node_modules/@tensorflow'), { recursive: true, force: true });
    for (const [name, code] of Object.entries(packages)) install(name, code, 'index.js', 'commonjs');
    const options = { cwd: project, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
    const told = execFileSync(process.execPath, ['program.mjs'], options);
    console.log(`${title}\n${told.trimEnd().replace(/^/gm, '    ')}\n`);
  }
} finally {
  rmSync(project, { recursive: true, force: true });
}

function install(name, code, main, type) {
  const folder = join(project, 'node_modules', name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version: '4.22.0', type, main }));
  writeFileSync(join(folder, main), code);
}

/** Puts @core/tensor into the project as one file: then Node looks for other packages from there, as in a real one. */
async function installTensors() {
  const conditions = ['@trellis/source', 'import', 'module', 'node', 'default'];
  const folder = join(project, 'node_modules/@core/tensor');
  const entry = fileURLToPath(import.meta.resolve('@core/tensor/package.json'));
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true, resolve: { conditions } },
    build: {
      ssr: join(entry, '../src/index.ts'),
      outDir: folder,
      target: 'node20',
      rolldownOptions: { output: { entryFileNames: 'index.js' } },
    },
  });
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: '@core/tensor', version: '0.0.0', type: 'module', main: 'index.js' }),
  );
}
