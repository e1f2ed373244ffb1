import { createRegistry, type Optimizer, type Spec } from '@core/registry';
import { lionProgram, programText } from '@plugins/optim';
import plugin from '@plugins/optim/plugin';

export const registry = createRegistry([plugin]);

/** The program that stands for all others. */
const lion = programText(lionProgram());

/** What the optimizers are made with here beyond their defaults: what has no default, and what two numbers are too small for. */
const settings: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  // Gradients of a path of 300 steps; the default window is for networks.
  mfac: { windowSize: 32, damping: 1 },
  // With its default it is Lion.
  'lion-k': { kappa: { name: 'l2' } },
  lookahead: { inner: { use: 'optim/sgd', momentum: 0.9 } },
  accumulate: { inner: { use: 'optim/sgd' } },
  'clip-by-global-norm': { inner: { use: 'optim/sgd' } },
  'clip-by-value': { inner: { use: 'optim/sgd' } },
  'skip-non-finite': { inner: { use: 'optim/sgd' } },
  'parameter-groups': { rest: { use: 'optim/sgd' } },
  program: { program: lion },
};

/** The component with its defaults, and `more`. */
export function specOf(id: string, more: Readonly<Record<string, unknown>> = {}): Spec {
  return { use: `optim/${id}`, ...settings[id], ...more };
}

export function optimizerOf(id: string, more: Readonly<Record<string, unknown>> = {}): Promise<Optimizer> {
  return registry.fromSpec(specOf(id, more), { kind: 'optimizer' });
}

/** What a page should say of how the optimizer was made, such as `windowSize 32, damping 1`. */
export function settingsOf(id: string): string {
  return Object.entries(settings[id] ?? {})
    .map(([name, value]) => `${name} ${shown(value)}`)
    .join(', ');
}

/** A value of an option, in few letters. */
export function shown(value: unknown): string {
  if (value === lion) return 'of Lion';
  if (typeof value === 'number') return value !== 0 && Math.abs(value) < 0.01 ? value.toExponential() : String(value); // prettier-ignore
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const { use, name, ...rest } = value as Readonly<Record<string, unknown>>;
    const more = Object.entries(rest).map(([key, each]) => `${key} ${shown(each)}`);
    const what = String(use ?? name).replace('optim/', '');
    return use === 'optim/sgd' && more.length > 0 ? `${what} (${more.join(', ')})` : what;
  }
  return JSON.stringify(value).replaceAll('"', "'");
}
