import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

/** How to start every peer that this machine has; `label` is the column it belongs to, `suites` the only ones it is in. */
export function peers() {
  const javascript = (label, { name = label, peer = label, ...rest } = {}) => ({
    label,
    name,
    command: process.execPath,
    args: [path('../child.mjs'), peer],
    ...rest,
  });
  return [
    javascript('Trellis', { peer: 'trellis' }),
    javascript('Trellis without BLAS', {
      peer: 'trellis',
      env: { TRELLIS_BLAS: 'none' },
      suites: ['gemm', 'linalg', 'conv', 'steps'],
    }),
    ...pythonPeers(),
    javascript('tfjs-wasm'),
    javascript('tfjs-cpu'),
    javascript('jax-js'),
  ];
}

/** The peers of `pnpm gpu:check`: WebGPU, the CPU engine, and PyTorch on the GPU where it has one. */
export function gpuPeers() {
  const node = (label, peer) => ({
    label,
    name: label,
    command: process.execPath,
    args: [path('../child.mjs'), peer],
  });
  const python = pythons.find((one) => imports(one, 'torch; assert torch.cuda.is_available()'));
  return [
    node('WebGPU', 'trellis-webgpu'),
    node('CPU', 'trellis'),
    ...(python === undefined
      ? []
      : [
          {
            label: 'PyTorch',
            name: 'PyTorch',
            command: python,
            args: [path('./python/child.py'), 'torch'],
            env: { TRELLIS_BENCH_DEVICE: 'cuda', OMP_NUM_THREADS: `${cpus().length}` },
          },
        ]),
  ];
}

const pythons = ['python3', '/usr/bin/python3'];

/** PyTorch and NumPy of one installation, once for each number of threads: the column shows the better one. */
function pythonPeers() {
  const has = (modules) => pythons.find((candidate) => imports(candidate, modules));
  const both = has('numpy, torch');
  const command = both ?? has('numpy');
  if (command === undefined) return [];
  const libraries = [
    ...(both === undefined ? [] : [{ module: 'torch', label: 'PyTorch' }]),
    { module: 'numpy', label: 'NumPy', suites: ['gemm', 'linalg'] },
  ];
  return libraries.flatMap(({ module, ...peer }) =>
    (cpus().length > 1 ? [1, 2] : [1]).map((threads) => ({
      ...peer,
      name: `${peer.label}, threads: ${threads}`,
      command,
      args: [path('./python/child.py'), module],
      env: { ...pythonEnvironment(), OMP_NUM_THREADS: `${threads}`, OPENBLAS_NUM_THREADS: `${threads}` },
    })),
  );
}

function imports(python, modules) {
  try {
    execFileSync(python, ['-c', `import ${modules}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * An OpenBLAS older than the processor takes its slowest kernels. Trellis tells it which to take (backends/cpu/blas of
 * @core/tensor), so the peers are told the same, unless the user has.
 */
export function pythonEnvironment() {
  if (process.env.OPENBLAS_CORETYPE !== undefined || process.arch !== 'x64') return {};
  const flags = new Set(/^flags\s*:\s*(.*)$/m.exec(cpuinfo())?.[1]?.split(' '));
  if (['avx512f', 'avx512dq', 'avx512bw', 'avx512vl'].every((flag) => flags.has(flag)))
    return { OPENBLAS_CORETYPE: 'SkylakeX' };
  if (!flags.has('avx2') || !flags.has('fma')) return {};
  return { OPENBLAS_CORETYPE: cpuinfo().includes('AuthenticAMD') ? 'Zen' : 'Haswell' };
}

function cpuinfo() {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
}
