import { memory, ones, scope, tree } from '@core/tensor';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ComponentDescription, Registry } from '@core/registry';
import { bytesAt, describeState, stateMemory } from '../../src/commands/stateMemory.js';
import { openRegistry } from '../../src/plugins.js';

let registry: Registry;
let optimizers: ComponentDescription[];
beforeAll(async () => {
  registry = await openRegistry({ from: [process.cwd()] });
  const ids = registry.list({ kind: 'optimizer' }).map(({ id }) => id);
  optimizers = await Promise.all(
    ids.filter((id) => id.startsWith('optim/')).map((id) => registry.describe(id)),
  );
});

/** Options that `stateMemory` fills in: an optimizer inside. */
const inside = (about: ComponentDescription): Record<string, unknown> =>
  Object.fromEntries(required(about).map(({ name }) => [name, { use: 'optim/sgd' }]));
const required = ({ options = [] }: ComponentDescription) => options.filter((option) => option.required);

/** What the backend counts while a state is made, with every scalar in it. */
async function heldBy(spec: Record<string, unknown> & { use: string }, shape: number[]): Promise<number> {
  const optimizer = await registry.fromSpec(spec, { kind: 'optimizer' });
  const params = { weight: ones(shape) };
  const before = memory().bytes;
  const state = scope(() => optimizer.init(params));
  const held = memory().bytes - before;
  tree.leaves(state).forEach((x) => x.dispose());
  return held;
}

describe('the state that lab describe prints', () => {
  test('is what every optimizer of @plugins/optim holds, for matrices and vectors of any size', async () => {
    expect(optimizers.length).toBeGreaterThan(25);
    for (const about of optimizers) {
      if (required(about).some(({ type }) => type !== 'optimizer component')) {
        await expect(stateMemory(registry, about)).rejects.toThrow();
        continue;
      }
      const { matrix, vector, inside: inner } = await stateMemory(registry, about);
      expect([about.id, matrix ?? vector]).not.toEqual([about.id, undefined]);
      const spec = { use: about.id, ...inside(about) };
      const held = async (shape: number[]): Promise<number> =>
        (await heldBy(spec, shape)) - (inner === undefined ? 0 : await heldBy({ use: inner }, shape));
      for (const [m, n] of [
        [24, 40],
        [40, 24],
        [3, 2],
      ] as const)
        if (matrix !== undefined)
          expect([about.id, bytesAt(matrix, m, n)]).toEqual([about.id, await held([m, n])]);
      if (vector !== undefined)
        expect([about.id, bytesAt(vector, 0, 100)]).toEqual([about.id, await held([100])]);
    }
  });

  test('is one figure where shapes do not matter, and a formula where they do', async () => {
    const said = async (id: string): Promise<string[]> =>
      describeState(
        await stateMemory(
          registry,
          optimizers.find((about) => about.id === id)!,
        ),
      );
    expect(await said('optim/adam')).toEqual([
      '8 bytes per float32 parameter (parameters themselves take 4), and 40 B',
    ]);
    expect(await said('optim/sgd')).toEqual(['12 B in all, nothing for each parameter']);
    expect(await said('optim/soap')).toEqual([
      'matrix m × n: 8 m n + 8 m² + 8 n² + 68 B, 24 bytes per parameter at 512 × 512 (parameters themselves take 4)',
      'vector of n: 8 n + 68 B',
    ]);
    expect((await said('optim/adafactor'))[0]).toContain(
      '4 m + 4 n + 44 B, 0.016 bytes per parameter at 512 × 512',
    );
    expect(await said('optim/mfac')).toEqual([
      '4,096 bytes per float32 parameter (parameters themselves take 4), and 8.4 MB',
    ]);
    expect((await said('optim/lookahead'))[0]).toMatch(
      /^4 bytes per float32 parameter .*, beside what the optimizer inside keeps$/,
    );
  });

  test('of rules that look at sizes is measured, and what they do not take is said', () => {
    expect(describeState({ matrix: undefined, large: 512 * 512 * 6 + 8, vector: undefined })).toEqual([
      'matrix m × n: 6 bytes per parameter at 512 × 512 (parameters themselves take 4)',
      'vectors: none, or by their length',
    ]);
    expect(describeState({ matrix: undefined, vector: { n: 4 } })).toEqual([
      'not for matrices',
      'vector of n: 4 n bytes',
    ]);
  });
});
