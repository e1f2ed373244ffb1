import { ones, random, tensor, tree, zeros, type Tensor, type Tree } from '@core/tensor';
import { describe, expect, it } from 'vitest';
import type {
  Agent,
  Dataset,
  Environment,
  Experiment,
  Guidance,
  Loss,
  Report,
  Sampler,
  Solver,
  Split,
  Strategy,
  Task,
} from '../../src/index.js';
import { ArgumentError } from '@core/tensor';
import { laws, type Law } from '../../src/testing.js';
import { broken } from './support.js';

const holds = (all: readonly Law[]): void => {
  for (const { name, check } of all) it(name, check);
};

const known = (split: Split): number => {
  if (split === 'train') return 4;
  if (split === 'test') return 2;
  throw new ArgumentError(`split ${split}: there are train and test`);
};

const squares: Dataset = {
  name: 'Squares',
  inputShape: [1, 2, 2],
  classNames: ['light', 'dark'],
  splits: ['train', 'test'],
  size: known,
  load: async (split) => {
    const count = known(split);
    return Promise.resolve({
      inputs: ones([count, 1, 2, 2]).mul(split === 'train' ? 1 : 0.5),
      targets: tensor(Int32Array.from({ length: count }, (_, index) => index % 2)),
    });
  },
  picture: () => Promise.resolve({ width: 2, height: 2, channels: 1, pixels: new Uint8Array(4) }),
};

describe('the dataset laws', () => {
  describe('hold for a small data set', () => {
    holds(laws('dataset', () => squares));
  });

  it.each([
    ['size', { size: () => 5 }, 'each split has the size and shape that were announced'],
    ['classes', { classNames: ['light'] }, 'targets are numbers of the named classes'],
    ['same splits', { size: () => 4, load: () => squares.load('train') }, 'splits differ'],
    [
      'picture',
      {
        picture: () =>
          Promise.resolve({ width: 3, height: 2, channels: 1 as const, pixels: new Uint8Array(4) }),
      },
      'pictures have the bytes that their size says',
    ],
    ['tolerance', { size: (split: Split) => (split === 'test' ? 2 : 4) }, 'an unknown split is refused'],
  ])('catch a wrong %s', async (_, change, name) => {
    expect(Object.keys(await broken(laws('dataset', () => ({ ...squares, ...change }))))).toContain(name);
  });
});

describe('the task laws', () => {
  const loss: Loss = (outputs) => outputs.square().mean();
  const task: Task = {
    name: 'Squares',
    dataset: squares,
    loss,
    metrics: [
      {
        name: 'count',
        goal: 'max',
        init: () => 0,
        update: (state, outputs) => (state as number) + outputs.size,
        result: (state) => state as number,
      },
    ],
  };
  describe('hold for a small task', () => {
    holds(laws('task', () => task));
  });

  it('catch a task without metrics, and a loss that is not finite', async () => {
    const found = await broken(
      laws('task', () => ({ ...task, metrics: [], loss: (outputs) => outputs.mul(NaN).sum() })),
    );
    expect(found).toEqual({
      'metrics have names of their own, the deciding one first': 'the task reports nothing',
      'loss and metrics take the dataset’s targets': 'the loss of random outputs holds NaN',
    });
  });
});

describe('the diffusion laws', () => {
  const sampler: Sampler = {
    sample: (denoiser, key, shape, { onStep, condition } = {}) => {
      let x = random.normal(key, shape);
      for (let step = 1; step <= 3; step++) {
        x = x.sub(denoiser(x, tensor(1 / step), condition).mul(0.1));
        onStep?.(step, 3);
      }
      return x;
    },
  };
  const doubled: Guidance = (denoiser) => (x, time, condition) => denoiser(x, time, condition).mul(2);

  describe('hold for a small sampler', () => {
    holds(laws('sampler', () => sampler));
  });
  describe('hold for a small guidance', () => {
    holds(laws('guidance', () => doubled));
  });

  it('catch a sampler that forgets key, shape and steps', async () => {
    const found = await broken(laws('sampler', () => ({ sample: () => zeros([2]) })));
    expect(Object.values(found)).toEqual([
      'got [2], asked for [4,2]',
      'two keys give the same samples',
      'onStep got [], wanted [1, n], [2, n] to [n, n]',
    ]);
  });

  it('catch a guidance that changes the shape', async () => {
    const found = await broken(
      laws('guidance', (): Guidance => (denoiser) => (x, time) => denoiser(x, time).sum()),
    );
    expect(found['a guided denoiser is a denoiser: finite, of the same shape, pure']).toMatch(
      /^got .*float64\[\], wanted .*float64\[4,2\]$/,
    );
  });
});

/** A walk on a line that ends at 3. */
const walk: Environment<{ place: Tensor }> = {
  observationShape: [3],
  actions: { type: 'discrete', count: 2 },
  reset: () => ({ state: { place: zeros([]) }, observation: zeros([3]) }),
  step: ({ place }, action) => {
    const next = place.add(action);
    return {
      state: { place: next },
      observation: zeros([3]).add(next),
      reward: next.mul(0.1),
      done: next.greaterEqual(3),
    };
  },
};

describe('the laws of environments and agents', () => {
  const careless: Agent<{ sum: Tensor }> = {
    init: () => ({ sum: zeros([]) }),
    act: (state, _, key) => ({ action: random.uniform(key, []).mul(2).floor().cast('int32'), state }),
    learn: ({ sum }, { reward }) => ({ state: { sum: sum.add(reward) }, measures: {} }),
  };

  describe('hold for a walk', () => {
    holds(laws('environment', () => walk as unknown as Environment));
  });
  describe('hold for a random agent', () => {
    holds(laws('agent', () => careless as unknown as Agent));
  });

  it('catch rewards that are no scalars, and hidden chance', async () => {
    let luck = 0;
    const lucky: typeof walk = {
      ...walk,
      step: (...args) => ({ ...walk.step(...args), reward: tensor([++luck]) }),
    };
    const found = await broken(laws('environment', () => lucky as unknown as Environment));
    expect(Object.values(found)).toEqual([
      'step 0: reward is [1], wanted a scalar',
      'a replayed episode differs',
    ]);
  });

  it('catch actions outside of the space', async () => {
    const wild: typeof careless = {
      ...careless,
      act: (state) => ({ action: tensor(5, { dtype: 'int32' }), state }),
    };
    expect(Object.values(await broken(laws('agent', () => wild as unknown as Agent)))).toEqual([
      'action 5 (int32 of rank 0), wanted an int32 scalar below 2',
    ]);
  });
});

describe('the solver laws', () => {
  /** Halves a number. */
  const halving: Solver = {
    init: (problem) => ({ x: tensor(problem as number) }),
    step: (_, state) => {
      const { x } = state as { x: Tensor };
      return { state: { x: x.mul(0.5) }, measures: { size: x.abs() } };
    },
    solution: (_, state) => state,
  };
  describe('hold for a small solver', () => {
    holds(laws('solver', () => halving, { problem: 3, decreases: 'size' }));
  });

  it('catch one that does not get better', async () => {
    const stuck: Solver = { ...halving, step: (_, state) => ({ state, measures: { size: 1 } }) };
    expect(
      Object.values(await broken(laws('solver', () => stuck, { problem: 3, decreases: 'size' }))),
    ).toEqual(['size is 1 after 20 steps, was 1']);
  });
});

describe('the experiment laws', () => {
  const down: Solver = {
    init: (problem) => ({ x: tensor(problem as number) }),
    step: (_, state) => ({ state: { x: (state as { x: Tensor }).x.mul(0.5) }, measures: {} }),
    solution: (_, state) => (state as { x: Tensor }).x,
  };
  /** Scores a number by its size. */
  const small: Experiment = {
    name: 'Small numbers',
    scores: { size: 'min' },
    load: (key) => {
      const start = random.uniform(key, []).item();
      return Promise.resolve({
        problem: start,
        references: { start: { size: start } },
        evaluate: (x) => ({ size: (x as Tensor).item() }),
        draw: (found) => [
          { kind: 'svg', title: 'Sizes', svg: `<svg viewBox="0 0 ${String(found.length)} 1"></svg>` },
        ],
      });
    },
  };
  const changed = (change: Partial<Awaited<ReturnType<Experiment['load']>>>): Experiment => ({
    ...small,
    load: async (key) => ({ ...(await small.load(key)), ...change }),
  });
  describe('hold for a small experiment', () => {
    holds(laws('experiment', () => small, { solver: down }));
  });

  const wrong: [string, Parameters<typeof changed>[0], RegExp][] = [
    ['a score that was not announced', { evaluate: () => ({ size: 1, length: 2 }) }, /a score length, which/],
    ['a score that is missing', { evaluate: () => ({}) }, /a solution has no size/],
    ['a score that is no number', { references: { start: { size: NaN } } }, /start: size is NaN/],
    ['scores that change', { evaluate: () => ({ size: performance.now() }) }, /two runs differ/],
    [
      'an empty figure',
      { draw: () => [{ kind: 'histogram', title: 'a', x: '', groups: [] }] },
      /a shows nothing/,
    ],
    [
      'a figure that loads',
      { draw: () => [{ kind: 'svg', title: 'a', svg: '<svg viewBox=""><image href="b"/></svg>' }] },
      /a loads or runs/,
    ],
  ];
  it.each(wrong)('catch %s', async (_, change, message) => {
    const found = Object.values(await broken(laws('experiment', () => changed(change), { solver: down })));
    expect(found.join()).toMatch(message);
  });
});

describe('the strategy laws', () => {
  /** Stays near the parameters that the last task ended with. */
  const anchored: Strategy = {
    init: (_, params) => params,
    objective: (base, state) => (params, batch) => {
      const pulls = tree.leaves(tree.map((p: Tensor, s: Tensor) => p.sub(s).square().sum(), params, state));
      return pulls.reduce((sum, pull) => sum.add(pull), base(params, batch));
    },
    endTask: (_, params) => tree.map((p: Tensor) => p.mul(1), params),
  };
  describe('hold for an anchor', () => {
    holds(laws('strategy', () => anchored));
  });

  it('catch a state that is no tree', async () => {
    const odd: Strategy = { ...anchored, endTask: () => 3 as unknown as Tree };
    expect(Object.values(await broken(laws('strategy', () => odd)))).toEqual([
      'state is the number 3; a tree holds tensors, arrays and plain objects only',
    ]);
  });
});

describe('the report laws', () => {
  const page: Report = (run) => [{ path: 'pages/report.html', content: `<h1>${run.id}</h1>` }];
  describe('hold for a page', () => {
    holds(laws('report', () => page));
  });

  it.each(['../report.html', '/report.html', 'a/../../b', 'c:\\x', ''])('catch the path %j', async (path) => {
    const found = await broken(laws('report', (): Report => () => [{ path, content: 'x' }]));
    expect(Object.values(found)).toEqual([`${path} is no relative path inside the run folder`]);
  });
});
