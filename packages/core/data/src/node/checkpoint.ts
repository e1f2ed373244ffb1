import { mkdir, readFile, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ArgumentError, TreeError } from '@core/tensor';
import type { Tensor, Tree } from '@core/tensor';
import type { ArrayData } from '../arrays.js';
import { describeArray, fromTensorAsync, toTensor } from '../arrays.js';
import { checkNamed, checkOptions } from '../checks.js';
import type { JsonObject, StateTree } from '../checkpointTree.js';
import { checkJson, putTogether, takeApart } from '../checkpointTree.js';
import { CheckpointError, FormatError } from '../errors.js';
import { decodeSafetensors, encodeSafetensors } from '../formats/safetensors.js';
import type { WriteOptions } from './atomic.js';
import { storageError, temporaryPattern, writeFileAtomic, writeOptionNames } from './atomic.js';
import { checkPath, errnoCode, readReason } from './paths.js';
import { sha256Hex } from './checksum.js';
import type { CheckpointFile, CheckpointInfo, Manifest } from './manifest.js';
import { manifestName, manifestText, readManifest } from './manifest.js';

/** What `saveCheckpoint` keeps. */
export interface Checkpoint {
  /** The model's parameters, a tree of tensors; they become a safetensors file with dotted names that other tools can open. */
  readonly params: object;
  /** Anything else that training needs to go on, a StateTree: optimizer state, step, the batches' position. Default null. */
  readonly state?: unknown;
  /** Plain JSON about the run: provenance of components, recipe, metrics. Kept as it is. Default {}. */
  readonly meta?: JsonObject;
}

export interface LoadedCheckpoint<P, S> {
  readonly params: P;
  readonly state: S;
  readonly meta: JsonObject;
  readonly savedAt: string;
}

/**
 * Saves a checkpoint into a folder: `params-<hash>.safetensors`, `state-<hash>.safetensors` and, last,
 * `checkpoint.json` with their checksums, the trees' structure and `meta`. All tensors and numbers come back to
 * the last bit.
 *
 * The manifest's rename is the moment at which the new checkpoint replaces the old one; before it the old one is
 * complete, after it the old files are removed. So a crash, a full disk or a failed write never costs the old one.
 * Throws StorageError `DISK_FULL` or `WRITE_FAILED`, TreeError for a value that cannot be kept, ArgumentError for
 * `meta` that is not JSON.
 */
export async function saveCheckpoint(
  folder: string,
  checkpoint: Checkpoint,
  options: WriteOptions = {},
): Promise<CheckpointInfo> {
  checkPath('saveCheckpoint', folder);
  checkNamed('saveCheckpoint', 'params, state and meta', checkpoint);
  checkOptions('saveCheckpoint', checkpoint, { params: true, state: true, meta: true });
  checkOptions('saveCheckpoint', options, writeOptionNames);
  const { params, state = null, meta = {} } = checkpoint;
  checkJson('saveCheckpoint', meta);
  if (typeof params !== 'object' || params === null) {
    throw new ArgumentError(`saveCheckpoint: params must be a tree of tensors, got ${String(params)}`);
  }
  const parts = { params: takeApart(params), state: takeApart(state) };
  const old = await readManifest(folder).catch((error: unknown) => {
    // A damaged manifest refers to nothing we could keep.
    if (error instanceof CheckpointError) return undefined;
    throw error;
  });
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw storageError(`making the folder ${folder}`, cause);
  }
  const files: CheckpointFile[] = [];
  try {
    for (const role of ['params', 'state'] as const) {
      if (role === 'state' && parts.state.tensors.size === 0) continue;
      const bytes = encodeSafetensors(await arraysOf(parts[role].tensors));
      const sha256 = sha256Hex(bytes);
      const name = `${role}-${sha256.slice(0, 16)}.safetensors`;
      files.push({ role, name, bytes: bytes.length, sha256 });
      await writeFileAtomic(join(folder, name), bytes, options);
    }
    const manifest = {
      savedAt: new Date().toISOString(),
      files,
      params: parts.params.skeleton,
      state: parts.state.skeleton,
      meta,
    };
    await writeFileAtomic(join(folder, manifestName), manifestText(manifest), options);
  } catch (error) {
    await remove(folder, unreferenced(files, old?.files ?? []));
    throw error;
  }
  await remove(folder, unreferenced(old?.files ?? [], files));
  await removeLeftovers(folder, files);
  return inspectCheckpoint(folder);
}

async function arraysOf(tensors: ReadonlyMap<string, Tensor>): Promise<Record<string, ArrayData>> {
  const arrays: [string, ArrayData][] = [];
  for (const [name, tensor] of tensors) arrays.push([name, await fromTensorAsync(tensor)]);
  return Object.fromEntries(arrays);
}

function unreferenced(files: readonly CheckpointFile[], kept: readonly CheckpointFile[]): string[] {
  return files.map(({ name }) => name).filter((name) => !kept.some((file) => file.name === name));
}

async function remove(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) await rm(join(folder, name), { force: true }).catch(() => undefined);
}

/** Data files as this module names them. */
const dataPattern = /^(?:params|state)-[0-9a-f]{16}\.safetensors$/;

/** Removes what processes left behind that died while saving, once it is an hour old. */
async function removeLeftovers(folder: string, files: readonly CheckpointFile[]): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const orphan = dataPattern.test(name) && !files.some((file) => file.name === name);
    if (!orphan && !temporaryPattern.test(name)) continue;
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > 3_600_000) await remove(folder, [name]);
  }
}

/** The manifest of a checkpoint, without its tensors. Throws CheckpointError as `loadCheckpoint`. */
export async function inspectCheckpoint(folder: string): Promise<CheckpointInfo> {
  checkPath('inspectCheckpoint', folder);
  const { version, savedAt, files, meta } = await readManifest(folder);
  return { version, savedAt, files, meta };
}

/**
 * Loads a checkpoint. Every file is checked against its checksum, so that a damaged, truncated or torn checkpoint
 * (files of two different saves) is never taken for a whole one. With `like`, the names, shapes and dtypes of the
 * tensors must be those of the given trees.
 * Throws CheckpointError `CHECKPOINT_MISSING`, `CHECKPOINT_CORRUPT`, `CHECKPOINT_VERSION`, `CHECKPOINT_MISMATCH`.
 */
export async function loadCheckpoint<P = Tree, S = StateTree>(
  folder: string,
  options: { readonly like?: { readonly params?: P; readonly state?: S } } = {},
): Promise<LoadedCheckpoint<P, S>> {
  checkPath('loadCheckpoint', folder);
  checkOptions('loadCheckpoint', options, { like: true });
  if (options.like !== undefined) {
    checkOptions('loadCheckpoint: like', options.like, { params: true, state: true });
  }
  const { manifest, arrays } = await readConsistent(folder);
  const { like = {} } = options;
  if (like.params !== undefined) checkLike(folder, 'params', like.params, arrays.params);
  if (like.state !== undefined) checkLike(folder, 'state', like.state, arrays.state);
  try {
    return {
      // `like` has been compared; without it P and S are the general trees.
      params: assemble(manifest, 'params', arrays.params) as P,
      state: assemble(manifest, 'state', arrays.state) as S,
      meta: manifest.meta,
      savedAt: manifest.savedAt,
    };
  } catch (cause) {
    if (!(cause instanceof TreeError)) throw cause;
    throw new CheckpointError('CHECKPOINT_CORRUPT', `${folder}: ${cause.message}`, { cause });
  }
}

type Arrays = Readonly<Record<'params' | 'state', ReadonlyMap<string, ArrayData>>>;

/** Another process may replace the checkpoint between our reading of the manifest and of its files: then again. */
async function readConsistent(folder: string): Promise<{ manifest: Manifest; arrays: Arrays }> {
  for (let attempt = 1; ; attempt++) {
    const manifest = await readManifest(folder);
    try {
      const arrays = { params: new Map<string, ArrayData>(), state: new Map<string, ArrayData>() };
      for (const file of manifest.files) {
        for (const [name, array] of Object.entries(await readTensors(folder, file)))
          arrays[file.role].set(name, array);
      }
      return { manifest, arrays };
    } catch (error) {
      if (attempt === 5 || (await readManifest(folder)).savedAt === manifest.savedAt) throw error;
    }
  }
}

async function readTensors(folder: string, file: CheckpointFile): Promise<Record<string, ArrayData>> {
  const path = join(folder, file.name);
  const corrupt = (what: string, cause?: unknown): CheckpointError =>
    new CheckpointError('CHECKPOINT_CORRUPT', `${path} ${what}; the checkpoint is not whole`, { cause });
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw corrupt(
      errnoCode(cause) === 'ENOENT' ? 'is missing' : `cannot be read (${readReason(cause)})`,
      cause,
    );
  }
  if (bytes.length !== file.bytes) throw corrupt(`has ${bytes.length} bytes, ${file.bytes} were saved`);
  if (sha256Hex(bytes) !== file.sha256) throw corrupt('does not fit its checksum');
  try {
    return decodeSafetensors(bytes).tensors;
  } catch (cause) {
    if (cause instanceof FormatError) throw corrupt(`cannot be read (${cause.message})`, cause);
    throw cause;
  }
}

function assemble(
  manifest: Manifest,
  role: 'params' | 'state',
  arrays: ReadonlyMap<string, ArrayData>,
): StateTree {
  return putTogether(manifest[role], (name) => {
    const array = arrays.get(name);
    if (array === undefined) throw new TreeError(`the tensor '${name}' of ${role} is missing`);
    return toTensor(array);
  });
}

function checkLike(
  folder: string,
  role: string,
  like: unknown,
  arrays: ReadonlyMap<string, ArrayData>,
): void {
  const wanted = takeApart(like).tensors;
  const differences = [
    ...Array.from(wanted, ([name, tensor]) => {
      const found = arrays.get(name);
      if (found === undefined) return `${name} is missing`;
      const [want, got] = [describeArray(tensor), describeArray(found)];
      return want === got ? undefined : `${name} is ${got}, wanted ${want}`;
    }),
    ...Array.from(arrays.keys(), (name) => (wanted.has(name) ? undefined : `${name} is not wanted`)),
  ].filter((difference) => difference !== undefined);
  if (differences.length === 0) return;
  const shown = differences.slice(0, 5).join('; ');
  const more = differences.length > 5 ? `; and ${differences.length - 5} more` : '';
  throw new CheckpointError(
    'CHECKPOINT_MISMATCH',
    `${folder}: the ${role} are of another model: ${shown}${more}`,
  );
}
