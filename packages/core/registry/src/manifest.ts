import semverValid from 'semver/functions/valid.js';
import semverValidRange from 'semver/ranges/valid.js';
import { messageOf, type Problem, type RegistryCode } from './errors.js';
import { isPlainObject } from './path.js';
import { contract, type Plugin } from './plugin.js';
import { isStandardSchema } from './schema.js';
import { didYouMean } from './suggest.js';
import { show } from './validate.js';

/** Both halves of an id: lower case words and digits, joined by single dashes. */
const name = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const nameRule = 'names are lower case letters, digits and single dashes, such as adam-w';

const pluginKeys = ['contract', 'name', 'version', 'requires', 'kinds', 'components'];
const componentKeys = ['kind', 'title', 'summary', 'paper', 'needs', 'replacedBy', 'config', 'load'];

type Report = (path: string, message: string, code?: RegistryCode) => void;

/**
 * Checks a manifest by itself, without loading anything: what it takes from other plugins (kinds, ranges, ids) is
 * checked where they meet. Takes any value, since a discovered module may hold anything.
 */
export function checkManifest(candidate: unknown): readonly Problem[] {
  const problems: Problem[] = [];
  const report: Report = (path, message, code = 'PLUGIN') => problems.push({ code, path, message });
  try {
    checkPlugin(candidate, report);
  } catch (thrown) {
    // A getter or a proxy: a manifest is plain data.
    report('', `reading the manifest failed: ${messageOf(thrown)}`);
  }
  return problems;
}

function checkPlugin(plugin: unknown, report: Report): void {
  if (typeof plugin !== 'object' || plugin === null) {
    report('', `the manifest is ${show(plugin)}, not an object; export what definePlugin returns as default`);
    return;
  }
  const manifest = plugin as Readonly<Record<string, unknown>>;
  if (manifest['contract'] !== contract) {
    report('contract', `is ${show(manifest['contract'])}; this registry speaks contract ${String(contract)}`);
    return;
  }
  for (const key of Object.keys(manifest)) {
    if (!pluginKeys.includes(key)) report(key, `is not part of a manifest${didYouMean(key, pluginKeys)}`);
  }
  const own = manifest['name'];
  if (typeof own !== 'string' || !name.test(own)) report('name', `is ${show(own)}; ${nameRule}`);
  const version = manifest['version'];
  if (typeof version !== 'string' || semverValid(version) === null) {
    report('version', `is ${show(version)}; a version is three numbers, such as 0.1.0`);
  }
  if (manifest['requires'] !== undefined) checkRequires(manifest['requires'], report);
  if (manifest['kinds'] !== undefined) checkKinds(manifest['kinds'], report);
  const components = manifest['components'];
  if (!isPlainObject(components)) report('components', `is ${show(components)}; it maps names to components`);
  else for (const [key, component] of Object.entries(components)) checkComponent(key, component, report);
}

function checkRequires(requires: unknown, report: Report): void {
  if (!isPlainObject(requires)) {
    report('requires', `is ${show(requires)}; it maps package names to version ranges`);
    return;
  }
  for (const [wanted, range] of Object.entries(requires)) {
    if (typeof range !== 'string' || semverValidRange(range) === null) {
      report(`requires["${wanted}"]`, `is ${show(range)}; a range is such as ^0.1.0 or >=1.2`);
    }
  }
}

function checkKinds(kinds: unknown, report: Report): void {
  if (!isPlainObject(kinds)) {
    report('kinds', `is ${show(kinds)}; it maps the names of new kinds to a line on each`);
    return;
  }
  for (const [kind, line] of Object.entries(kinds)) {
    if (!name.test(kind)) report(`kinds["${kind}"]`, nameRule);
    if (typeof line !== 'string' || line === '')
      report(`kinds["${kind}"]`, 'needs a line that says what it is');
  }
}

function checkComponent(key: string, component: unknown, report: Report): void {
  const at = `components["${key}"]`;
  if (!name.test(key)) report(at, nameRule);
  if (typeof component !== 'object' || component === null) {
    report(at, `is ${show(component)}, not a component`);
    return;
  }
  const fields = component as Readonly<Record<string, unknown>>;
  for (const field of Object.keys(fields)) {
    if (!componentKeys.includes(field))
      report(`${at}.${field}`, `is not part of a component${didYouMean(field, componentKeys)}`);
  }
  for (const field of ['kind', 'title', 'summary'] as const) {
    const text = fields[field];
    if (typeof text !== 'string' || text.trim() === '')
      report(`${at}.${field}`, `is ${show(text)}; it is a line of text`);
    else if (text.includes('\n')) report(`${at}.${field}`, 'has more than one line');
  }
  checkOptionalFields(at, fields, report);
  if (!isStandardSchema(fields['config'])) {
    report(`${at}.config`, 'is not a Standard Schema; use zod, or a library listed at standardschema.dev');
  }
  if (typeof fields['load'] !== 'function') {
    report(`${at}.load`, `is ${show(fields['load'])}; write load: () => import('./${key}.js')`);
  }
}

function checkOptionalFields(at: string, fields: Readonly<Record<string, unknown>>, report: Report): void {
  const { needs, replacedBy, paper } = fields;
  if (needs !== undefined && !(Array.isArray(needs) && needs.every((need) => typeof need === 'string'))) {
    report(`${at}.needs`, `is ${show(needs)}; it is a list such as ['float64', 'eigh']`);
  }
  if (replacedBy !== undefined && !(typeof replacedBy === 'string' && isId(replacedBy))) {
    report(`${at}.replacedBy`, `is ${show(replacedBy)}; it is an id such as optim/adam`);
  }
  if (paper !== undefined) checkPaper(at, paper, report);
}

function checkPaper(at: string, paper: unknown, report: Report): void {
  if (!isPlainObject(paper)) {
    report(`${at}.paper`, `is ${show(paper)}; it is { title, year, url }`);
    return;
  }
  if (typeof paper['title'] !== 'string' || paper['title'] === '') report(`${at}.paper.title`, 'is missing');
  const year = paper['year'];
  if (typeof year !== 'number' || !Number.isInteger(year))
    report(`${at}.paper.year`, `is ${show(year)}; it is a year`);
  const url = paper['url'];
  if (typeof url !== 'string' || !/^https?:\/\/[^\s/]+\.[^\s/]+/.test(url)) {
    report(`${at}.paper.url`, `is ${show(url)}; it is a link that begins with https://`);
  }
}

/** `<plugin>/<component>`. */
export function isId(id: string): boolean {
  const [plugin = '', component = '', ...rest] = id.split('/');
  return rest.length === 0 && name.test(plugin) && name.test(component);
}

/** `optim@0.1.0`, or whatever of it an unchecked manifest has. */
export function pluginLabel(plugin: Pick<Plugin, 'name' | 'version'>): string {
  return `${plugin.name}@${plugin.version}`;
}
