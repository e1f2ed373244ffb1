import { expect } from 'vitest';
import type { TrellisError } from '../../src/errors.js';

/** Expects `run` to throw an error with this code whose message contains `text`. */
export function expectError(run: () => unknown, code: string, text: string): void {
  let caught: unknown;
  try {
    run();
  } catch (error) {
    caught = error;
  }
  const { code: actual, message } = (caught ?? {}) as Partial<TrellisError>;
  expect({ code: actual, message }).toEqual({ code, message: expect.stringContaining(text) as string });
}
