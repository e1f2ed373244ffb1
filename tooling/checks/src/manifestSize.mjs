import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const LIMIT = 20_000;

/**
 * A plugin's manifest is read by every app that has it installed, so contract 4.1 keeps it under 20 kB: the entry
 * and all that it imports at once, as shipped, without dependencies and without what `load()` imports later.
 */
export async function checkManifestSize({ dir, manifest }) {
  if (manifest.trellis === undefined) return undefined;
  const exported = manifest.exports[manifest.trellis.plugin];
  const bytes = await eagerBytes(join(dir, exported.import.default));
  return bytes < LIMIT ? [] : [`${manifest.trellis.plugin} brings ${bytes} bytes; the limit is ${LIMIT}.`];
}

/** Bytes of a module and of everything that it imports statically, as they are, apart from packages. */
export async function eagerBytes(entry) {
  const { metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    metafile: true,
    write: false,
    outdir: 'out',
    logLevel: 'silent',
  });
  const { inputs } = metafile;
  const seen = new Set();
  const visit = (file) => {
    if (seen.has(file)) return 0;
    seen.add(file);
    const { bytes, imports } = inputs[file];
    return imports
      .filter(({ kind, external }) => kind === 'import-statement' && external !== true)
      .reduce((sum, { path }) => sum + visit(path), bytes);
  };
  // What is imported later is an entry point, too.
  return visit(Object.keys(inputs).find((file) => resolve(file) === resolve(entry)));
}
