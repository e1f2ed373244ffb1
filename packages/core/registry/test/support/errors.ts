import { RegistryError } from '../../src/index.js';

/** The error that a call ends with, as `code: message`, for exact comparisons. */
export async function refusal(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (thrown) {
    if (thrown instanceof RegistryError) return `${thrown.code}: ${thrown.message}`;
    throw thrown;
  }
  return 'nothing was thrown';
}
