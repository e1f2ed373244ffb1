import { describe, expect, it } from 'vitest';
import {
  checkProvenance,
  createRegistry,
  provenanceOf,
  requireProvenance,
  type Provenance,
} from '../src/index.js';
import { refusal } from './support/errors.js';
import { toy } from './support/toy.js';

const registry = createRegistry([toy]);
const at = (version: string): ReturnType<typeof createRegistry> => createRegistry([{ ...toy, version }]);
const saved: Provenance = {
  use: 'toy/decay',
  plugin: 'toy@1.2.0',
  contract: 1,
  config: { start: 1, factor: 0.9 },
};
const findings = async (record: unknown, own = registry): Promise<string[]> =>
  (await checkProvenance(record, own)).map(({ severity, message }) => `${severity}: ${message}`);

describe('checkProvenance', () => {
  it('finds nothing in what was just made, also after JSON', async () => {
    const made = await registry.create('toy/wrapped', { inner: { use: 'toy/sgd', learningRate: 0.5 } });
    expect(await findings(JSON.parse(JSON.stringify(provenanceOf(made))))).toEqual([]);
    expect(await findings({ schedule: saved, 'optimizers[0]': provenanceOf(made) })).toEqual([]);
  });

  it.each([
    ['1.2.1', 'warning: toy/decay was made by toy@1.2.0; installed is toy@1.2.1'],
    ['1.9.0', 'warning: toy/decay was made by toy@1.2.0; installed is toy@1.9.0'],
    ['2.0.0', 'error: toy/decay was made by toy@1.2.0; installed is toy@2.0.0, which may not be compatible'],
    ['0.2.0', 'error: toy/decay was made by toy@1.2.0; installed is toy@0.2.0, which may not be compatible'],
  ])('compares with version %s', async (version, finding) => {
    expect(await findings(saved, at(version))).toEqual([finding]);
  });

  it('takes a minor version before 1.0 for a breaking one', async () => {
    expect(await findings({ ...saved, plugin: 'toy@0.1.0' }, at('0.2.0'))).toHaveLength(1);
    expect(await findings({ ...saved, plugin: 'toy@0.1.0' }, at('0.1.9'))).toEqual([
      'warning: toy/decay was made by toy@0.1.0; installed is toy@0.1.9',
    ]);
  });

  it('says what would be different now', async () => {
    expect(await findings({ ...saved, config: { start: 1 } })).toEqual([
      'warning: toy/decay: factor was undefined and would now be 0.9',
    ]);
    expect(await findings({ ...saved, use: 'toy/old-sgd', config: {} })).toEqual([
      'warning: toy/old-sgd was replaced by toy/sgd',
    ]);
  });

  it.each([
    [{ ...saved, use: 'gone/decay', plugin: 'gone@3.0.0' }],
    [{ ...saved, config: { start: 1, factor: -1 } }],
    [{ ...saved, config: { start: 1, speed: 2 } }],
    [{ ...saved, contract: 2 }],
    [{ ...saved, plugin: 'toy' }],
    ['toy/decay'],
    [{ schedule: { use: 'toy/decay' } }],
  ])('refuses %j', async (record) => {
    expect(await findings(record)).toMatchSnapshot();
  });
});

describe('requireProvenance', () => {
  it('throws errors and logs warnings', async () => {
    const warnings: string[] = [];
    await requireProvenance(saved, at('1.3.0'), (message) => warnings.push(message));
    expect(warnings).toEqual(['toy/decay was made by toy@1.2.0; installed is toy@1.3.0']);
    expect(await refusal(() => requireProvenance({ ...saved, contract: 2 }, registry))).toBe(
      'PROVENANCE: toy/decay was made under plugin contract 2; this is contract 1',
    );
  });
});
