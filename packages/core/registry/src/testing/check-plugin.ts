import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Problem } from '../errors.js';
import { RegistryError, messageOf } from '../errors.js';
import { loadSchema } from '../lazy-schema.js';
import { checkManifest } from '../manifest.js';
import type { Component, Plugin } from '../plugin.js';
import { recordable } from '../provenance.js';
import { createRegistry, type Registry } from '../registry.js';
import { jsonSchemaOf, optionsOf, whyNoJsonSchema } from '../schema.js';

export interface CheckPluginOptions {
  /** Config by component, for those that have an option without default (`{ lookahead: { inner: { use: 'optim/adam' } } }`). */
  readonly configs?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Other plugins that the components name. */
  readonly with?: readonly Plugin[];
}

/**
 * Checks a plugin as far as its manifest and its components' creation can show: the manifest keeps the contract, every
 * option has a description and a default (or an example in `configs`), JSON schemas exist, every component loads and is
 * made twice as two objects, and its resolved config resolves to itself.
 *
 * @returns every problem found; none when all is well
 */
export async function checkPlugin(
  plugin: Plugin,
  options: CheckPluginOptions = {},
): Promise<readonly Problem[]> {
  const manifest = checkManifest(plugin);
  if (manifest.length > 0) return manifest;
  let registry: Registry;
  try {
    registry = createRegistry([plugin, ...(options.with ?? [])]);
  } catch (thrown) {
    if (!(thrown instanceof RegistryError)) throw thrown;
    return thrown.problems;
  }
  const problems: Problem[] = [];
  for (const [key, component] of Object.entries(plugin.components)) {
    const report = (message: string): number =>
      problems.push({ code: 'PLUGIN', path: `${plugin.name}/${key}`, message });
    if (!(await checkOptions(component, options.configs?.[key], report))) continue;
    if (component.replacedBy === undefined)
      await checkCreation(registry, `${plugin.name}/${key}`, component, options.configs?.[key] ?? {}, report);
    else if (!registry.has(component.replacedBy))
      report(`is replaced by ${component.replacedBy}, which is not there`);
  }
  for (const key of Object.keys(options.configs ?? {})) {
    if (!Object.hasOwn(plugin.components, key))
      problems.push({
        code: 'PLUGIN',
        path: `configs.${key}`,
        message: 'is for no component of this plugin',
      });
  }
  return problems;
}

type Report = (message: string) => void;

/** Whether the options could be read; without them nothing can be made. */
async function checkOptions(
  component: Component,
  example: Readonly<Record<string, unknown>> | undefined,
  report: Report,
): Promise<boolean> {
  let schema: StandardSchemaV1;
  try {
    schema = await loadSchema(component.config);
  } catch (thrown) {
    report(`its config cannot be loaded: ${messageOf(thrown)}`);
    return false;
  }
  const json = jsonSchemaOf(schema);
  if (json === undefined) {
    report(`its config has no JSON schema: ${whyNoJsonSchema(schema) ?? 'unknown why'}`);
    return true;
  }
  if (json.type !== 'object') report('its config is no object schema');
  for (const option of optionsOf(json)) {
    if (option.description === undefined || option.description.trim() === '')
      report(`option ${option.name} has no description`);
    const shown = example !== undefined && Object.hasOwn(example, option.name);
    if (option.required && !shown) report(`option ${option.name} has no default, and no example in configs`);
    if (option.name === 'use' || option.name === 'name')
      report(`option ${option.name}: recipes keep this word for themselves`);
  }
  return true;
}

async function checkCreation(
  registry: Registry,
  id: string,
  component: Component,
  config: Readonly<Record<string, unknown>>,
  report: Report,
): Promise<void> {
  const lacking = (await registry.describe(id)).missing;
  if (lacking.length > 0) {
    report(`cannot be made here: the backend lacks ${lacking.join(', ')}`);
    return;
  }
  try {
    const ready = await registry.prepare({ ...config, use: id }, { kind: component.kind });
    const again = await registry.prepare(JSON.parse(JSON.stringify(ready.spec)), { kind: component.kind });
    const [first, second] = [ready, again].map(({ spec }) => JSON.stringify(recordable(spec)));
    if (first !== second)
      report(`its config does not resolve to itself: ${String(first)} became ${String(second)}`);
    const [one, other]: readonly unknown[] = [await ready.create(), await ready.create()];
    if (one === other) report('create gives the same object twice; each call makes its own');
  } catch (thrown) {
    report(`cannot be made: ${messageOf(thrown)}`);
  }
}
