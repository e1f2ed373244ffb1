import { formatProblems } from '../errors.js';
import { loadSchema } from '../lazy-schema.js';
import type { KindName, Kinds } from '../kinds/index.js';
import type { Component, Plugin } from '../plugin.js';
import { createRegistry } from '../registry.js';
import { jsonSchemaOf } from '../schema.js';
import { checkPlugin, type CheckPluginOptions } from './check-plugin.js';
import { LawError, type Law, type Make } from './law.js';
import type { OptimizerLawOptions } from './optimizer.js';
import { hasLaws, laws, type LawOptions } from './suites.js';

/** The two functions of a test runner (vitest, jest, mocha, node:test) that suites are made of. */
export interface Runner {
  readonly describe: (name: string, define: () => void) => unknown;
  readonly it: (name: string, check: () => Promise<void>) => unknown;
}

export interface PluginLawOptions extends CheckPluginOptions {
  /** What a component's laws are told, by component: `{ adam: { rates: { quadratic: 0.1 } } }`. */
  readonly laws?: Readonly<Record<string, Partial<LawOptions[keyof LawOptions]>>>;
  /** Laws that a component does not keep, with the reason: `{ 'lion: it can be differentiated through': '…' }`. */
  readonly skip?: Readonly<Record<string, string>>;
}

/** Every check of a plugin by name: `checkPlugin`, and the laws of its kind for every component. */
export async function pluginLaws(
  plugin: Plugin,
  options: PluginLawOptions = {},
): Promise<readonly { readonly component: string; readonly laws: readonly Law[] }[]> {
  const manifest: Law = {
    name: 'the manifest and every component’s creation keep the contract',
    check: async () => {
      const problems = await checkPlugin(plugin, options);
      if (problems.length > 0) throw new LawError(formatProblems(problems));
    },
  };
  const suites = await Promise.all(
    Object.entries(plugin.components)
      .filter(([, component]) => component.replacedBy === undefined)
      .map(async ([key, component]) => ({
        component: key,
        laws: await componentLaws(plugin, key, component, options),
      })),
  );
  const named = new Set(
    suites.flatMap(({ component, laws: all }) => all.map(({ name }) => `${component}: ${name}`)),
  );
  const stray = Object.keys(options.skip ?? {}).filter((name) => !named.has(name));
  const skips: Law = {
    name: 'the skip list names laws that exist, with reasons',
    check: async () => {
      if (stray.length > 0) throw new LawError(`the skip list names no law: ${stray.join('; ')}`);
      const silent = Object.entries(options.skip ?? {}).filter(([, reason]) => reason.trim() === '');
      if (silent.length > 0)
        throw new LawError(`skipped without a reason: ${silent.map(([name]) => name).join('; ')}`);
      return Promise.resolve();
    },
  };
  return [
    { component: 'manifest', laws: [manifest, skips] },
    ...suites.map(({ component, laws: all }) => ({
      component,
      laws: all.filter(({ name }) => options.skip?.[`${component}: ${name}`] === undefined),
    })),
  ];
}

async function componentLaws(
  plugin: Plugin,
  key: string,
  component: Component,
  options: PluginLawOptions,
): Promise<readonly Law[]> {
  const { kind } = component;
  if (!hasLaws(kind)) return [];
  const registry = createRegistry([plugin, ...(options.with ?? [])], { strict: false });
  const make: Make<Kinds[KindName]> = (config) =>
    registry.fromSpec({ ...options.configs?.[key], ...config, use: `${plugin.name}/${key}` }, { kind });
  const told: object = {
    ...(kind === 'optimizer' ? await optimizerDefaults(component) : {}),
    ...options.laws?.[key],
  };
  // The kind that make gives is the component's, and so are the options; TypeScript cannot tie the three.
  return (laws as (kind: KindName, make: Make<Kinds[KindName]>, options: object) => readonly Law[])(
    kind,
    make,
    told,
  );
}

/** Every number among the options must refuse NaN; those that may not be negative say so by their minimum. */
async function optimizerDefaults(component: Component): Promise<OptimizerLawOptions> {
  const schema = await loadSchema(component.config);
  const options = Object.entries(jsonSchemaOf(schema)?.properties ?? {});
  const numeric = options.filter(([, option]) =>
    [option, ...(option.anyOf ?? [])].some(({ type }) => type === 'number' || type === 'integer'),
  );
  const names = numeric.map(([name]) => name);
  const positive = ['learningRate', 'beta1', 'beta2', 'epsilon', 'weightDecay', 'momentum'];
  return {
    learningRate: names.includes('learningRate') ? 'learningRate' : null,
    refuseNaN: names,
    refuseNegative: names.filter((name) => positive.includes(name)),
  };
}

/**
 * Hands every check of a plugin to a test runner:
 *
 * ```ts
 * import { describe, it } from 'vitest';
 * await describePlugin({ describe, it }, plugin);
 * ```
 */
export async function describePlugin(
  runner: Runner,
  plugin: Plugin,
  options: PluginLawOptions = {},
): Promise<void> {
  for (const suite of await pluginLaws(plugin, options)) {
    runner.describe(`${plugin.name}: ${suite.component}`, () => {
      for (const { name, check } of suite.laws) runner.it(name, check);
    });
  }
}
