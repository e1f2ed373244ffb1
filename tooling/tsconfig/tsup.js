import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { transform } from 'esbuild';
import { defineConfig } from 'tsup';

/**
 * The build of every package: ESM, CommonJS and types for both, from the given entry files.
 * `splitting` keeps what entries share in common chunks; without it a CommonJS build would inline
 * every lazily imported component into each entry.
 */
export function library(entry) {
  return defineConfig({
    entry,
    format: ['esm', 'cjs'],
    // Types take nine tenths of the time and nothing runs them, so the demo does without. They are made from the
    // built types of sibling packages (turbo builds those first), not from their sources: half the work, and it is
    // what users will compile against.
    dts: process.env.TRELLIS_TYPES !== '0' && { compilerOptions: { customConditions: [] } },
    splitting: true,
    // Gives the CommonJS build an `import.meta.url`.
    shims: true,
    sourcemap: true,
    clean: true,
    silent: true,
    target: ['node20', 'es2022'],
    onSuccess: async () => {
      await restoreDynamicImports('dist');
      await shrinkManifest('dist');
    },
  });
}

/** A plugin's manifest is data that every app reads which has it installed: it is shipped without spaces. */
async function shrinkManifest(folder) {
  for (const name of ['plugin.js', 'plugin.cjs']) {
    const path = join(folder, name);
    const code = await readFile(path, 'utf8').catch(() => undefined);
    if (code === undefined) continue;
    await writeFile(path, (await transform(code, { minify: true })).code);
    await rm(`${path}.map`, { force: true });
  }
}

const REQUIRED = 'Promise.resolve().then(() => _interopRequireWildcard(require(';

/**
 * With `splitting`, tsup's CommonJS output has `require` for every `import()`. That is right for our own chunks,
 * but not where the address is computed: `import(url)` takes `file:` URLs and modules with top-level await,
 * `require` takes neither. CommonJS has `import()` too, so those are put back.
 */
async function restoreDynamicImports(folder) {
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.cjs')) continue;
    const path = join(folder, name);
    const before = await readFile(path, 'utf8');
    const after = withDynamicImports(before);
    if (after !== before) await writeFile(path, after);
  }
}

export function withDynamicImports(code) {
  const [head, ...rest] = code.split(REQUIRED);
  return rest.reduce((done, part) => {
    const end = closingParenthesis(part);
    const argument = part.slice(0, end).trim();
    const literal = /^(["'])[^"']*\1$/.test(argument);
    if (literal || !part.startsWith(')))', end)) return done + REQUIRED + part;
    return `${done}import(${argument})${part.slice(end + 3)}`;
  }, head);
}

/** Index of the parenthesis that closes the one just before `text`. */
function closingParenthesis(text) {
  let depth = 0;
  for (let i = 0; i < text.length; i += 1) {
    if (text[i] === '(') depth += 1;
    if (text[i] === ')' && depth-- === 0) return i;
  }
  return -1;
}
