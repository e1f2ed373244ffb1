import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TrellisError } from '@core/tensor';
import { expect, onTestFinished } from 'vitest';
import type { ArrayData } from '../src/index.js';

const folder = fileURLToPath(new URL('./goldens/', import.meta.url));

export interface Expected {
  readonly shape: readonly number[];
  readonly type: string;
  readonly values: readonly (number | string)[];
}

const table = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Record<
  string,
  Expected | string
>;

/** What a golden file holds, by NumPy, PyTorch or Pillow. */
export function expected(name: string): Expected {
  const entry = table[name];
  if (entry === undefined || typeof entry === 'string') throw new Error(`no expected values for ${name}`);
  return entry;
}

/** A SHA-256 made by NumPy. */
export function expectedDigest(name: string): string {
  const entry = table[name];
  if (typeof entry !== 'string') throw new Error(`no digest for ${name}`);
  return entry;
}

export function goldenPath(name: string): string {
  return join(folder, name);
}

export function golden(name: string): Uint8Array {
  return new Uint8Array(readFileSync(goldenPath(name)));
}

/** Equal shape and elements; -0 and NaN count. */
export function expectArray(
  array: ArrayData,
  shape: readonly number[],
  values: readonly (number | string)[],
): void {
  expect(array.shape).toEqual(shape);
  expect(Array.from(array.data)).toEqual(values.map(Number));
}

/** An empty folder that goes away with the test. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'trellis-data-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** The TrellisError that `action` throws. */
export async function failure(action: () => unknown): Promise<TrellisError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof TrellisError) return error;
    throw error;
  }
  throw new Error('expected an error, but there was none');
}

/** Expects a TrellisError with this code, of this class, whose message has all of these parts. */
export async function expectFailure(action: () => unknown, code: string, ...parts: string[]): Promise<void> {
  const error = await failure(action);
  expect({ code: error.code, message: error.message }).toEqual({ code, message: error.message });
  for (const part of parts) expect(error.message).toContain(part);
}
