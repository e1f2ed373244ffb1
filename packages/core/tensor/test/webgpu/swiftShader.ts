import { deviceIsMissing as isMissing } from '@tooling/swiftshader';
import { requestAdapter } from '../../src/backends/webgpu/load.js';

export { useSwiftShader } from '@tooling/swiftshader';

/** Whether there is no device to test on: `describe.skipIf(await deviceIsMissing())`. */
export const deviceIsMissing = (): Promise<boolean> => isMissing(requestAdapter);
