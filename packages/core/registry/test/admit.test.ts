import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  createRegistry,
  definePlugin,
  formatProblems,
  version,
  type FoundPlugin,
  type Notice,
  type Plugin,
} from '../src/index.js';
import { refusal } from './support/errors.js';
import { toy } from './support/toy.js';

const plugin = (name: string, more: Partial<Plugin> = {}, component = {}): Plugin => ({
  contract: 1,
  name,
  version: '1.0.0',
  components: {
    it: {
      kind: 'optimizer',
      title: 'It',
      summary: 'A line.',
      config: z.object({}),
      load: () => Promise.reject(new Error('never')),
      ...component,
    },
  },
  ...more,
});
const found = (manifest: unknown, more: Partial<FoundPlugin> = {}): FoundPlugin => ({
  package: 'some-package',
  packageVersion: '1.0.0',
  manifest,
  ...more,
});
const setAside = (...args: Parameters<typeof createRegistry>): string[] =>
  createRegistry(...args).quarantined.map((one) => `${one.plugin}: ${formatProblems(one.problems)}`);

describe('plugins passed by hand', () => {
  it('are refused when broken, all at once, with their names', async () => {
    const run = (): unknown =>
      createRegistry([toy, plugin('Bad'), plugin('worse', {}, { kind: 'optimiser' })]);
    expect(await refusal(run)).toMatchInlineSnapshot(`
      "PLUGIN: 2 problems:
        plugin Bad@1.0.0: name is "Bad"; names are lower case letters, digits and single dashes, such as adam-w
        plugin worse@1.0.0: components["it"].kind is optimiser, an unknown kind; did you mean optimizer?"
    `);
  });

  it('are set aside instead with strict: false', () => {
    const registry = createRegistry([plugin('Bad'), toy], { strict: false });
    expect(registry.plugins.map(({ name }) => name)).toEqual(['toy']);
    expect(registry.quarantined.map(({ plugin }) => plugin)).toEqual(['Bad@1.0.0']);
  });

  it('count once when passed twice', () => {
    expect(createRegistry([toy, toy, found(toy, { packageVersion: '1.2.0' })]).plugins).toHaveLength(1);
  });
});

describe('discovered plugins', () => {
  it('never stop the others, and are listed with the reason', () => {
    const notices: Notice[] = [];
    const registry = createRegistry(
      [
        toy,
        found(undefined, {
          failure: { code: 'PLUGIN', path: '', message: 'importing its manifest failed: boo' },
        }),
        found(null, { package: 'other' }),
      ],
      { log: (notice) => notices.push(notice) },
    );
    expect(registry.has('toy/sgd')).toBe(true);
    expect(notices).toMatchInlineSnapshot(`
      [
        {
          "code": "QUARANTINED",
          "message": "some-package was set aside: importing its manifest failed: boo",
        },
        {
          "code": "QUARANTINED",
          "message": "other was set aside: the manifest is null, not an object; export what definePlugin returns as default",
        },
      ]
    `);
    expect(registry.quarantined).toHaveLength(2);
  });

  it('must have the version that their package has', () => {
    expect(setAside([found(plugin('a'), { packageVersion: '1.1.0' })])).toMatchInlineSnapshot(`
      [
        "some-package: version: is 1.0.0, and its package is 1.1.0; run records need the true one",
      ]
    `);
  });
});

describe('conflicts', () => {
  it('of two discovered plugins put both aside, naming both packages', () => {
    const twice = [found(plugin('same'), { package: 'one' }), found(plugin('same'), { package: 'two' })];
    expect(setAside(twice)).toMatchInlineSnapshot(`
      [
        "one: one@1.0.0 and two@1.0.0 both claim the name same, and the ids same/it; remove one of them",
        "two: two@1.0.0 and one@1.0.0 both claim the name same, and the ids same/it; remove one of them",
      ]
    `);
  });

  it('are the reason why an id is unknown', async () => {
    const registry = createRegistry([
      plugin('other'),
      found(plugin('same'), { package: '@good/same' }),
      found(plugin('same'), { package: 'evil' }),
      {
        package: '@some/torn',
        packageVersion: '1.0.0',
        failure: { code: 'PLUGIN', path: '', message: 'boo' },
      },
    ]);
    const message =
      'the plugin same was set aside, because @good/same@1.0.0 and evil@1.0.0 both claim the name same, ' +
      'and the ids same/it; remove one of them';
    expect(await refusal(() => registry.fromSpec('same/it', { kind: 'schedule', path: 'at' }))).toBe(
      `COMPONENT: at.use: unknown schedule same/it: ${message}`,
    );
    expect(await refusal(() => registry.get('same/it'))).toBe(
      `COMPONENT: unknown component same/it: ${message}`,
    );
    expect(await refusal(() => registry.get('torn/x'))).toBe(
      'COMPONENT: unknown component torn/x: the plugin torn was set aside, because @some/torn: boo',
    );
    expect(await refusal(() => registry.get('others/it'))).toContain('did you mean other/it?');
  });

  it('leave a plugin passed by hand', () => {
    const registry = createRegistry([plugin('same'), found(plugin('same'))]);
    expect(registry.has('same/it')).toBe(true);
    expect(registry.quarantined.map((one) => formatProblems(one.problems))).toMatchInlineSnapshot(`
      [
        "some-package@1.0.0 and same@1.0.0 (passed by hand) both claim the name same, and the ids same/it; remove one of them",
      ]
    `);
  });

  it('of two versions passed by hand are refused', async () => {
    expect(
      await refusal(() =>
        createRegistry([plugin('same'), plugin('same', { version: '2.0.0', components: {} })]),
      ),
    ).toMatchInlineSnapshot(`
      "CONFLICT: 2 problems:
        plugin same@1.0.0: same@1.0.0 (passed by hand) and same@2.0.0 (passed by hand) both claim the name same; remove one of them
        plugin same@2.0.0: same@2.0.0 (passed by hand) and same@1.0.0 (passed by hand) both claim the name same; remove one of them"
    `);
  });
});

describe('requires', () => {
  const requiring = (requires: Record<string, string>): Plugin => plugin('needy', { requires });

  it('is met by the registry itself, by versions passed in, and by other plugins', () => {
    const registry = createRegistry(
      [requiring({ '@core/registry': `^${version}`, '@core/tensor': '^0.1.0', toy: '^1.0.0' }), toy],
      {
        versions: { '@core/tensor': '0.1.7' },
      },
    );
    expect(registry.plugins).toHaveLength(2);
  });

  it.each([
    [
      { '@core/tensor': '^9.0.0' },
      'REQUIRES: plugin needy@1.0.0: requires @core/tensor ^9.0.0; installed is 0.1.7',
    ],
    [{ toy: '>=2' }, 'REQUIRES: plugin needy@1.0.0: requires toy >=2; installed is 1.2.0'],
    [{ gone: '*' }, 'REQUIRES: plugin needy@1.0.0: requires gone *, which is not installed'],
  ])('%j is refused by name', async (requires, message) => {
    const run = (): unknown =>
      createRegistry([requiring(requires), toy], { versions: { '@core/tensor': '0.1.7', gone: null } });
    expect(await refusal(run)).toBe(message);
  });

  it('takes the versions that discovery found beside the plugin', () => {
    const elsewhere = found(requiring({ '@core/tensor': '^0.2.0' }), {
      versions: { '@core/tensor': '0.2.5' },
    });
    expect(setAside([elsewhere], { versions: { '@core/tensor': '0.1.0' } })).toEqual([]);
  });

  it('says so when a version cannot be known', () => {
    const notices: Notice[] = [];
    createRegistry([requiring({ 'left-pad': '^1.0.0' })], { log: (notice) => notices.push(notice) });
    expect(notices).toEqual([
      {
        code: 'UNCHECKED',
        message: 'needy@1.0.0 requires left-pad ^1.0.0; which version is installed is not known here',
      },
    ]);
  });
});

describe('kinds', () => {
  it('can be added by a plugin', () => {
    const tokenizers = plugin('words', { kinds: { tokenizer: 'Cuts text.' } }, { kind: 'tokenizer' });
    const registry = createRegistry([tokenizers]);
    expect(registry.kinds).toContain('tokenizer');
    expect(registry.list({ kind: 'tokenizer' }).map(({ id }) => id)).toEqual(['words/it']);
  });

  it('that nobody declares are refused with the nearest', () => {
    expect(setAside([found(plugin('a', {}, { kind: 'datset' }))])).toMatchInlineSnapshot(`
      [
        "some-package: components["it"].kind: is datset, an unknown kind; did you mean dataset?",
      ]
    `);
  });
});

describe('definePlugin', () => {
  it('returns what it was given', () => {
    const manifest = { contract: 1, name: 'x', version: '1.0.0', components: {} } as const;
    expect(definePlugin(manifest)).toBe(manifest);
  });
});
