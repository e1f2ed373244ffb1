import { ArgumentError, Tensor, isFloat } from '@core/tensor';

/*
 * Checks of what functions of any package are given. A rule says in words what would have been right; messages read
 * `stocBiO: learningRate must be a finite number greater than 0, got -1`.
 */

/** What an option may be. */
export interface Rule {
  readonly words: string;
  readonly holds: (value: unknown) => boolean;
}

/** A rule for numbers. */
export function number(words: string, holds: (value: number) => boolean): Rule {
  return { words, holds: (value) => typeof value === 'number' && holds(value) };
}

export const finite = number('a finite number', Number.isFinite);
export const nonNegative = number('a finite number of at least 0', (x) => Number.isFinite(x) && x >= 0);
export const positive = number('a finite number greater than 0', (x) => Number.isFinite(x) && x > 0);
export const atLeastOne = number('a whole number of at least 1', (x) => Number.isSafeInteger(x) && x >= 1);
export const wholeNumber = number('a whole number of at least 0', (x) => Number.isSafeInteger(x) && x >= 0);
export const fraction = number('a number in [0, 1]', (x) => x >= 0 && x <= 1);
/** A decay rate: at 1 nothing would ever be forgotten, and nothing new be taken in. */
export const belowOne = number('a number in [0, 1)', (x) => x >= 0 && x < 1);
export const flag: Rule = { words: 'true or false', holds: (value) => typeof value === 'boolean' };
export const functionRule: Rule = { words: 'a function', holds: (value) => typeof value === 'function' };

export function oneOf(...choices: readonly string[]): Rule {
  return {
    words: choices.map((choice) => `'${choice}'`).join(' or '),
    holds: (value) => typeof value === 'string' && choices.includes(value),
  };
}

/** A number within the rule, or a scalar float tensor (whose value is not read: it may be traced). */
export function scalar(rule: Rule): Rule {
  return {
    words: `${rule.words} or a scalar float tensor`,
    holds: (value) =>
      value instanceof Tensor ? value.ndim === 0 && isFloat(value.dtype) : rule.holds(value),
  };
}

/** An optimizer of any package: `{ init, update }`. */
export const optimizerRule: Rule = {
  words: 'an optimizer ({ init, update })',
  holds: (value) =>
    typeof value === 'object' &&
    value !== null &&
    ['init', 'update'].every((name) => typeof (value as Record<string, unknown>)[name] === 'function'),
};

export function check(owner: string, name: string, value: unknown, rule: Rule): void {
  if (!rule.holds(value))
    throw new ArgumentError(`${owner}: ${name} must be ${rule.words}, got ${show(value)}`);
}

/**
 * Checks an options object: every option against its rule, and that there are no others. Options that are absent (or
 * undefined) have defaults.
 *
 * @throws ArgumentError
 */
export function checkOptions(owner: string, options: unknown, rules: Readonly<Record<string, Rule>>): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options) || options instanceof Tensor)
    throw new ArgumentError(
      `${owner}: options must be an object such as { ${Object.keys(rules)[0]}: … }, got ${show(options)}`,
    );
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined)
      throw new ArgumentError(
        `${owner}: there is no option ${name}; there are ${Object.keys(rules).join(', ')}`,
      );
    if (value !== undefined) check(owner, name, value, rule);
  }
}

/** @throws ArgumentError for options that have no default and are missing */
export function checkRequired(owner: string, options: object, names: readonly string[]): void {
  for (const name of names) {
    if ((options as Readonly<Record<string, unknown>>)[name] === undefined)
      throw new ArgumentError(`${owner}: ${name} is missing; it has no default`);
  }
}

/** A value in a message, cut to what helps. */
export function show(value: unknown): string {
  if (value instanceof Tensor)
    return `${value.dtype === 'int32' ? 'an' : 'a'} ${value.dtype}[${value.shape.join(',')}] tensor`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
