import { BackendError } from '../../../errors.js';
import { withEnvironment } from './environment.js';
import { candidates, installCommand, pathOf, wantedLibrary } from './find.js';
import {
  type ForeignFunction,
  type ForeignLibrary,
  type Koffi,
  type LoadedKoffi,
  loadKoffi,
} from './koffi.js';
import { messageOf } from './messages.js';

/** A BLAS that works on the heap. */
export interface Blas {
  /** Library, version and core type in words: `OpenBLAS 0.3.21 (SkylakeX)`. */
  readonly name: string;
  readonly path: string;
  /** How many threads large products may use: ours, its own are told to stay away. */
  readonly threads: number;
  /** Declares a function (as in C, addresses as uintptr_t); undefined where the library has none of that name. */
  readonly declare: (declaration: string) => ForeignFunction | undefined;
  /** The process's address of the heap's first byte. A memory that is not shared may move when it grows. */
  readonly base: () => number;
  /**
   * What kernels import to multiply matrices on the thread that runs them: sgemm and dgemm as C declares them.
   */
  readonly imports: Readonly<Record<string, ForeignFunction>>;
  /** How other threads of the process come by the imports; undefined where only this one may call the library. */
  readonly elsewhere: ForeignImports | undefined;
}

/** Functions of a library by what a thread needs to declare them for itself. Plain data, sent to workers. */
export interface ForeignImports {
  /** The file that koffi is in. */
  readonly koffi: string;
  /** As it was loaded here, so that the same one is found. */
  readonly library: string;
  readonly declarations: Readonly<Record<string, string>>;
}

const products = {
  sgemm: 'void cblas_sgemm(int,int,int,int,int,int,float,uintptr_t,int,uintptr_t,int,float,uintptr_t,int)',
  dgemm: 'void cblas_dgemm(int,int,int,int,int,int,double,uintptr_t,int,uintptr_t,int,double,uintptr_t,int)',
};

/** A WebAssembly memory; its buffer becomes another one when it grows. */
interface GrowingMemory {
  readonly buffer: ArrayBufferLike;
}

/** Why there is no BLAS, and what to do. */
export interface MissingBlas {
  readonly missing: string;
  readonly install: string;
}

interface Opened {
  readonly koffi: Koffi;
  readonly library: ForeignLibrary;
  readonly name: string;
  readonly path: string;
  readonly imports: Readonly<Record<string, ForeignFunction>>;
  readonly elsewhere: ForeignImports | undefined;
}

let opened: Opened | MissingBlas | undefined;

/**
 * The system's BLAS on this heap, undefined where there is none (`missingBlas` says why). The library is loaded once for
 * a process, and its thread count is the process's.
 *
 * @throws BackendError when TRELLIS_BLAS names a library that cannot be loaded
 */
export function loadBlas({
  threads,
  heap,
}: {
  readonly threads: number;
  readonly heap: { readonly memory: GrowingMemory };
}): Blas | undefined {
  opened ??= open();
  if ('missing' in opened) return undefined;
  const { koffi, library, name, path, imports, elsewhere } = opened;
  return {
    name,
    path,
    threads,
    declare: (declaration) => declare(library, declaration),
    base: baseOf(koffi, heap.memory),
    imports,
    elsewhere,
  };
}

/** Why `loadBlas` gave none; undefined where it gave one, or was not asked. */
export function missingBlas(): MissingBlas | undefined {
  return opened !== undefined && 'missing' in opened ? opened : undefined;
}

function open(): Opened | MissingBlas {
  const loaded = loadKoffi();
  const wanted = typeof loaded === 'string' && !('process' in globalThis) ? undefined : wantedLibrary();
  if (wanted === 'none')
    return { missing: 'switched off by TRELLIS_BLAS=none', install: 'unset TRELLIS_BLAS' };
  if (typeof loaded === 'string') {
    if (wanted === undefined) return { missing: loaded, install: 'npm install koffi' };
    throw new BackendError(`TRELLIS_BLAS is '${wanted}', but ${loaded}; npm install koffi`);
  }
  const { koffi } = loaded;
  return withEnvironment(koffi, () => {
    const names = wanted === undefined ? candidates() : [wanted];
    for (const name of names) {
      try {
        const library = koffi.load(name);
        if (declare(library, 'void cblas_sgemm()') !== undefined) return openedBlas(loaded, library, name);
        if (wanted !== undefined) throw new BackendError('it has no cblas_sgemm');
      } catch (cause) {
        if (wanted !== undefined)
          throw new BackendError(
            `TRELLIS_BLAS is '${wanted}', which cannot be used: ${messageOf(cause)}; set it to a BLAS library's path or name, to 'none', or not at all`,
            { cause },
          );
      }
    }
    return { missing: `none of ${names.join(', ')} is there`, install: installCommand() };
  });
}

function openedBlas({ koffi, path }: LoadedKoffi, library: ForeignLibrary, asked: string): Opened {
  const { concurrent, ...description } = describe(library, asked);
  const imports = Object.entries(products).map(([name, declaration]) => [
    name,
    declare(library, declaration)!,
  ]);
  return {
    ...description,
    koffi,
    library,
    imports: Object.fromEntries(imports) as Opened['imports'],
    elsewhere: concurrent ? { koffi: path, library: asked, declarations: products } : undefined,
  };
}

interface Description extends Pick<Opened, 'name' | 'path'> {
  /** Whether several threads may multiply at once, each on its own. */
  readonly concurrent: boolean;
}

function describe(library: ForeignLibrary, asked: string): Description {
  const path = pathOf(asked);
  const text = (declaration: string): string | undefined =>
    (declare(library, declaration) as (() => string) | undefined)?.();
  const config = text('const char* openblas_get_config()');
  if (config !== undefined) {
    useOneThread(library, 'void openblas_set_num_threads(int)');
    const version = /OpenBLAS ([\d.]+)/.exec(config)?.[1];
    const core = text('const char* openblas_get_corename()');
    // Built for one thread it has no locks around its buffers; with OpenMP each calling thread has a count of its own.
    const parallel = (declare(library, 'int openblas_get_parallel()') as (() => number) | undefined)?.();
    return {
      path,
      concurrent: parallel === 1,
      name: `OpenBLAS${version === undefined ? '' : ` ${version}`}${core === undefined ? '' : ` (${core})`}`,
    };
  }
  if (declare(library, 'int MKL_Get_Max_Threads()') !== undefined) {
    useOneThread(library, 'void MKL_Set_Num_Threads(int)');
    return { path, concurrent: true, name: 'MKL' };
  }
  const accelerate = asked.includes('Accelerate');
  return { path, concurrent: accelerate, name: accelerate ? 'Accelerate' : 'BLAS' };
}

/** The library's own threads would fight with ours, and round differently from one thread on many processors. */
function useOneThread(library: ForeignLibrary, declaration: string): void {
  declare(library, declaration)?.(1);
}

function declare(library: ForeignLibrary, declaration: string): ForeignFunction | undefined {
  try {
    return library.func(declaration) as ForeignFunction;
  } catch {
    return undefined;
  }
}

function baseOf(koffi: Koffi, memory: GrowingMemory): () => number {
  let buffer: ArrayBufferLike | undefined;
  let base = 0;
  // A shared memory stays where it is.
  const shared = 'SharedArrayBuffer' in globalThis && memory.buffer instanceof SharedArrayBuffer;
  return () => {
    if (buffer === undefined || (!shared && buffer !== memory.buffer)) {
      buffer = memory.buffer;
      base = Number(koffi.address(new Uint8Array(buffer)));
    }
    return base;
  };
}
