import { afterAll, beforeAll, describe, vi } from 'vitest';
import { useBackend } from '../../src/index.js';
import { backendSuite } from '../support/backendSuite.js';
import { deviceIsMissing } from './swiftShader.js';

describe.skipIf(await deviceIsMissing())('every primitive on WebGPU', () => {
  // It says what the host computes.
  beforeAll(() => void vi.spyOn(console, 'warn').mockImplementation(() => undefined));
  afterAll(() => void vi.restoreAllMocks());

  backendSuite({
    start: () => useBackend('webgpu'),
    dtypes: ['float32', 'int32', 'bool'],
    // Every seed compiles some 1,200 shaders.
    seeds: [1, 2],
  });
});
