import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Backend } from '../../src/index.js';
import { backendSuite } from '../support/backendSuite.js';
import { startTfjs } from './support.js';

describe.each(['cpu', 'wasm'] as const)('every primitive on the %s engine', (engine) => {
  let backend: Backend;
  const said: string[] = [];

  beforeAll(() => {
    vi.spyOn(console, 'warn').mockImplementation((message: string) => {
      // tfjs prints advice, too.
      if (message.startsWith('tfjs: ')) said.push(message);
    });
  });
  afterAll(() => void vi.restoreAllMocks());

  backendSuite({
    start: async () => (backend = await startTfjs(engine)),
    dtypes: ['float32', 'int32', 'bool'],
    seeds: [1, 2, 3, 4],
  });

  it('says once for each primitive that the host computes it', () => {
    const host = said.map((message) => /^tfjs: (\w+) is computed on the host/.exec(message)?.[1]);
    expect(host.filter((name) => name === undefined)).toEqual([]);
    expect(new Set(host).size).toBe(host.length);
    expect(host).toContain('svd');
    expect(host).not.toContain('exp');
    expect(backend.memory().bytes).toBeGreaterThanOrEqual(0);
  });
});
