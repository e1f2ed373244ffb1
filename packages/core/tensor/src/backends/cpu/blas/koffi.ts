import { messageOf } from './messages.js';

/** A function of a C library. Addresses are numbers (`uintptr_t`). */
export type ForeignFunction = (...args: readonly (number | string)[]) => number;

/** What of koffi (https://koffi.dev) is used here; the package is optional, so its types are not imported. */
export interface Koffi {
  /** `null` loads the process itself: everything that is linked into it, libc included. */
  readonly load: (path: string | null) => ForeignLibrary;
  readonly address: (view: ArrayBufferView) => bigint;
}

export interface ForeignLibrary {
  /** Throws when the library has no such function. */
  readonly func: (declaration: string) => unknown;
}

/** koffi, and the file it was loaded from. */
export interface LoadedKoffi {
  readonly koffi: Koffi;
  readonly path: string;
}

/**
 * koffi, or in words why there is none. It is looked for from this file (where it is installed next to this package)
 * and from the working directory (where a project has it). Nothing is imported, so that browsers and bundlers, which
 * have no use for it, see no dependency.
 */
export function loadKoffi(): LoadedKoffi | string {
  const node = globalThis.process as typeof process | undefined;
  if (typeof node?.getBuiltinModule !== 'function')
    return 'no library can be called from here: this is not Node';
  const { createRequire } = node.getBuiltinModule('node:module');
  let reason = '';
  for (const from of [import.meta.url, `${node.cwd()}/package.json`]) {
    try {
      const load = createRequire(from);
      return { koffi: load('koffi') as Koffi, path: load.resolve('koffi') };
    } catch (thrown) {
      const missing = (thrown as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND';
      if (!missing || reason === '')
        reason = missing ? 'koffi is not installed' : `koffi does not start: ${messageOf(thrown)}`;
    }
  }
  return reason;
}
