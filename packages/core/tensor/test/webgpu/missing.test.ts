import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { BackendError } from '../../src/index.js';
import { requestAdapter } from '../../src/backends/webgpu/load.js';
import type { ImportModule, WebGpuOptions } from '../../src/backends/webgpu/load.js';
import { buildNodeProgram } from '../support/program.js';
import type { NodeProgram } from '../support/program.js';

async function reasonOf(load: ImportModule): Promise<string> {
  const error: unknown = await requestAdapter({}, load).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(BackendError);
  return (error as BackendError).message;
}

/** An `import()` that fails. */
const failing =
  (message: string, code?: string): ImportModule =>
  async () => {
    throw Object.assign(new Error(message), { code });
  };

const withoutAdapter = { requestAdapter: async () => null };

describe('a missing WebGPU', () => {
  afterEach(() => void vi.unstubAllGlobals());

  it('says which package to install', async () => {
    const load = failing("Cannot find package 'webgpu' imported from /somewhere/load.js", 'ERR_MODULE_NOT_FOUND'); // prettier-ignore
    expect(await reasonOf(load)).toBe(
      'webgpu: the package webgpu is not installed; run: npm install webgpu@0.6.2',
    );
  });

  it('says where the package has no binary, and what else keeps it from starting', async () => {
    expect(await reasonOf(failing("Cannot find module './dist/linux-riscv64.dawn.node'"))).toContain(
      `webgpu: the package webgpu has no binary for ${process.platform}-${process.arch}`,
    );
    const old = "/lib/libc.so.6: version `GLIBC_2.34' not found (required by linux-x64.dawn.node)";
    expect(await reasonOf(failing(old, 'ERR_DLOPEN_FAILED'))).toBe(
      `webgpu: the package webgpu does not start: ${old}`,
    );
  });

  it('says what a GPU needs where none is found', async () => {
    const message = await reasonOf(async () => ({ create: () => withoutAdapter }));
    expect(message).toMatch(/^webgpu: no GPU was found \(no adapter\)/);
    if (process.platform === 'linux') expect(message).toContain('apt-get install libvulkan1');
  });

  it('takes the browser’s own, and says where that gives none', async () => {
    vi.stubGlobal('navigator', { gpu: withoutAdapter });
    const message = await reasonOf(failing('not to be asked'));
    expect(message).toMatch(/^webgpu: this browser has WebGPU but gives no adapter: .*chrome:\/\/gpu/);
  });

  it('says that a browser has no WebGPU', async () => {
    vi.stubGlobal('navigator', {});
    vi.stubGlobal('process', { ...process, versions: {} });
    const message = await reasonOf(failing('not to be asked'));
    expect(message).toMatch(/^webgpu: this browser has no WebGPU .* from localhost$/);
  });

  it('refuses options that mean nothing', async () => {
    for (const [options, text] of [
      [
        { power: 'low' },
        "there is no option 'power'; the options are powerPreference, adapter, bindingBytes, intermediates",
      ],
      [{ powerPreference: 'most' }, "powerPreference must be 'high-performance' or 'low-power', got 'most'"],
      [{ adapter: 3 }, 'adapter must be a string, got 3'],
      [{ bindingBytes: 100 }, 'bindingBytes must be a positive multiple of 256, got 100'],
    ] as const)
      await expect(requestAdapter(options as WebGpuOptions)).rejects.toMatchObject({
        code: 'ARGUMENT',
        message: `webgpu: ${text}`,
      });
  });
});

// Elsewhere the GPU is not reached through Vulkan, so it cannot be hidden from a process.
describe.skipIf(process.platform !== 'linux')('a process without a Vulkan driver', () => {
  let program: NodeProgram;
  beforeAll(async () => {
    program = await buildNodeProgram('webgpu');
  }, 60_000);
  afterAll(() => program.remove());

  it('is told what to install, and computes on the CPU', { timeout: 40_000 }, async () => {
    const nowhere = '/nowhere/driver.json';
    const said = await program.run(['without'], { VK_DRIVER_FILES: nowhere, VK_ICD_FILENAMES: nowhere });
    expect(JSON.parse(said)).toEqual({
      name: 'BackendError',
      code: 'BACKEND',
      message: expect.stringMatching(
        /^useBackend: 'webgpu' could not start: webgpu: no GPU was found \(no adapter\).*apt-get install libvulkan1/,
      ) as string,
      sum: 7,
    });
  });
});
