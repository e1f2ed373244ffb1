import { blasGemm } from './blas/gemm.js';
import { loadBlas } from './blas/load.js';
import { wasmGemm } from './gemm/wasmGemm.js';
import type { Engine, KernelFunction } from './engine.js';
import { createHeap } from './heap/create.js';
import { debugHeap } from './heap/debug.js';
import { threadCount } from './threads/count.js';
import { createPool } from './threads/pool.js';
import { encodeModule } from './wasm/module.js';
import { platform } from './wasm/platform.js';

export interface EngineOptions {
  /** How many threads kernels may use, this one included. */
  readonly threads?: number;
  /** Watches over the heap's blocks, slowly; by default where the environment has TRELLIS_DEBUG_MEMORY=1. */
  readonly debugMemory?: boolean;
}

/** An engine with a heap of its own. */
export function createEngine(options: EngineOptions = {}): Engine {
  const shared = typeof SharedArrayBuffer !== 'undefined';
  const { debugMemory = environmentAsks() } = options;
  const heap = debugMemory ? debugHeap(createHeap(shared)) : createHeap(shared);
  const relaxed = hasRelaxedSimd();
  const known = new Map<string, readonly KernelFunction[]>();
  const threads = threadCount(options.threads);
  const blas = loadBlas({ threads, heap });
  const pool = createPool({ memory: heap.memory, threads, heap, foreign: blas?.elsewhere });
  const imports = { env: { memory: heap.memory, ...blas?.imports } };

  const engine: Engine = {
    heap,
    relaxed,
    threads,
    blas,
    functions(key, define) {
      let made = known.get(key);
      if (made === undefined) {
        const definitions = define();
        const module = new platform.Module(encodeModule(definitions, heap.type));
        const { exports } = new platform.Instance(module, imports);
        made = definitions.map((_, index) => ({
          module,
          index,
          call: exports[String(index)] as KernelFunction['call'],
        }));
        known.set(key, made);
      }
      return made;
    },
    parallel: pool.run,
    get gemm() {
      return gemm;
    },
  };
  const gemm = blas === undefined ? wasmGemm(engine) : blasGemm(blas, engine);
  return engine;
}

function environmentAsks(): boolean {
  return typeof process !== 'undefined' && process.env['TRELLIS_DEBUG_MEMORY'] === '1';
}

/** Whether the engine knows `f32x4.relaxed_madd`, by a function that uses it. */
function hasRelaxedSimd(): boolean {
  const type = [0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b];
  const local = [0xfd, 0x0c, ...new Array<number>(16).fill(0)];
  const body = [0x00, ...local, ...local, ...local, 0xfd, 0x85, 0x02, 0x0b];
  const code = [0x0a, body.length + 2, 0x01, body.length, ...body];
  const bytes = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...type, 0x03, 0x02, 0x01, 0x00, ...code];
  return platform.validate(Uint8Array.from(bytes));
}
