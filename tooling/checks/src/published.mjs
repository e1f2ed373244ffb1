import { readFileSync } from 'node:fs';
import * as attw from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

/** publint on the packed files; warnings count as errors, as in `publint --strict`. */
export async function checkPublint({ manifest, tarballs }) {
  const tarball = readFileSync(tarballs.get(manifest.name));
  const { messages, pkg } = await publint({
    strict: true,
    level: 'warning',
    pack: { tarball: tarball.buffer.slice(tarball.byteOffset, tarball.byteOffset + tarball.byteLength) },
  });
  return messages.map((message) => formatMessage(message, pkg, { color: false }) ?? message.code);
}

/**
 * are-the-types-wrong on the packed files: what `import`, `require` and bundlers see at each entry.
 * The `node10` column is left out: TypeScript's resolution of 2019 does not read `exports` at all, and every
 * supported Node and every supported TypeScript setting does.
 */
export async function checkTypes({ manifest, tarballs }) {
  const archive = attw.createPackageFromTarballData(
    new Uint8Array(readFileSync(tarballs.get(manifest.name))),
  );
  const result = await attw.checkPackage(archive);
  if (result.types === false) return ['The package contains no types.'];
  return result.problems
    .filter((problem) => problem.resolutionKind !== 'node10')
    .map((problem) => `${problem.kind} ${problem.entrypoint ?? ''} ${problem.resolutionKind ?? ''}`.trim());
}
