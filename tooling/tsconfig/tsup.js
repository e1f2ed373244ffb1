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
    dts: true,
    splitting: true,
    sourcemap: true,
    clean: true,
    silent: true,
    target: ['node20', 'es2022'],
  });
}
