import { readText } from './find.js';
import type { Koffi } from './koffi.js';

/**
 * What OpenBLAS should find in the environment when it is loaded, where the user has not set it.
 *
 * OPENBLAS_NUM_THREADS: it starts none of its own threads, which would keep ours from the cores.
 *
 * OPENBLAS_CORETYPE names the kernels to use. A library that is older than the processor takes the slowest ones
 * (0.3.21 knows no Sapphire Rapids and takes Prescott's, with SSE3), and what it took is known only after it is loaded.
 * So it is told, by what the processor can do. The core types that newer versions have beyond SkylakeX and Haswell
 * (Cooperlake, SapphireRapids, Zen) differ in bfloat16 and in tuning.
 */
function settings(): Record<string, string> {
  const core = coreFor(process.arch, readText('/proc/cpuinfo'));
  return { OPENBLAS_NUM_THREADS: '1', ...(core === undefined ? {} : { OPENBLAS_CORETYPE: core }) };
}

/** The core type for the processor that /proc/cpuinfo tells of; undefined where the library chooses well or nothing is known. */
export function coreFor(architecture: string, cpuinfo: string): string | undefined {
  if (architecture !== 'x64') return undefined;
  const flags = new Set(/^flags\s*:\s*(.*)$/m.exec(cpuinfo)?.[1]?.split(' '));
  const has = (...names: readonly string[]): boolean => names.every((name) => flags.has(name));
  if (has('avx512f', 'avx512dq', 'avx512bw', 'avx512vl')) return 'SkylakeX';
  if (has('avx2', 'fma')) return /AuthenticAMD/.test(cpuinfo) ? 'Zen' : 'Haswell';
  return undefined;
}

/**
 * Runs `load` with these settings in the process's environment, and takes them out again: programs that are started
 * later should not inherit them. Through libc, because a worker thread's `process.env` is only a copy; on Windows,
 * where the C library keeps one of its own too, through `process.env`.
 */
export function withEnvironment<T>(koffi: Koffi, load: () => T): T {
  const own = Object.entries(settings()).filter(([name]) => process.env[name] === undefined);
  const { set, unset } = process.platform === 'win32' ? nodeEnvironment : systemEnvironment(koffi);
  for (const [name, value] of own) set(name, value);
  try {
    return load();
  } finally {
    for (const [name] of own) unset(name);
  }
}

interface Environment {
  readonly set: (name: string, value: string) => void;
  readonly unset: (name: string) => void;
}

const nodeEnvironment: Environment = {
  set: (name, value) => void (process.env[name] = value),
  unset: (name) => void Reflect.deleteProperty(process.env, name),
};

function systemEnvironment(koffi: Koffi): Environment {
  const system = koffi.load(null);
  const set = system.func('int setenv(const char*, const char*, int)') as (
    name: string,
    value: string,
    overwrite: number,
  ) => number;
  const unset = system.func('int unsetenv(const char*)') as (name: string) => number;
  return { set: (name, value) => void set(name, value, 1), unset: (name) => void unset(name) };
}
