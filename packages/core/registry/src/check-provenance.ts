import semverMajor from 'semver/functions/major.js';
import semverMinor from 'semver/functions/minor.js';
import semverValid from 'semver/functions/valid.js';
import { RegistryError, messageOf, type Problem } from './errors.js';
import { isPlainObject } from './path.js';
import { contract } from './plugin.js';
import { recordable, type Provenance } from './provenance.js';
import type { Registry } from './registry.js';
import { show } from './validate.js';

/** What is different between a saved record and the plugins at hand. */
export interface Finding {
  /** `error`: what was saved cannot be made again. `warning`: it can, and may behave differently. */
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

/**
 * Compares where a checkpoint or run record came from with the plugins at hand: is the component still there, of a
 * compatible version, and does its saved config still mean the same. Nothing is loaded.
 *
 * @param saved what was read from the file: one provenance, or a record of them by path; any value is taken
 * @returns findings, none when all is the same
 */
export async function checkProvenance(saved: unknown, registry: Registry): Promise<readonly Finding[]> {
  if (isProvenance(saved)) return compare(saved, registry, saved.use);
  if (!isPlainObject(saved)) {
    return [error(`a provenance is { use, plugin, contract, config }, got ${show(saved)}`)];
  }
  const findings = Object.entries(saved).map(async ([path, one]) =>
    isProvenance(one)
      ? compare(one, registry, path)
      : [error(`${path}: is no provenance { use, plugin, contract, config }, got ${show(one)}`)],
  );
  return (await Promise.all(findings)).flat();
}

/** As `checkProvenance`, but errors are thrown and warnings go to the log. @throws RegistryError `PROVENANCE` */
export async function requireProvenance(
  saved: unknown,
  registry: Registry,
  log?: (message: string) => void,
): Promise<void> {
  const findings = await checkProvenance(saved, registry);
  for (const finding of findings) if (finding.severity === 'warning') log?.(finding.message);
  const problems = findings
    .filter((finding) => finding.severity === 'error')
    .map(({ message }): Problem => ({ code: 'PROVENANCE', path: '', message }));
  const [first, ...rest] = problems;
  if (first !== undefined) throw new RegistryError([first, ...rest]);
}

function isProvenance(value: unknown): value is Provenance {
  return (
    isPlainObject(value) &&
    typeof value['use'] === 'string' &&
    typeof value['plugin'] === 'string' &&
    typeof value['contract'] === 'number' &&
    Object.hasOwn(value, 'config')
  );
}

async function compare(saved: Provenance, registry: Registry, label: string): Promise<readonly Finding[]> {
  const where = label === saved.use ? saved.use : `${label}: ${saved.use}`;
  if (saved.contract !== contract) {
    return [
      error(
        `${where} was made under plugin contract ${String(saved.contract)}; this is contract ${String(contract)}`,
      ),
    ];
  }
  const [name = '', version = ''] = splitLabel(saved.plugin);
  try {
    registry.get(saved.use);
  } catch (thrown) {
    return [error(`${where} was made by ${saved.plugin}: ${messageOf(thrown)}; install ${name} ${version}`)];
  }
  const config = isPlainObject(saved.config) ? saved.config : {};
  try {
    const ready = await registry.prepare({ ...config, use: saved.use });
    const { use, ...now } = ready.spec;
    const moved = use === saved.use ? [] : [warning(`${where} was replaced by ${use}`)];
    const changed = use === saved.use ? changedOptions(config, now, where) : [];
    return [...moved, ...compareVersions(saved, ready.plugin, where), ...changed];
  } catch (thrown) {
    if (!(thrown instanceof RegistryError)) throw thrown;
    return thrown.problems.map((problem) =>
      error(
        `${where} (saved by ${saved.plugin}): ${[problem.path, problem.message].filter(Boolean).join(': ')}`,
      ),
    );
  }
}

function compareVersions(saved: Provenance, present: string, where: string): readonly Finding[] {
  if (saved.plugin === present) return [];
  const [, before = ''] = splitLabel(saved.plugin);
  const [, now = ''] = splitLabel(present);
  const text = `${where} was made by ${saved.plugin}; installed is ${present}`;
  if (semverValid(before) === null || semverValid(now) === null)
    return [error(`${text}; the saved version is unreadable`)];
  // Before 1.0 a minor version may break, after it a major one.
  const breaking = (version: string): string =>
    semverMajor(version) === 0 ? `0.${String(semverMinor(version))}` : String(semverMajor(version));
  return [breaking(before) === breaking(now) ? warning(text) : error(`${text}, which may not be compatible`)];
}

function changedOptions(
  before: Readonly<Record<string, unknown>>,
  now: Readonly<Record<string, unknown>>,
  where: string,
): readonly Finding[] {
  const recorded = recordable(now) as Readonly<Record<string, unknown>>; // of an object
  return [...new Set([...Object.keys(before), ...Object.keys(recorded)])]
    .filter((key) => JSON.stringify(before[key]) !== JSON.stringify(recorded[key]))
    .map((key) =>
      warning(`${where}: ${key} was ${show(before[key])} and would now be ${show(recorded[key])}`),
    );
}

function splitLabel(label: string): readonly [string, string] | readonly [] {
  const cut = label.lastIndexOf('@');
  return cut > 0 ? [label.slice(0, cut), label.slice(cut + 1)] : [];
}

const error = (message: string): Finding => ({ severity: 'error', message });
const warning = (message: string): Finding => ({ severity: 'warning', message });
