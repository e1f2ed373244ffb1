import { random, type Tensor } from '@core/tensor';
import type { Agent } from '../kinds/agent.js';
import type { ActionSpace, Environment, Spaces } from '../kinds/environment.js';
import {
  bitsOf,
  fromNumbers,
  law,
  leavesUntouched,
  must,
  mustBeFinite,
  mustBeTree,
  numbers,
  numbersOf,
  randomTensor,
  seeds,
  shapesOf,
  type Law,
  type Make,
} from './law.js';

export interface EnvironmentLawOptions {
  /** Steps of each random episode. Default 30. */
  readonly steps?: number;
}

export interface AgentLawOptions {
  /** What the agent is told of its world. Default: observations `[3]`, two discrete actions. */
  readonly spaces?: Spaces;
}

/** Some action of a space. */
function actionOf(actions: ActionSpace, seed: number): Tensor {
  if (actions.type === 'discrete') {
    const [number = 0] = numbers(seed, 1);
    return fromNumbers([Math.floor(((number + 1) / 2) * actions.count)], [], 'int32');
  }
  const middle = (actions.high + actions.low) / 2;
  return randomTensor(seed, actions.shape, 'float32')
    .mul((actions.high - actions.low) / 2)
    .add(middle);
}

export function environmentLaws(
  make: Make<Environment>,
  { steps = 30 }: EnvironmentLawOptions = {},
): readonly Law[] {
  const episode = async (seed: number, look: (what: string, value: unknown) => void): Promise<void> => {
    const environment = await make();
    const start = environment.reset(random.key(seed));
    look('reset', start);
    let { state } = start;
    for (let count = 0; count < steps; count++) {
      const action = actionOf(environment.actions, seed * 1000 + count);
      const key = random.key(seed * 1000 + count);
      const next = leavesUntouched('step', { state, action, key }, () =>
        environment.step(state, action, key),
      );
      look(`step ${String(count)}`, next);
      const over = Number(next.done.item()) !== 0;
      ({ state } = over ? environment.reset(key) : next);
    }
  };
  return [
    law('observations, rewards and ends have their shapes, and all is finite', async () => {
      const { observationShape } = await make();
      for (const seed of seeds) {
        await episode(seed, (what, value) => {
          const { state, observation, reward, done } = value as {
            state: unknown;
            observation: Tensor;
            reward?: Tensor;
            done?: Tensor;
          }; // what reset or step gave
          mustBeTree(state, `${what}: state`);
          must(
            observation.shape.join(',') === observationShape.join(','),
            () =>
              `${what}: observation [${observation.shape.join(',')}], announced [${observationShape.join(',')}]`,
          );
          mustBeFinite(observation, `${what}: observation`);
          if (reward)
            must(reward.ndim === 0, () => `${what}: reward is [${reward.shape.join(',')}], wanted a scalar`);
          if (reward) mustBeFinite(reward, `${what}: reward`);
          if (done)
            must(
              done.ndim === 0 && done.dtype === 'bool',
              () => `${what}: done is ${done.dtype}[${done.shape.join(',')}], wanted a bool scalar`,
            );
        });
      }
    }),
    law('one key and the same actions give the same episode', async () => {
      const record = async (): Promise<string> => {
        const parts: string[] = [];
        await episode(1, (_, value) => parts.push(bitsOf(value)));
        return parts.join('\n');
      };
      must((await record()) === (await record()), () => 'a replayed episode differs');
    }),
  ];
}

const smallWorld: Spaces = { observationShape: [3], actions: { type: 'discrete', count: 2 } };

export function agentLaws(make: Make<Agent>, { spaces = smallWorld }: AgentLawOptions = {}): readonly Law[] {
  return [
    law('the state is a tree of tensors, the same for the same key', async () => {
      const agent = await make();
      const state = agent.init(random.key(1), spaces);
      mustBeTree(state, 'state');
      must(
        bitsOf(agent.init(random.key(1), spaces)) === bitsOf(state),
        () => 'a second init with the same key differs',
      );
    }),
    law('it acts within its action space, and purely', async () => {
      const agent = await make();
      const state = agent.init(random.key(1), spaces);
      for (const seed of seeds) {
        const observation = randomTensor(seed, spaces.observationShape, 'float32');
        const key = random.key(seed);
        const run = (): { action: Tensor } =>
          leavesUntouched('act', { state, observation, key }, () => agent.act(state, observation, key));
        const { action } = run();
        must(
          bitsOf(run().action) === bitsOf(action),
          () => 'act gives another action for the same arguments',
        );
        mustBeAction(action, spaces.actions);
      }
    }),
    law('learning keeps the structure of the state, and is finite', async () => {
      const agent = await make();
      let state = agent.init(random.key(1), spaces);
      const structure = shapesOf(state);
      for (const seed of seeds) {
        const transition = {
          observation: randomTensor(seed, spaces.observationShape, 'float32'),
          action: actionOf(spaces.actions, seed),
          reward: randomTensor(seed + 1, [], 'float32'),
          nextObservation: randomTensor(seed + 2, spaces.observationShape, 'float32'),
          done: fromNumbers([0], [], 'float32').less(0),
        };
        const before = state;
        state = leavesUntouched('learn', { state: before, transition }, () =>
          agent.learn(before, transition),
        ).state;
        must(shapesOf(state) === structure, () => `the state became ${shapesOf(state)}, was ${structure}`);
        mustBeFinite(state, 'the state');
      }
    }),
  ];
}

function mustBeAction(action: Tensor, space: ActionSpace): void {
  const values = numbersOf(action)[0] ?? [];
  if (space.type === 'discrete') {
    const [value = NaN] = values;
    const good = action.ndim === 0 && action.dtype === 'int32' && value >= 0 && value < space.count;
    must(
      good,
      () =>
        `action ${String(value)} (${action.dtype} of rank ${String(action.ndim)}), wanted an int32 scalar below ${String(space.count)}`,
    );
    return;
  }
  must(
    action.shape.join(',') === space.shape.join(','),
    () => `action [${action.shape.join(',')}], wanted [${space.shape.join(',')}]`,
  );
  const outside = values.find((value) => !(value >= space.low && value <= space.high));
  must(
    outside === undefined,
    () => `action ${String(outside)} is outside of ${String(space.low)} to ${String(space.high)}`,
  );
}
