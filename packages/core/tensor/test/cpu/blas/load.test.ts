import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { describeBlas } from '../../../src/backends/cpu/blas/describe.js';
import { coreFor } from '../../../src/backends/cpu/blas/environment.js';
import { candidates, installCommand } from '../../../src/backends/cpu/blas/find.js';
import { loadBlas, missingBlas } from '../../../src/backends/cpu/blas/load.js';
import { testHeap } from './heap.js';

const heap = testHeap(2 ** 16);
const cpuinfo = (vendor: string, flags: string): string =>
  `processor\t: 0\nvendor_id\t: ${vendor}\nflags\t\t: fpu ${flags} sse2\n\nprocessor\t: 1\n`;

describe('the core type that OpenBLAS is told', () => {
  it('follows what the processor can do', () => {
    const wide = 'avx2 fma avx512f avx512dq avx512bw avx512vl';
    expect(coreFor('x64', cpuinfo('GenuineIntel', wide))).toBe('SkylakeX');
    expect(coreFor('x64', cpuinfo('AuthenticAMD', wide))).toBe('SkylakeX');
    expect(coreFor('x64', cpuinfo('GenuineIntel', 'avx2 fma avx512f'))).toBe('Haswell');
    expect(coreFor('x64', cpuinfo('AuthenticAMD', 'fma avx2'))).toBe('Zen');
  });

  it('is left to the library where nothing is known', () => {
    expect(coreFor('x64', cpuinfo('GenuineIntel', 'avx'))).toBeUndefined();
    expect(coreFor('x64', cpuinfo('GenuineIntel', 'avx2'))).toBeUndefined();
    expect(coreFor('x64', '')).toBeUndefined();
    expect(coreFor('arm64', cpuinfo('GenuineIntel', 'avx2 fma'))).toBeUndefined();
  });
});

describe('where a BLAS is looked for', () => {
  it('has names for each system', () => {
    expect(candidates('linux')[0]).toBe('libopenblas.so.0');
    expect(candidates('darwin')[0]).toMatch(/Accelerate$/);
    expect(candidates('win32').every((name) => name.endsWith('.dll'))).toBe(true);
    expect(candidates('freebsd')).toEqual(candidates('linux'));
  });

  it('knows the command that installs one', () => {
    expect(installCommand('linux', 'ID=debian\n')).toBe('apt-get install libopenblas0');
    expect(installCommand('linux', 'ID=ubuntu\nID_LIKE=debian\n')).toBe('apt-get install libopenblas0');
    expect(installCommand('linux', 'NAME=x\nID=fedora\n')).toBe('dnf install openblas');
    expect(installCommand('linux', 'ID="rocky"\nID_LIKE="rhel centos fedora"\n')).toBe(
      'dnf install openblas',
    );
    expect(installCommand('darwin', '')).toMatch(/nothing to install/);
    expect(installCommand('win32', '')).toMatch(/TRELLIS_BLAS/);
  });
});

/** What a fresh process says: the library is loaded once for each. */
function inProcess(environment: Record<string, string>, body: string): string {
  const source = new URL('../../../src/backends/cpu/blas/', import.meta.url).href;
  const program = `
    import { createServer } from 'vite';
    const server = await createServer({ configFile: false, logLevel: 'silent', server: { middlewareMode: true, ws: false }, optimizeDeps: { noDiscovery: true } });
    const { loadBlas, missingBlas } = await server.ssrLoadModule(new URL('load.ts', '${source}').pathname);
    const heap = { memory: { buffer: new SharedArrayBuffer(1024) } };
    try { ${body} } catch (error) { console.log(error.name + ': ' + error.message); }
    await server.close();`;
  return execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    env: { ...process.env, ...environment },
    encoding: 'utf8',
  }).trim();
}

describe('TRELLIS_BLAS', () => {
  const report =
    'const blas = loadBlas({ threads: 1, heap }); console.log(JSON.stringify([blas?.path, blas?.name, missingBlas(), process.env.OPENBLAS_CORETYPE, process.env.OPENBLAS_NUM_THREADS]));';

  it('none switches it off', () => {
    expect(JSON.parse(inProcess({ TRELLIS_BLAS: 'none' }, report))).toEqual([
      null,
      null,
      { missing: 'switched off by TRELLIS_BLAS=none', install: 'unset TRELLIS_BLAS' },
      null,
      null,
    ]);
  });

  it('that cannot be loaded, or is no BLAS, is an error that says so', () => {
    expect(inProcess({ TRELLIS_BLAS: '/no/such/libblas.so' }, report)).toMatch(
      /^BackendError: TRELLIS_BLAS is '\/no\/such\/libblas.so', which cannot be used: .*no such file/i,
    );
    if (process.platform === 'linux')
      expect(inProcess({ TRELLIS_BLAS: 'libc.so.6' }, report)).toMatch(
        /which cannot be used: it has no cblas_sgemm/,
      );
  });
});

const blas = loadBlas({ threads: 2, heap });

describe.skipIf(blas === undefined)('a BLAS', () => {
  it('says what it is, and where', () => {
    expect(describeBlas(blas)).toEqual({ name: blas!.name, path: blas!.path, threads: 2 });
    expect(missingBlas()).toBeUndefined();
    if (blas!.name.startsWith('OpenBLAS')) expect(blas!.name).toMatch(/^OpenBLAS \d+\.\d+.* \(\w+\)$/);
    if (process.platform === 'linux') expect(blas!.path).toMatch(/^\/.*\.so/);
  });

  it('leaves the environment of later processes as it was', () => {
    const text = execFileSync(process.execPath, ['-p', 'JSON.stringify(process.env)'], { encoding: 'utf8' });
    expect(text).toContain('PATH');
    if (process.env['OPENBLAS_NUM_THREADS'] === undefined) expect(text).not.toContain('OPENBLAS_NUM_THREADS');
  });

  it('declares functions, and tells when there is none', () => {
    expect(blas!.declare('void cblas_dgemm()')).toBeTypeOf('function');
    expect(blas!.declare('void no_such_routine_()')).toBeUndefined();
  });

  it('finds a memory that has moved', () => {
    const memory = { buffer: new ArrayBuffer(64) };
    const moving = loadBlas({ threads: 1, heap: { memory } })!;
    const sum = moving.declare('double cblas_dasum(int, uintptr_t, int)')!;
    new Float64Array(memory.buffer).fill(1);
    expect(sum(8, moving.base(), 1)).toBe(8);
    memory.buffer = new ArrayBuffer(1024);
    new Float64Array(memory.buffer).fill(2);
    expect(sum(128, moving.base(), 1)).toBe(256);
  });
});
