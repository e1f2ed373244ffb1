import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { eagerBytes } from '../src/manifestSize.mjs';
import { checkPublint, checkTypes } from '../src/published.mjs';

const folder = mkdtempSync(join(tmpdir(), 'trellis-packages-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A tarball as `pnpm pack` makes it: plain ustar, every path under `package/`. */
function tarball(name: string, files: Record<string, string>): string {
  const blocks = Object.entries(files).map(([path, text]) => {
    const body = Buffer.from(text);
    const header = Buffer.alloc(512);
    header.write(`package/${path}`, 0);
    header.write('0000644\0', 100);
    header.write('0000000\0', 108);
    header.write('0000000\0', 116);
    header.write(body.length.toString(8).padStart(11, '0') + '\0', 124);
    header.write('00000000000\0', 136);
    header.write('        0', 148);
    header.write('ustar\0' + '00', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(sum.toString(8).padStart(6, '0') + '\0 ', 148);
    return Buffer.concat([header, body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
  });
  const path = join(folder, `${name}.tgz`);
  writeFileSync(path, gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)])));
  return path;
}

function packed(name: string, exports: unknown) {
  const manifest = { name, version: '0.1.0', license: 'MIT', type: 'module', exports };
  const files = {
    'package.json': JSON.stringify(manifest),
    'src/index.ts': 'export const one = 1;\n',
    'dist/index.js': 'export const one = 1;\n',
    'dist/index.cjs': 'exports.one = 1;\n',
    'dist/index.d.ts': 'export declare const one: 1;\n',
    'dist/index.d.cts': 'export declare const one: 1;\n',
  };
  return { manifest, tarballs: new Map([[name, tarball(name, files)]]) };
}

const esm = { types: './dist/index.d.ts', default: './dist/index.js' };
const cjs = { types: './dist/index.d.cts', default: './dist/index.cjs' };
const sound = packed('sound', { '.': { '@trellis/source': './src/index.ts', import: esm, require: cjs } });
const missing = packed('missing', { '.': { import: esm, require: { ...cjs, default: './dist/gone.cjs' } } });
const masquerading = packed('masquerading', {
  '.': { import: esm, require: { types: './dist/index.d.ts', default: './dist/index.cjs' } },
});

describe('publint', () => {
  test('passes a sound package, the source condition included', async () => {
    expect(await checkPublint(sound)).toEqual([]);
  });
  test('finds an entry that is not in the tarball', async () => {
    expect((await checkPublint(missing)).join()).toContain('gone.cjs');
  });
});

describe('are the types wrong', () => {
  test('passes a sound package', async () => {
    expect(await checkTypes(sound)).toEqual([]);
  });
  test('finds ESM types given to require', async () => {
    expect((await checkTypes(masquerading)).join()).toContain('FalseESM');
  });
});

describe('size of a manifest', () => {
  test('counts what is imported at once, not what is loaded later', async () => {
    const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
    write(
      'plugin.js',
      `import { a } from './eager.js'; export default { a, load: () => import('./lazy.js') };`,
    );
    write('eager.js', `export const a = '${'e'.repeat(30_000)}';`);
    write('lazy.js', `export const b = '${'l'.repeat(100_000)}';`);
    const bytes = await eagerBytes(join(folder, 'plugin.js'));
    expect(bytes).toBeGreaterThan(30_000);
    expect(bytes).toBeLessThan(31_000);
  });
});
