// `pnpm packages:check`: builds and packs every publishable package, then looks at the tarballs as a user would:
// publint, are-the-types-wrong, the size of plugin manifests, and an install into an empty project.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from '../../turbo.mjs';
import { checkInstalled } from './installed.mjs';
import { checkManifestSize } from './manifestSize.mjs';
import { pack } from './pack.mjs';
import { checkPublint, checkTypes } from './published.mjs';
import { publishablePackages } from './workspace.mjs';

const only = process.argv.slice(2);
const packages = publishablePackages().filter(
  ({ manifest }) => only.length === 0 || only.includes(manifest.name),
);
if (packages.length === 0) {
  console.error(`No publishable package is called ${only.join(' or ')}.`);
  process.exit(1);
}

try {
  await build(publishablePackages().map(({ manifest }) => `--filter=${manifest.name}`));
} catch (error) {
  console.error(error.message);
  process.exit(1);
}

const scratch = mkdtempSync(join(tmpdir(), 'trellis-packages-'));
let failed = 0;
try {
  const tarballs = pack(publishablePackages(), scratch);
  const checks = [
    ['publint', checkPublint],
    ['types of every entry', checkTypes],
    ['manifest under 20 kB', checkManifestSize],
    ['installs alone, ESM, CommonJS, TypeScript', checkInstalled],
  ];
  for (const { dir, manifest } of packages) {
    console.log(manifest.name);
    for (const [title, check] of checks) {
      // A check returns what is wrong, one message each, and undefined where it does not apply.
      const problems = await check({ dir, manifest, tarballs, scratch }).catch((error) => [
        String(error.message),
      ]);
      if (problems === undefined) continue;
      console.log(`  ${problems.length === 0 ? 'ok  ' : 'FAIL'} ${title}`);
      for (const problem of problems) console.log(`       ${problem.replaceAll('\n', '\n       ')}`);
      if (problems.length > 0) failed += 1;
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
if (failed > 0) {
  console.error(`\n${failed} package checks failed.`);
  process.exit(1);
}
