import type { Tensor, Tree } from '@core/tensor';
import { describe, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import {
  createRegistry,
  definePlugin,
  defineRecipe,
  defineRecipeSchema,
  parseRecipe,
  provenanceOf,
  resolveRecipe,
  type ComponentId,
  type ConfigOf,
  type CreatedBy,
  type Dataset,
  type Entries,
  type Kinds,
  type KindName,
  type Optimizer,
  type Provenance,
  type Schedule,
  type SpecOf,
} from '../src/index.js';
import { laws } from '../src/testing.js';
import { training } from './recipe/support.js';
import { toy } from './support/toy.js';

const registry = createRegistry([toy]);
declare const someText: string;

interface Tokenizer {
  cut(text: string): readonly string[];
}
declare module '@core/registry' {
  interface Kinds {
    tokenizer: Tokenizer;
  }
}

describe('create', () => {
  it('gives the kind of the id', () => {
    expectTypeOf(registry.create('toy/sgd', { learningRate: 0.1 })).resolves.toEqualTypeOf<Optimizer>();
    expectTypeOf(registry.create('toy/decay')).resolves.toEqualTypeOf<Schedule>();
    expectTypeOf(registry.create('toy/heavy')).resolves.toEqualTypeOf<Optimizer>();
    expectTypeOf<CreatedBy<'toy/digits'>>().toEqualTypeOf<Dataset>();
  });

  it('refuses unknown ids, unknown options and wrong values', () => {
    // @ts-expect-error -- no such id
    void registry.create('toy/adam', {});
    // @ts-expect-error -- no such option
    void registry.create('toy/sgd', { learningRat: 0.1 });
    // @ts-expect-error -- a number or a schedule
    void registry.create('toy/sgd', { learningRate: 'fast' });
    // @ts-expect-error -- inner has no default
    void registry.create('toy/wrapped', {});
    // @ts-expect-error -- inner has no default
    void registry.create('toy/wrapped');
    // @ts-expect-error -- ids are literals; texts go to fromSpec
    void registry.create(someText);
  });
});

describe('fromSpec', () => {
  it('takes anything, and gives the kind asked for', () => {
    expectTypeOf(registry.fromSpec('x', { kind: 'optimizer' })).resolves.toEqualTypeOf<Optimizer>();
    expectTypeOf(registry.fromSpec({})).resolves.toEqualTypeOf<Kinds[KindName]>();
    // @ts-expect-error -- no such kind
    void registry.fromSpec({}, { kind: 'optimiser' });
  });
});

describe('Entries', () => {
  it('derive ids and configs from the manifest', () => {
    type E = Entries<typeof toy>;
    expectTypeOf<keyof E>().toEqualTypeOf<
      'toy/sgd' | 'toy/old-sgd' | 'toy/wrapped' | 'toy/decay' | 'toy/heavy' | 'toy/digits'
    >();
    expectTypeOf<E['toy/decay']['input']>().toEqualTypeOf<{
      start?: number | undefined;
      factor?: number | undefined;
    }>();
    expectTypeOf<E['toy/decay']['kind']>().toEqualTypeOf<'schedule'>();
    expectTypeOf<ConfigOf<'toy/digits'>>().toEqualTypeOf<{ train?: number | undefined }>();
    expectTypeOf<'toy/sgd'>().toExtend<ComponentId>();
    expectTypeOf<{ use: 'toy/decay'; factor: 2 }>().toExtend<SpecOf<'schedule'>>();
    expectTypeOf<{ use: 'toy/decay' }>().not.toExtend<SpecOf<'optimizer'>>();
  });
});

describe('definePlugin', () => {
  const fields = { title: 'T', summary: 'S', config: z.object({ rate: z.number().default(1) }) } as const;
  const base = { contract: 1, name: 'x', version: '1.0.0' } as const;

  it('takes a create that fits its schema and kind, also through then', () => {
    const create =
      (config: { rate: number }): Schedule =>
      () =>
        config.rate;
    definePlugin({
      ...base,
      components: { a: { ...fields, kind: 'schedule', load: () => Promise.resolve({ create }) } },
    });
    definePlugin({
      ...base,
      components: {
        a: {
          ...fields,
          kind: 'schedule',
          load: () => Promise.resolve({ all: { create } }).then(({ all }) => all),
        },
      },
    });
    definePlugin({
      ...base,
      components: { a: { ...fields, kind: 'schedule', load: () => Promise.reject(new Error('no')) } },
    });
    const cut = (): Tokenizer => ({ cut: (text) => [text] });
    definePlugin({
      ...base,
      components: { a: { ...fields, kind: 'tokenizer', load: () => Promise.resolve({ create: cut }) } },
    });
  });

  it('refuses one that does not', () => {
    const create = (config: { rate: number }): Schedule => () => config.rate; // prettier-ignore
    const load = () => Promise.resolve({ create });
    const other = (config: { speed: string }): Schedule => () => config.speed.length; // prettier-ignore
    const loadOther = () => Promise.resolve({ create: other });
    const loadNothing = () => Promise.resolve({});
    // @ts-expect-error -- the schema has no option speed
    definePlugin({ ...base, components: { a: { ...fields, kind: 'schedule', load: loadOther } } });
    // @ts-expect-error -- a schedule is no optimizer
    definePlugin({ ...base, components: { a: { ...fields, kind: 'optimizer', load } } });
    // @ts-expect-error -- no such kind
    definePlugin({ ...base, components: { a: { ...fields, kind: 'shedule', load } } });
    // @ts-expect-error -- what load brings has no create
    definePlugin({ ...base, components: { a: { ...fields, kind: 'schedule', load: loadNothing } } });
    // @ts-expect-error -- another contract
    definePlugin({ ...base, contract: 2, components: {} });
  });
});

describe('recipes', () => {
  it('are typed by the app’s schema and the plugins’ configs', () => {
    defineRecipe(training, {
      epochs: 2,
      dataset: { use: 'toy/digits', train: 3 },
      optimizers: [
        { name: 'slow', use: 'toy/sgd', momentum: 0.5 },
        { use: 'toy/wrapped', inner: { use: 'toy/sgd' } },
      ],
    });
    // @ts-expect-error -- no data set
    defineRecipe(training, { optimizers: [] });
    // @ts-expect-error -- a schedule is no data set
    defineRecipe(training, { dataset: { use: 'toy/decay' } });
    // @ts-expect-error -- no such option
    defineRecipe(training, { dataset: { use: 'toy/digits', trian: 3 } });
    // @ts-expect-error -- epochs is a number
    defineRecipe(training, { epochs: 'two', dataset: { use: 'toy/digits' } });
  });

  it('take any spec for a kind of which no component is known', () => {
    const agents = defineRecipeSchema({ slots: { agent: { kind: 'agent', required: true } } });
    defineRecipe(agents, { agent: { use: 'rl/remax', horizon: 3 } });
    // @ts-expect-error -- names no component
    defineRecipe(agents, { agent: { horizon: 3 } });
  });

  it('resolve to typed settings and slots', async () => {
    const run = await resolveRecipe(registry, parseRecipe('{}'), training);
    expectTypeOf(run.settings).toEqualTypeOf<{ title: string; epochs: number; seed: number }>();
    expectTypeOf(run.slots.dataset.create()).resolves.toEqualTypeOf<Dataset>();
    expectTypeOf(run.slots.schedule?.create).toEqualTypeOf<(() => Promise<Schedule>) | undefined>();
    const [first] = run.slots.optimizers;
    expectTypeOf(first?.name).toEqualTypeOf<string | undefined>();
    expectTypeOf(first?.create).toEqualTypeOf<(() => Promise<Optimizer>) | undefined>();
    // @ts-expect-error -- no such slot
    void run.slots.model;
  });
});

describe('kinds', () => {
  it('are open, and typed', () => {
    expectTypeOf<Kinds['tokenizer']>().toEqualTypeOf<Tokenizer>();
    type Adam = { readonly count: Tensor; readonly mean: Tree };
    expectTypeOf<Optimizer<Adam>>().toExtend<Optimizer>();
    expectTypeOf(provenanceOf({})).toEqualTypeOf<Provenance | undefined>();
  });

  it('have laws; those of a solver need a problem', () => {
    laws('optimizer', () => registry.create('toy/sgd'));
    laws('solver', () => Promise.reject(new Error('never')), { problem: 1 });
    // @ts-expect-error -- no problem
    laws('solver', () => Promise.reject(new Error('never')));
    // @ts-expect-error -- an optimizer is no schedule
    laws('schedule', () => registry.create('toy/sgd'));
  });
});
