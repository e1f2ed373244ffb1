import type { JsonSchema } from '@core/registry';
import * as optim from '../src/index.js';
import { configs } from '../src/configs.js';
import plugin from '../src/plugin.js';

/*
 * Every optimizer of the manifest with its options, read from the config schemas, so that tests over all of them see a new
 * one without being told.
 */

export interface NumericOption {
  readonly name: string;
  /** Whether a schedule may stand there: then it is one of the rule's numbers, else a size or a count of steps. */
  readonly scheduled: boolean;
  readonly integer: boolean;
  /** The default, or what stands for it where there is none. */
  readonly usual: number;
  /** Near the default, and such that it and the others do something: a 0 often leaves its part of the rule out. */
  readonly base: number;
  /** Range, where it has an end. */
  readonly low: number;
  readonly high: number;
}

export interface Listed {
  readonly name: string;
  readonly numbers: readonly NumericOption[];
  /** The plain function with the base values, and these in their place. */
  readonly make: (options?: Options) => optim.Optimizer;
  /** The plain function with the defaults. */
  readonly usual: () => optim.Optimizer;
}

type Options = Readonly<Record<string, optim.Hyperparameter>>;

/** In place of defaults at which another option would do nothing within a few steps. */
const active: Readonly<Record<string, number>> = {
  delta: 1,
  period: 2,
  warmupSteps: 3,
  every: 1,
  batchSize: 1000,
  damping: 0.1,
};

/** Sizes of a state, which need not be what users have. */
const small: Readonly<Record<string, number>> = { windowSize: 3 };

/** Components whose function takes its options in another form than the config has them. */
const makers: Readonly<Record<string, (options: never) => optim.Optimizer>> = {
  sophia: ({ every, batchSize, ...rest }: Record<'every' | 'batchSize', number>) =>
    optim.sophia({ ...rest, empirical: { every, batchSize } }),
  lookahead: (options: optim.LookaheadOptions) => optim.lookahead(optim.adam(), options),
  accumulate: ({ every }: { every: number }) => optim.accumulate(optim.adam(), every),
  'clip-by-global-norm': ({ maxNorm }: { maxNorm: optim.Hyperparameter }) =>
    optim.chain(optim.clipByGlobalNorm(maxNorm), optim.sgd({ learningRate: 0.1 })),
  'clip-by-value': ({ maxValue }: { maxValue: optim.Hyperparameter }) =>
    optim.chain(optim.clipByValue(maxValue), optim.sgd({ learningRate: 0.1 })),
  'skip-non-finite': () => optim.skipNonFinite(optim.adam()),
  program: (options: optim.ProgramOptimizerOptions) => optim.programOptimizer(optim.adamwProgram(), options),
  'parameter-groups': () => optim.partition({ all: optim.adam() }, 'all'),
};

/** Names of all optimizers in the manifest. */
export const optimizerNames: readonly string[] = Object.entries(plugin.components)
  .filter(([, { kind }]) => kind === 'optimizer')
  .map(([name]) => name);

const camelCase = (name: string): string =>
  name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

export const optimizers: readonly Listed[] = optimizerNames.map((name) => {
  const numbers = numericOptions(name);
  const values = (key: 'base' | 'usual'): Options =>
    Object.fromEntries(numbers.map((option) => [option.name, option[key]]));
  const plain = (optim as Readonly<Record<string, unknown>>)[camelCase(name)];
  const make = (makers[name] ?? plain) as ((options: Options) => optim.Optimizer) | undefined; // by the name they have
  if (make === undefined)
    throw new Error(`${name}: no function ${camelCase(name)}; name one in test/manifest.ts`);
  return {
    name,
    numbers,
    make: (options = {}) => make({ ...values('base'), ...options }),
    usual: () => make(values('usual')),
  };
});

/** What a place may hold, one schema each. */
function alternatives(schema: JsonSchema): JsonSchema[] {
  const parts = schema.anyOf ?? schema.oneOf;
  return parts === undefined ? [schema] : parts.flatMap(alternatives);
}

function numericOptions(name: string): NumericOption[] {
  const schema = configs[camelCase(name) as keyof typeof configs]; // configs are called as the functions are
  const standard = schema['~standard'] as unknown as {
    readonly jsonSchema: { input(options: { target: string }): JsonSchema };
  };
  const { properties = {} } = standard.jsonSchema.input({ target: 'draft-2020-12' });
  return Object.entries(properties).flatMap(([option, of]) => {
    const parts = alternatives(of);
    const number = parts.find(({ type }) => type === 'number' || type === 'integer');
    if (number === undefined || number.const !== undefined || number.enum !== undefined) return [];
    const integer = number.type === 'integer';
    const low = number.minimum ?? number.exclusiveMinimum ?? -Infinity;
    const given = number.maximum ?? number.exclusiveMaximum ?? Infinity;
    const high = given === Number.MAX_SAFE_INTEGER ? Infinity : given;
    const preset = typeof of.default === 'number' ? of.default : high === Infinity ? 0.01 : (low + high) / 2;
    const scheduled = parts.some((part) => part['x-trellis-kind'] === 'schedule');
    const usual = small[option] ?? preset;
    const base = active[option] ?? (usual === 0 && scheduled ? 0.1 : usual);
    return [{ name: option, scheduled, integer, usual, base, low, high }];
  });
}
