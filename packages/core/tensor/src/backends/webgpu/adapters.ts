import { requestAdapter } from './load.js';

type AdapterNames = Pick<GPUAdapterInfo, 'vendor' | 'architecture' | 'device' | 'description'> & {
  readonly isFallbackAdapter?: boolean;
};

/** Whether an adapter is a program on the processor: SwiftShader, Mesa's llvmpipe, Direct3D's WARP. */
export function isSoftwareAdapter(info: AdapterNames): boolean {
  const names = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`;
  return (
    info.isFallbackAdapter === true ||
    /swiftshader|llvmpipe|lavapipe|softpipe|basic render|\bwarp\b/i.test(names)
  );
}

/** Why no GPU is reached through WebGPU, or undefined where one is. @throws as `requestAdapter` */
export async function unfitAdapter(
  request: () => Promise<Pick<GPUAdapter, 'info'>> = requestAdapter,
): Promise<string | undefined> {
  const { info } = await request();
  if (!isSoftwareAdapter(info)) return undefined;
  const name = [info.description, info.architecture, info.vendor].find((one) => one !== '') ?? 'a fallback';
  return `its adapter (${name}) is no GPU but a program on the processor`;
}
