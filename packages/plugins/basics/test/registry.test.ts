import { createRegistry, provenanceOf } from '@core/registry';
import { random, tensor } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import * as api from '../src/index.js';
import plugin from '../src/plugin.js';

const registry = createRegistry([plugin]);

describe('the plugin in a registry', () => {
  it('makes components of their kinds from names', async () => {
    const model = await registry.create('basics/cnn', { channels: [2], kernel: 3 });
    const { params, state } = model.init(random.key(0), [1, 6, 6]);
    const x = random.normal(random.key(1), [2, 1, 6, 6]);
    const { output } = model.apply(params, state, x);
    const loss = await registry.create('basics/cross-entropy', { labelSmoothing: 0.1 });
    expect(Number.isFinite(loss(output, tensor([3, 4]).cast('int32')).item())).toBe(true);
    expect(provenanceOf(model)).toMatchObject({ use: 'basics/cnn', config: { channels: [2], window: 2 } });
  });

  it('names the option that is wrong, and the nearest right one', async () => {
    await expect(registry.fromSpec({ use: 'basics/cnn', chanels: [2] })).rejects.toThrow(
      /chanels.*channels/s,
    );
    await expect(registry.fromSpec({ use: 'basics/mlp', dropout: 2 })).rejects.toThrow(/dropout/);
    await expect(registry.fromSpec({ use: 'basics/digit' })).rejects.toThrow(/basics\/digits/);
  });

  it('has every component as a function too, with the same defaults', async () => {
    const camel = (name: string): keyof typeof api =>
      name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()) as keyof typeof api;
    const losses = ['cross-entropy', 'focal', 'mse', 'huber', 'binary-cross-entropy']; // those of @core/nn
    for (const [name, { kind }] of Object.entries(plugin.components)) {
      if (losses.includes(name)) continue;
      expect(api).toHaveProperty(camel(name));
      if (kind !== 'dataset' || name === 'reconstruction') continue; // it has another inside
      const fromName = await registry.fromSpec({ use: `basics/${name}` }, { kind: 'dataset' });
      const make = api[camel(name)] as typeof api.digits;
      const direct = make();
      expect([fromName.name, fromName.inputShape, fromName.classNames, fromName.size('train')]).toEqual([
        direct.name,
        direct.inputShape,
        direct.classNames,
        direct.size('train'),
      ]);
    }
  });
});
