import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildNodeProgram } from '../support/program.js';
import type { NodeProgram } from '../support/program.js';
import { deviceIsMissing } from './swiftShader.js';

describe.skipIf(await deviceIsMissing())('a Node program with the WebGPU backend ends by itself', () => {
  let program: NodeProgram;
  beforeAll(async () => {
    program = await buildNodeProgram('webgpu');
  }, 60_000);
  afterAll(() => program.remove());

  it.each([
    ['compute', [5]],
    ['host', [8, 6]],
    ['unread', 'asked for'],
    ['idle', 'started'],
  ])('%s', { timeout: 40_000 }, async (mode, said) => {
    expect(JSON.parse(await program.run([mode]))).toEqual(said);
  });
});
