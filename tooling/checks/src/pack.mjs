import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Runs the pnpm that runs this script, so that no global pnpm is needed. */
export function pnpm(args, options) {
  const script = process.env.npm_execpath;
  const [command, before] = script?.includes('pnpm') ? [process.execPath, [script]] : ['pnpm', []];
  return execFileSync(command, [...before, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
  });
}

/** Packs each package into `folder`; returns a map from package name to tarball path. */
export function pack(packages, folder) {
  return new Map(
    packages.map(({ dir, manifest }) => {
      const { filename } = JSON.parse(
        pnpm(['pack', '--json', '--pack-destination', join(folder, 'tarballs')], { cwd: dir }),
      );
      return [manifest.name, filename];
    }),
  );
}
