import { existsSync, realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { messageOf } from '../errors.js';
import { isPlainObject } from '../path.js';

export interface PackageFile {
  /** Folder of the package, links followed. */
  readonly directory: string;
  /** What its package.json says; anything. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** Reads a folder's package.json. @throws Error that says which file and why */
export async function readPackage(directory: string): Promise<PackageFile> {
  const file = join(directory, 'package.json');
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, 'utf8'));
  } catch (thrown) {
    throw new Error(`${file}: ${messageOf(thrown)}`, { cause: thrown });
  }
  if (!isPlainObject(json)) throw new Error(`${file}: is no object`);
  return { directory: realpathSync(directory), json };
}

/**
 * The folder of an installed package, as Node finds it from `from`: the nearest `node_modules` upwards. Reads folders
 * instead of asking `require.resolve` for `package.json`, since packages need not export that file. Where there are no
 * such folders (Yarn's Plug'n'Play), the resolver in place is asked.
 */
export function findPackage(name: string, from: string): string | undefined {
  for (let directory = resolve(from); ; directory = dirname(directory)) {
    const candidate = join(directory, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return realpathSync(candidate);
    if (directory === dirname(directory)) break;
  }
  try {
    return dirname(createRequire(join(resolve(from), 'package.json')).resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

/** Names and ranges under one of a package.json's dependency fields; nothing where the field is absent or no object. */
export function dependencyNames(json: Readonly<Record<string, unknown>>, field: string): readonly string[] {
  const dependencies = json[field];
  return isPlainObject(dependencies) ? Object.keys(dependencies) : [];
}
