import { LawError, type Law } from '../../src/testing.js';

/** Names of the laws that do not hold, with what they say. */
export async function broken(all: readonly Law[]): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const { name, check } of all) {
    await check().catch((thrown: unknown) => {
      found[name] = thrown instanceof LawError ? thrown.message : `${String(thrown)} (no LawError)`;
    });
  }
  return found;
}
