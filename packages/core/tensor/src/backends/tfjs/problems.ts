/** The versions that this adapter is tested with. */
const version = '4.22.0';

/** Why a package of tfjs cannot be used, and what to run. */
export function packageProblem(module: string, thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const missing = missingPackage(message, (thrown as { code?: unknown } | null)?.code);
  if (missing !== undefined) return `${missing} is not installed; run: npm install ${installed(module)}`;
  if (module.endsWith('webgpu') && /not registered|not initialised/.test(message))
    return `${module} is installed, but there is no WebGPU here (navigator.gpu, with an adapter): use a browser that has it, or ask for package 'wasm'`;
  if (message === 'not registered')
    return `${module} did not register with the tfjs-core that was found: there are two copies; run: npm install ${installed(module)}`;
  if (/libcud|libcublas|libcufft|libcurand|libcusolver|libcusparse|cuda/i.test(message))
    return (
      `${module} found no CUDA; it needs an NVIDIA driver, CUDA 11.2 and cuDNN 8.1: install them, put their folder into ` +
      `LD_LIBRARY_PATH and see that "ldconfig -p | grep libcudart.so.11" finds it; or compute on the processor: npm install ${installed('@tensorflow/tfjs-node')}`
    );
  if (/tfjs_binding|libtensorflow|native addon/i.test(message))
    return (
      `${module} is installed without its binary, which is fetched when it is installed; run: npm rebuild ${module} ` +
      `(with pnpm: pnpm approve-builds, then pnpm rebuild ${module})`
    );
  return `${module} does not start: ${message.split('\n')[0]!}`;
}

/** The name in "Cannot find package 'x'" and its kin. */
function missingPackage(message: string, code: unknown): string | undefined {
  const absent =
    code === 'ERR_MODULE_NOT_FOUND' ||
    code === 'MODULE_NOT_FOUND' ||
    /cannot find (package|module)|(failed to (load|resolve)|could not resolve) /i.test(message);
  // The binary of tfjs-node is a module that is not found, too.
  if (!absent || /tfjs_binding/.test(message)) return undefined;
  return /@tensorflow\/[a-z-]+/.exec(message)?.[0];
}

function installed(module: string): string {
  return module.includes('tfjs-node')
    ? `${module}@${version}`
    : `@tensorflow/tfjs-core@${version} ${module}@${version}`;
}
