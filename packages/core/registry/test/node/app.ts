import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export type Files = Readonly<Record<string, string | object>>;

/** An app's folder with the given files, gone at the end of the test; objects are written as JSON. */
export class App {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'trellis-app-')));

  constructor(packageJson: object) {
    this.write({ 'package.json': packageJson });
  }

  write(files: Files): this {
    for (const [name, content] of Object.entries(files)) {
      const file = join(this.directory, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    }
    return this;
  }

  /** An installed package. */
  install(name: string, packageJson: object, files: Files = {}): this {
    const inside = Object.entries(files).map(
      ([file, content]) => [`node_modules/${name}/${file}`, content] as const,
    );
    return this.write({
      [`node_modules/${name}/package.json`]: { name, ...packageJson },
      ...Object.fromEntries(inside),
    });
  }

  /** An installed package as pnpm lays it out: a link to a folder elsewhere. */
  link(name: string, target: string): this {
    const link = join(this.directory, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(target, link, 'dir');
    return this;
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The package.json of a plugin that keeps the contract. */
export const pluginPackage = (more: object = {}): object => ({
  version: '1.0.0',
  type: 'module',
  trellis: { contract: 1, plugin: './plugin' },
  exports: { './plugin': './plugin.js' },
  ...more,
});

/** The text of a manifest; `mark` is set on globalThis when it is imported. */
export const manifestText = (name: string, more = ''): string => `
globalThis.trellisImported = [...(globalThis.trellisImported ?? []), ${JSON.stringify(name)}];
const config = { '~standard': { version: 1, vendor: 'tiny', validate: (value) => ({ value }) } };
const it = { kind: 'schedule', title: 'It', summary: 'A line.', config, load: async () => ({ create: () => () => 7 }) };
export default { contract: 1, name: ${JSON.stringify(name)}, version: '1.0.0', components: { it }, ${more} };
`;

/** Names of the manifests that were imported so far, and forgets them. */
export function importedManifests(): readonly string[] {
  const holder = globalThis as { trellisImported?: readonly string[] };
  const names = holder.trellisImported ?? [];
  delete holder.trellisImported;
  return names;
}
