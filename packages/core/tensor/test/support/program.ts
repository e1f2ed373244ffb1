import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'vite';

/** A program of `test/fixtures`, made into a file that Node runs. */
export interface NodeProgram {
  /** What it prints before it ends by itself. @throws when it fails, and when it has not ended after 30 seconds */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>;
  remove(): Promise<void>;
}

const here = new URL('../../', import.meta.url);

/** Packages that are loaded by name at run time are found as from the sources. */
export async function buildNodeProgram(fixture: string): Promise<NodeProgram> {
  const folder = await mkdtemp(join(tmpdir(), 'trellis-'));
  await symlink(fileURLToPath(new URL('node_modules', here)), join(folder, 'node_modules'), 'junction');
  await build({
    logLevel: 'error',
    configFile: false,
    ssr: { noExternal: true, external: ['koffi', 'webgpu'] },
    build: {
      ssr: fileURLToPath(new URL(`test/fixtures/${fixture}.ts`, here)),
      outDir: join(folder, 'program'),
      rollupOptions: { output: { entryFileNames: 'main.mjs', chunkFileNames: '[name].mjs' } },
    },
  });
  return {
    async run(args, env = {}) {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [join(folder, 'program', 'main.mjs'), ...args],
        { env: { ...process.env, ...env }, timeout: 30_000 },
      );
      return stdout;
    },
    remove: () => rm(folder, { recursive: true }),
  };
}
