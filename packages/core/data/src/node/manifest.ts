import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonObject, JsonValue } from '../checkpointTree.js';
import { CheckpointError } from '../errors.js';
import { errnoCode, readReason } from './paths.js';
import { sha256Hex } from './checksum.js';

export const manifestName = 'checkpoint.json';
const format = 'trellis-checkpoint';
const version = 1;

/** A data file of a checkpoint. */
export interface CheckpointFile {
  readonly role: 'params' | 'state';
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** What a checkpoint says of itself. */
export interface CheckpointInfo {
  readonly version: number;
  /** ISO 8601, UTC. */
  readonly savedAt: string;
  readonly files: readonly CheckpointFile[];
  readonly meta: JsonObject;
}

/** The manifest: the info and the trees' structure. */
export interface Manifest extends CheckpointInfo {
  readonly params: JsonValue;
  readonly state: JsonValue;
}

/** The manifest's text. Its checksum covers the compact JSON of everything before it. */
export function manifestText(parts: Omit<Manifest, 'version'>): string {
  const body = { format, version, ...parts };
  return `${JSON.stringify({ ...body, checksum: sha256Hex(JSON.stringify(body)) }, undefined, 2)}\n`;
}

/**
 * Reads and checks the manifest of a checkpoint folder. Throws CheckpointError `CHECKPOINT_MISSING`,
 * `CHECKPOINT_CORRUPT` or `CHECKPOINT_VERSION`.
 */
export async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, manifestName);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const missing = errnoCode(cause) === 'ENOENT' || errnoCode(cause) === 'ENOTDIR';
    throw new CheckpointError(
      missing ? 'CHECKPOINT_MISSING' : 'CHECKPOINT_CORRUPT',
      missing
        ? `no checkpoint in ${folder}: there is no ${manifestName}`
        : `${path} cannot be read: ${readReason(cause)}`,
      { cause },
    );
  }
  return checkManifest(path, text);
}

function checkManifest(path: string, text: string): Manifest {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new CheckpointError('CHECKPOINT_CORRUPT', `${path} is not valid JSON; it was cut off or edited`, {
      cause,
    });
  }
  if (typeof parsed !== 'object' || parsed === null || !('format' in parsed) || parsed.format !== format) {
    throw new CheckpointError('CHECKPOINT_CORRUPT', `${path} is not the manifest of a checkpoint`);
  }
  const { checksum, ...body } = parsed as Record<string, unknown>;
  if (typeof body.version === 'number' && body.version > version) {
    throw new CheckpointError(
      'CHECKPOINT_VERSION',
      `${path} has version ${body.version}, this release reads up to ${version}; use a newer @core/data`,
    );
  }
  if (checksum !== sha256Hex(JSON.stringify(body))) {
    throw new CheckpointError(
      'CHECKPOINT_CORRUPT',
      `${path} does not fit its own checksum; it was damaged or edited`,
    );
  }
  // The checksum proves that this text was written by manifestText.
  return body as unknown as Manifest;
}
