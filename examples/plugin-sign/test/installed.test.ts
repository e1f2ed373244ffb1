import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createRegistry, provenanceOf } from '@core/registry';
import { discover, loadDiscovered } from '@core/registry/node';
import { tensor } from '@core/tensor';
import { afterAll, expect, it } from 'vitest';

// An app that knows nothing of this package but the line in its package.json, as `pnpm add` leaves it.
const app = mkdtempSync(join(tmpdir(), 'trellis-app-'));
mkdirSync(join(app, 'node_modules'));
symlinkSync(resolve(import.meta.dirname, '..'), join(app, 'node_modules/trellis-plugin-sign'), 'dir');
writeFileSync(
  join(app, 'package.json'),
  JSON.stringify({ dependencies: { 'trellis-plugin-sign': '^0.1.0' } }),
);

afterAll(() => {
  rmSync(app, { recursive: true, force: true });
});

it('is found and used by being installed', async () => {
  // The source condition lets this test run without a build; an app leaves it out.
  const found = await discover(app, { conditions: ['@trellis/source', 'import'] });
  expect(found.map((one) => [one.package, one.packageVersion, one.failure])).toEqual([
    ['trellis-plugin-sign', '0.1.0', undefined],
  ]);

  const registry = createRegistry(await loadDiscovered(found), {
    log: ({ message }) => expect.fail(message),
  });
  expect(registry.list().map(({ id, package: from }) => [id, from])).toEqual([
    ['sign/signum', 'trellis-plugin-sign'],
  ]);

  const optimizer = await registry.fromSpec({ use: 'sign/signum', learningRate: 0.5 }, { kind: 'optimizer' });
  const params = { x: tensor([1, -1]) };
  const { updates } = optimizer.update({ x: tensor([3, -3]) }, optimizer.init(params), params);
  expect((updates as typeof params).x.toArray()).toEqual([-0.5, 0.5]);
  expect(provenanceOf(optimizer)).toEqual({
    use: 'sign/signum',
    plugin: 'sign@0.1.0',
    contract: 1,
    config: { learningRate: 0.5, momentum: 0.9 },
  });
});
