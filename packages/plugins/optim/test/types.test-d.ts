import { expectTypeOf, test } from 'vitest';
import type { Tensor, Tree } from '@core/tensor';
import { createRegistry, type Optimizer as Kind, type Schedule as ScheduleKind } from '@core/registry';
import {
  accumulate,
  adam,
  adamw,
  applyUpdates,
  chain,
  clipByGlobalNorm,
  cosine,
  lion,
  lookahead,
  masked,
  partition,
  scaleByLion,
  setToZero,
  sgd,
  withHyperparameters,
  type AdamState,
  type ClipByGlobalNormState,
  type Optimizer,
  type ScaleByLionState,
  type Schedule,
  type StateOf,
} from '../src/index.js';
import plugin from '../src/plugin.js';

test('optimizers are of the registry’s kinds', () => {
  expectTypeOf(adam()).toExtend<Kind>();
  expectTypeOf(lookahead(accumulate(lion(), 2))).toExtend<Kind>();
  expectTypeOf<Schedule>().toEqualTypeOf<ScheduleKind>();
});

test('states have names', () => {
  expectTypeOf<StateOf<ReturnType<typeof adam>>>().toEqualTypeOf<AdamState>();
  expectTypeOf<StateOf<ReturnType<typeof scaleByLion>>['m']>().toEqualTypeOf<Tree>();
  expectTypeOf<AdamState['moments']['count']>().toEqualTypeOf<Tensor>();
  expectTypeOf<AdamState>().toExtend<Tree>();
});

test('chain knows its stages’ states, by place and by name', () => {
  const byPlace = chain(clipByGlobalNorm(1), scaleByLion());
  expectTypeOf(byPlace.init({})).toEqualTypeOf<readonly [ClipByGlobalNormState, ScaleByLionState]>();
  const byName = chain({ clip: clipByGlobalNorm(1), lion: scaleByLion() });
  expectTypeOf(byName.init({})).toEqualTypeOf<{
    readonly clip: ClipByGlobalNormState;
    readonly lion: ScaleByLionState;
  }>();
  // @ts-expect-error a number is no stage
  chain(adam(), 0.1);
});

test('partition’s labels are the groups’ names', () => {
  const groups = { moved: adam(), frozen: setToZero() };
  const optimizer = partition(groups, (path) => (path === 'a' ? 'frozen' : 'moved'));
  expectTypeOf(optimizer.init({}).moved).toEqualTypeOf<AdamState>();
  // @ts-expect-error there is no such group
  partition(groups, () => 'still');
  partition(groups, { a: 'frozen', b: ['moved', 'frozen'] });
  // @ts-expect-error a mask is made of booleans
  masked(adam(), { a: 'frozen' });
});

test('parameters keep their type', () => {
  type Params = { weight: Tensor; layers: readonly { bias: Tensor }[] };
  expectTypeOf(applyUpdates<Params>).returns.toEqualTypeOf<Params>();
  expectTypeOf(withHyperparameters<AdamState>).returns.toEqualTypeOf<AdamState>();
});

test('options are checked', () => {
  // @ts-expect-error the rate has no default
  sgd({});
  // @ts-expect-error misspelt
  adamw({ learningrate: 0.1 });
  // @ts-expect-error a schedule gives numbers
  adamw({ learningRate: () => 'fast' });
  // @ts-expect-error steps are missing
  cosine({ from: 1 });
  adamw({
    learningRate: cosine({ from: 1, steps: 10 }),
    weightDecayMask: (path, p) => p.ndim > 1 && path !== '',
  });
});

test('the registry knows ids, kinds and options', () => {
  const registry = createRegistry([plugin]);
  expectTypeOf(registry.create('optim/adamp', { learningRate: 0.1 })).resolves.toEqualTypeOf<
    Optimizer<Tree>
  >();
  expectTypeOf(registry.create('optim/cosine', { from: 1, steps: 10 })).resolves.toEqualTypeOf<Schedule>();
  // @ts-expect-error there is no such option
  void registry.create('optim/lion', { beta3: 0.1 });
  // @ts-expect-error there is no such component
  void registry.create('optim/lino');
  // @ts-expect-error steps are missing
  void registry.create('optim/cosine', { from: 1 });
});
