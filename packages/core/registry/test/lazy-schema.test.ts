import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { createRegistry, definePlugin, lazySchema, type Plugin } from '../src/index.js';
import { checkPlugin } from '../src/testing.js';
import { refusal } from './support/errors.js';
import { toy } from './support/toy.js';

const { decay } = toy.components;

function pluginWith<C extends Plugin['components'][string]['config']>(config: C) {
  return definePlugin({
    contract: 1,
    name: 'later',
    version: '1.0.0',
    components: { decay: { ...decay, config, load: () => import('./support/decay.js') } },
  });
}

/** The schema of `toy/decay`, and how often it was asked for. */
function counted() {
  const load = vi.fn(() => Promise.resolve(decay.config));
  return { load, registry: createRegistry([pluginWith(lazySchema(load))]) };
}

describe('lazySchema', () => {
  it('is not loaded to list components, only to check a config', async () => {
    const { load, registry } = counted();
    expect(registry.list().map(({ id }) => id)).toEqual(['later/decay']);
    expect(load).not.toHaveBeenCalled();
    const { spec } = await registry.prepare('later/decay');
    expect(spec).toEqual({ use: 'later/decay', start: 1, factor: 0.9 });
    expect(load).toHaveBeenCalled();
  });

  it('says as much of mistakes and options as a schema in the manifest', async () => {
    const { registry } = counted();
    const plain = createRegistry([toy]);
    const wrong = { factr: 2, start: 'x' };
    const said = await refusal(() => registry.prepare({ ...wrong, use: 'later/decay' }));
    const expected = await refusal(() => plain.prepare({ ...wrong, use: 'toy/decay' }));
    expect(said).toBe(expected.replace('toy/decay', 'later/decay'));
    expect(said).toContain('did you mean factor?');
    const { options } = await registry.describe('later/decay');
    expect(options).toEqual((await plain.describe('toy/decay')).options);
    expect(options).toHaveLength(2);
  });

  it('is a Standard Schema for others, too', async () => {
    const schema = lazySchema(() => Promise.resolve(z.object({ n: z.number().default(3) })));
    expect(await schema['~standard'].validate({})).toEqual({ value: { n: 3 } });
    expect(await schema['~standard'].validate({ n: 'x' })).toHaveProperty('issues');
  });

  it('that cannot be loaded is an error that names component and reason', async () => {
    const broken = lazySchema(() => Promise.reject<typeof decay.config>(new Error('no such file')));
    const registry = createRegistry([pluginWith(broken)]);
    const reason = 'the options of later/decay (later@1.0.0) could not be loaded: no such file';
    expect(await refusal(() => registry.prepare('later/decay', { path: 'schedule' }))).toBe(
      `CREATE: schedule: ${reason}`,
    );
    expect(await refusal(() => registry.describe('later/decay'))).toBe(`CREATE: ${reason}`);
    const problems = await checkPlugin(pluginWith(broken));
    expect(problems.map(({ message }) => message)).toEqual(['its config cannot be loaded: no such file']);
  });
});
