import { readFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf, type Problem } from '../errors.js';
import { checkManifest } from '../manifest.js';
import type { Plugin } from '../plugin.js';
import { failure, inspect } from './discover.js';
import { defaultExport } from './load.js';
import { dependencyNames, readPackage, type PackageFile } from './packages.js';

/** What a manifest and its own chunks may weigh. */
const largest = 20_000;

/**
 * Checks a built plugin's package as users will install it: the keyword and the `trellis` field, both exports, no side
 * effects, peers, and a manifest that is small, pulls in no algorithm, and changes nothing when it is imported.
 *
 * @param directory folder of the package, built
 * @returns every problem found; none when all is well
 */
export async function checkPackage(directory: string): Promise<readonly Problem[]> {
  let found: PackageFile;
  try {
    found = await readPackage(directory);
  } catch (thrown) {
    return [failure('package.json', messageOf(thrown))];
  }
  const { json } = found;
  const problems = [...checkFields(json)];
  const name = typeof json['name'] === 'string' ? json['name'] : 'the package';
  const plugin = await inspect(name, found.directory, ['node', 'import', 'module-sync']);
  if (plugin === undefined)
    return [...problems, failure('trellis', 'is missing; write { "contract": 1, "plugin": "./plugin" }')];
  if (plugin.file === undefined)
    return [...problems, ...(plugin.failure === undefined ? [] : [plugin.failure])];
  return [
    ...problems,
    ...(await checkFiles(plugin.file)),
    ...(await checkImport(plugin.file, plugin.packageVersion)),
  ];
}

function checkFields(json: PackageFile['json']): readonly Problem[] {
  const { keywords, sideEffects } = json;
  const keyword = Array.isArray(keywords) && keywords.includes('trellis-plugin');
  const entries = dependencyNames(json, 'exports');
  const peers = dependencyNames(json, 'peerDependencies');
  return [
    ...(keyword ? [] : [failure('keywords', 'lack trellis-plugin, by which plugins are found on npm')]),
    ...(sideEffects === false
      ? []
      : [failure('sideEffects', 'is not false; bundlers would keep all of the package')]),
    ...['.', './plugin']
      .filter((entry) => !entries.includes(entry))
      .map((entry) => failure('exports', `lack ${entry}`)),
    ...(peers.includes('@core/registry')
      ? []
      : [failure('peerDependencies', 'lack @core/registry; a copy of its own would not share kinds')]),
  ];
}

const staticImport = /(?:^|[\s;}])(?:import|export)\s*(?:[\w$*{},\s]+?from\s*)?(["'])([^"']+)\1/g;

/** Follows a manifest's static imports: what is imported on demand, in `load`, does not count. */
async function checkFiles(entry: string): Promise<readonly Problem[]> {
  const seen = new Set<string>();
  const problems: Problem[] = [];
  let bytes = 0;
  const visit = async (file: string): Promise<void> => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = await readFile(file, 'utf8');
    bytes += Buffer.byteLength(text);
    for (const [, , target = ''] of text.matchAll(staticImport)) {
      if (target.startsWith('.')) await visit(resolve(dirname(file), target));
      else if (target.startsWith('@core/') && target !== '@core/registry') {
        problems.push(
          failure(
            'manifest',
            `${relative(dirname(entry), file)} imports ${target}; leave that to the modules that load() imports`,
          ),
        );
      }
    }
  };
  await visit(entry);
  if (bytes >= largest)
    problems.push(
      failure('manifest', `weighs ${String(bytes)} bytes with its chunks; the limit is ${String(largest)}`),
    );
  return problems;
}

async function checkImport(file: string, packageVersion: string): Promise<readonly Problem[]> {
  const before = new Set(Reflect.ownKeys(globalThis));
  let manifest: unknown;
  try {
    manifest = defaultExport(await import(/* @vite-ignore */ pathToFileURL(file).href));
  } catch (thrown) {
    return [failure('manifest', `importing it failed: ${messageOf(thrown)}`)];
  }
  const added = Reflect.ownKeys(globalThis)
    .filter((key) => !before.has(key))
    .map(String);
  const problems = [...checkManifest(manifest)];
  if (added.length > 0)
    problems.push(failure('manifest', `importing it sets globalThis.${added.join(', globalThis.')}`));
  if (problems.length > 0) return problems;
  const { version } = manifest as Plugin; // no problems were found, so it is one
  return version === packageVersion
    ? []
    : [failure('version', `of the manifest is ${version}, of the package ${packageVersion}`)];
}
