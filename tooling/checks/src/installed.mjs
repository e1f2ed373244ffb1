import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pnpm } from './pack.mjs';
import { root } from './workspace.mjs';

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

/**
 * Installs a package from its tarball into an empty project, with its peers and nothing else, and uses every
 * entry from ESM, from CommonJS and from TypeScript under both of the resolutions that people have. Where there is a program for
 * it in examples/standalone, that is run there, too.
 */
export async function checkInstalled({ manifest, tarballs, scratch }) {
  const project = join(scratch, 'projects', manifest.name.replace('/', '-'));
  mkdirSync(project, { recursive: true });
  const write = (file, text) => writeFileSync(join(project, file), text);

  const file = (name) => `file:${tarballs.get(name)}`;
  const peers = Object.keys(manifest.peerDependencies ?? {}).filter((name) => tarballs.has(name));
  write(
    'package.json',
    JSON.stringify({
      name: 'somebody-elses-project',
      private: true,
      dependencies: Object.fromEntries([manifest.name, ...peers].map((name) => [name, file(name)])),
      // Sibling packages are not on the registry yet: whoever asks for one gets its tarball.
      pnpm: { overrides: Object.fromEntries([...tarballs.keys()].map((name) => [name, file(name)])) },
    }),
  );
  const entries = Object.keys(manifest.exports)
    .filter((path) => path !== './package.json')
    .map((path) => manifest.name + path.slice(1));

  const namesOf = `Object.keys(module).filter((name) => name !== 'default' && name !== '__esModule' && name !== 'module.exports').sort()`;
  const report = `const names = (module) => ${namesOf};\n`;
  write(
    'use.mjs',
    `${report}const all = {};\n${entries.map((entry) => `all['${entry}'] = names(await import('${entry}'));\n`).join('')}console.log(JSON.stringify(all));\n`,
  );
  write(
    'use.cjs',
    `${report}const all = {};\n${entries.map((entry) => `all['${entry}'] = names(require('${entry}'));\n`).join('')}console.log(JSON.stringify(all));\n`,
  );
  const typed = entries
    .map(
      (entry, index) =>
        `import * as m${index} from '${entry}';\nexport const used${index}: typeof m${index} = m${index};\n`,
    )
    .join('');
  write('use-types.mts', typed);
  write('use-types.cts', typed);

  const problems = [];
  const attempt = (title, run) => {
    try {
      return run();
    } catch (error) {
      problems.push(`${title}: ${(error.stdout ?? '') + (error.stderr ?? '') || error.message}`.trim());
      return undefined;
    }
  };
  const node = (...args) =>
    execFileSync(process.execPath, args, { cwd: project, encoding: 'utf8', stdio: 'pipe' });

  const installed = attempt('install', () =>
    pnpm(['install', '--prefer-offline', '--ignore-scripts', '--ignore-workspace'], { cwd: project }),
  );
  if (installed === undefined) return problems;

  const esm = attempt('ESM', () => node('use.mjs'));
  const cjs = attempt('CommonJS', () => node('use.cjs'));
  if (esm !== undefined && cjs !== undefined && esm !== cjs) {
    problems.push(`ESM and CommonJS export different names:\n${esm}${cjs}`);
  }
  // No DOM and no skipLibCheck: the types must stand by themselves, with Node's types and the library of its age.
  const settings = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2022,esnext.disposable'];
  settings.push('--types', 'node', '--typeRoots', join(root, 'node_modules/@types'));
  attempt('TypeScript, nodenext', () =>
    node(tsc, ...settings, '--module', 'nodenext', 'use-types.mts', 'use-types.cts'),
  );
  attempt('TypeScript, bundler', () =>
    node(tsc, ...settings, '--module', 'esnext', '--moduleResolution', 'bundler', 'use-types.mts'),
  );
  for (const name of Object.keys(manifest.bin ?? {})) {
    attempt(`${name} --help`, () =>
      execFileSync(join(project, 'node_modules/.bin', name), ['--help'], { encoding: 'utf8', stdio: 'pipe' }),
    );
  }
  const example = join(root, 'examples/standalone', `${manifest.name.split('/').at(-1)}.mjs`);
  if (existsSync(example)) {
    const text = readFileSync(example, 'utf8');
    write('example.mjs', text);
    const printed = attempt('its program in examples/standalone', () => node('example.mjs'));
    const promised = [...text.matchAll(/\/\/ prints: (.*)$/gm)].map(([, line]) => `${line}\n`).join('');
    if (printed !== undefined && printed !== promised)
      problems.push(`its program in examples/standalone printed\n${printed}and promises\n${promised}`);
  }
  return problems;
}
