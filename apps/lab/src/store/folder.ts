import { randomBytes } from 'node:crypto';
import {
  access,
  appendFile,
  constants,
  mkdir,
  readFile,
  readdir,
  rmdir,
  stat,
  truncate,
} from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize, relative, resolve, sep } from 'node:path';
import { writeFileAtomic, type FileSystem } from '@core/data/node';
import { LabError, errnoOf, messageOf } from '../errors.js';

/** What writing needs of the disk; tests pass one that fills up. */
export interface Disk {
  readonly fs?: FileSystem;
  readonly append?: (path: string, text: string) => Promise<void>;
}

/** A folder that belongs to one run from the moment it was made. */
export interface RunFolder {
  /** Absolute. */
  readonly path: string;
  /** The folder's name. */
  readonly id: string;
  /** Writes a whole file: at every moment its old content or its new one is there. */
  write(name: string, content: string | Uint8Array): Promise<void>;
  /** Adds whole lines; when that fails, what was there before stays as it was. */
  append(name: string, lines: string): Promise<void>;
  /** Removes the folder if nothing was written into it. */
  discardIfEmpty(): Promise<void>;
}

export interface FolderOptions {
  /** The folder itself; it must not exist, or be empty. Default: a new name below `runs`. */
  readonly out?: string;
  readonly cwd: string;
  /** Of the recipe. */
  readonly name: string;
  readonly date: Date;
  readonly disk?: Disk;
}

/**
 * Makes the folder of a run. A folder that holds anything is never touched.
 *
 * @throws LabError `RUN_FOLDER` for a folder that is taken or cannot be made
 */
export async function createRunFolder(options: FolderOptions): Promise<RunFolder> {
  const { out, cwd, disk = {} } = options;
  const path = out === undefined ? await makeNew(options) : await claim(resolve(cwd, out), out);
  return openFolder(path, disk);
}

export interface ReopenOptions {
  readonly path: string;
  readonly cwd: string;
  /** The resolved recipe; the folder's must be the same. */
  readonly recipe: string;
  readonly disk?: Disk;
}

/**
 * Opens the folder of a run that is to go on.
 *
 * @throws LabError `RUN_FOLDER` for a folder that holds no run, or one of another recipe
 */
export async function reopenRunFolder({ path, cwd, recipe, disk = {} }: ReopenOptions): Promise<RunFolder> {
  const folder = resolve(cwd, path);
  const before = await readFile(join(folder, 'recipe.resolved.yaml'), 'utf8').catch((thrown: unknown) => {
    throw new LabError('RUN_FOLDER', `${path} holds no run to go on with: ${messageOf(thrown)}`, {
      cause: thrown,
    });
  });
  const lines = (text: string): readonly string[] => text.split('\n').filter((line) => !line.startsWith('#'));
  const [old, now] = [lines(before), lines(recipe)];
  const at = Array.from({ length: Math.max(old.length, now.length) }, (_, i) => i).find(
    (i) => old[i] !== now[i],
  );
  if (at === undefined) return openFolder(folder, disk);
  throw new LabError(
    'RUN_FOLDER',
    `${path} holds a run of another recipe: there it says ${JSON.stringify(old[at]?.trim() ?? 'nothing')}, here ${JSON.stringify(now[at]?.trim() ?? 'nothing')}`,
  );
}

/**
 * Refuses, without writing anything, a folder that `createRunFolder` would refuse as far as that can be known before: so
 * that no data is loaded in vain.
 *
 * @throws LabError `RUN_FOLDER`
 */
export async function checkRunFolder({ out, cwd }: Pick<FolderOptions, 'out' | 'cwd'>): Promise<void> {
  const path = out === undefined ? join(cwd, 'runs') : resolve(cwd, out);
  const shown = out ?? path;
  try {
    const [above] = await missingFolders(path);
    await access(above === undefined ? path : dirname(above), constants.W_OK);
  } catch (thrown) {
    throw await refusal(path, shown, thrown);
  }
  if (out !== undefined) await refuseTaken(path, shown);
}

async function makeNew({ cwd, name, date }: FolderOptions): Promise<string> {
  const runs = join(cwd, 'runs');
  const day = date.toISOString().slice(0, 10);
  try {
    await makeFolders(runs);
    for (;;) {
      const path = join(runs, `${day}-${slug(name)}-${shortId()}`);
      try {
        await mkdir(path); // fails if it is there, so that two runs never share one
        return path;
      } catch (thrown) {
        if (errnoOf(thrown) !== 'EEXIST') throw thrown;
      }
    }
  } catch (thrown) {
    throw cannotMake(runs, thrown);
  }
}

async function claim(path: string, shown: string): Promise<string> {
  try {
    await makeFolders(path);
  } catch (thrown) {
    throw await refusal(path, shown, thrown);
  }
  await refuseTaken(path, shown);
  return path;
}

async function refusal(path: string, shown: string, cause: unknown): Promise<LabError> {
  const taken = await stat(path).catch(() => undefined);
  return taken?.isFile() === true
    ? new LabError('RUN_FOLDER', `${shown} is a file; --out names a folder`)
    : cannotMake(shown, cause);
}

async function refuseTaken(path: string, shown: string): Promise<void> {
  const found = await readdir(path).catch((thrown: unknown): string[] => {
    if (errnoOf(thrown) === 'ENOENT') return []; // not made yet
    throw errnoOf(thrown) === 'ENOTDIR'
      ? new LabError('RUN_FOLDER', `${shown} is a file; --out names a folder`)
      : cannotMake(shown, thrown);
  });
  if (found.length === 0) return;
  const what = found.includes('run.json')
    ? 'holds a run'
    : `is not empty (${found.slice(0, 3).join(', ')}${found.length > 3 ? ', ...' : ''})`;
  throw new LabError(
    'RUN_FOLDER',
    `${shown} ${what}, and runs never overwrite anything; choose another folder`,
  );
}

/**
 * A folder and what is missing above it, one level at a time. Node's own recursive `mkdir` never ends where a folder exists
 * and answers ENOENT to making another in it, as /proc does.
 */
async function makeFolders(path: string): Promise<void> {
  for (const folder of await missingFolders(path)) {
    try {
      await mkdir(folder);
    } catch (thrown) {
      // Another process may have made it in the meantime.
      if (errnoOf(thrown) === 'EEXIST') continue;
      if (errnoOf(thrown) !== 'ENOENT') throw thrown;
      throw new Error(`${dirname(folder)} takes no new folders`, { cause: thrown });
    }
  }
  if (!(await stat(path)).isDirectory()) throw new Error(`${path} is no folder`);
}

/** What has to be made, the outermost first. */
async function missingFolders(path: string): Promise<readonly string[]> {
  const missing: string[] = [];
  for (let at = path; !(await exists(at)) && at !== dirname(at); at = dirname(at)) missing.unshift(at);
  return missing;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (thrown: unknown) => {
      if (errnoOf(thrown) === 'ENOENT') return false;
      throw thrown;
    },
  );
}

function cannotMake(path: string, cause: unknown): LabError {
  return new LabError(
    'RUN_FOLDER',
    `the run folder cannot be made in ${path}: ${messageOf(cause)}; --out chooses another place`,
    { cause },
  );
}

function openFolder(path: string, disk: Disk): RunFolder {
  const place = (name: string): string => {
    const target = normalize(join(path, name));
    const inside = relative(path, target);
    if (inside === '' || inside.startsWith('..') || isAbsolute(inside)) {
      throw new LabError('RUN', `${name} would lie outside of the run folder`);
    }
    return target;
  };
  const append = disk.append ?? ((file: string, text: string) => appendFile(file, text));
  return {
    path,
    id: path.split(sep).at(-1) ?? path,
    write: async (name, content) =>
      writeFileAtomic(place(name), content, disk.fs === undefined ? {} : { fs: disk.fs }),
    async append(name, lines) {
      const file = place(name);
      const before = await stat(file).then(
        ({ size }) => size,
        () => 0,
      );
      try {
        await append(file, lines);
      } catch (thrown) {
        // A disk that is full takes half a line; that half is taken back.
        await truncate(file, before).catch(() => undefined);
        throw new LabError(
          'RUN_FOLDER',
          `writing ${file} failed: ${messageOf(thrown)}; what was there before is intact`,
          { cause: thrown },
        );
      }
    },
    async discardIfEmpty() {
      await rmdir(path).catch(() => undefined); // rmdir refuses a folder that holds anything
    },
  };
}

/** Letters, digits and dashes. */
export function slug(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/[^\w]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .toLowerCase();
  return plain.slice(0, 40) || 'run';
}

/** Four letters or digits that are hard to mix up. */
function shortId(): string {
  const letters = '23456789abcdefghjkmnpqrstuvwxyz';
  return Array.from(randomBytes(4), (byte) => letters[byte % letters.length]).join('');
}
