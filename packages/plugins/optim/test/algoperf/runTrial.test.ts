import { describe, expect, it } from 'vitest';
import {
  runTrial,
  timeToTarget,
  virtualClock,
  type RunTrialOptions,
  type Submission,
  type TrialClock,
  type Workload,
} from '../../src/index.js';
import { thrown } from '../support.js';

/** Parameters are one number: the steps made. The error falls to 0 at step 37. */
type Toy = Workload<number, null, number>;
const toy: Toy = {
  name: 'toy',
  initModel: () => ({ params: 0, modelState: null }),
  async *trainingData() {
    await Promise.resolve();
    for (let i = 0; ; i++) yield i;
  },
  loss: (params, modelState) => ({ loss: 37 - params, modelState }),
  evaluate: (params) => ({ error: Math.max(0, 37 - params) }),
  metric: 'error',
  mode: 'min',
  target: 0,
  maxRuntime: 1000,
  evalPeriod: 10,
  stepHint: 40,
};

type Count = Submission<number, null, number, number, { by: number }>;
const count: Count = {
  getBatchSize: () => 1,
  initOptimizerState: () => 0,
  dataSelection: async ({ data }) => Number((await data.next()).value),
  updateParams: ({ params, modelState, optimizerState, hyperparameters }) => ({
    params: params + hyperparameters.by,
    modelState,
    optimizerState: optimizerState + 1,
  }),
};

const costly = (): TrialClock => virtualClock({ updateParams: 1, evaluation: 1000 });
const run = (options: RunTrialOptions = {}, submission: Count = count, workload: Toy = toy) =>
  runTrial(workload, submission, { by: 1 }, { clock: costly(), ...options });
const goal = { metric: 'error', target: 0, mode: 'min' } as const;

describe('the clock of the rules', () => {
  it('evaluates every period and does not count evaluations', async () => {
    const { evaluations, end, time } = await run();
    expect(evaluations.map(({ score }) => score)).toEqual([10, 20, 30, 40]);
    expect(timeToTarget(evaluations, goal)).toBe(40); // neither 37 nor 4040
    expect(end).toBe('reached');
    expect(time).toBe(40);
    expect(evaluations.at(-1)).toMatchObject({
      step: 40,
      totalDuration: 4040,
      evaluationTime: 4000,
      error: 0,
    });
  });

  it('evaluates after the first step like the official loop, if asked to', async () => {
    const { evaluations } = await run({ evalAfterFirstStep: true });
    expect(evaluations.map(({ score }) => score)).toEqual([1, 11, 21, 31, 41]);
    expect(timeToTarget(evaluations, goal)).toBe(41);
  });

  it.each([false, true])(
    'ends without an evaluation when the time is over (evalAfterFirstStep %s)',
    async (evalAfterFirstStep) => {
      const { evaluations, end, steps } = await run({ maxRuntime: 39, evalAfterFirstStep });
      expect(timeToTarget(evaluations, goal)).toBe(Infinity);
      expect([end, steps]).toEqual(['timeout', 39]);
    },
  );

  it('counts data selection and preparation, and evaluations that the submission makes itself', async () => {
    const clock = virtualClock({ dataSelection: 2, updateParams: 3, prepareForEval: 7, evaluation: 1000 });
    const prepared: Count = { ...count, prepareForEval: () => ({}) };
    const { evaluations } = await run({ clock, maxSteps: 4 }, prepared);
    // Steps take 5; a period is over after two of them.
    expect(evaluations.map(({ step, score }) => [step, score])).toEqual([
      [2, 17],
      [4, 34],
    ]);
    let seconds = 0;
    const manual: TrialClock = { now: () => seconds };
    const curious: Count = {
      ...count,
      updateParams: (context) => {
        seconds += 1;
        void context.workload.evaluate(context.params, context.modelState, context);
        return count.updateParams(context);
      },
    };
    const slow: Toy = { ...toy, evaluate: (params) => ((seconds += 4), { error: 37 - params }) };
    const watched = await run({ clock: manual, maxSteps: 4 }, curious, slow);
    expect(watched.evaluations.map(({ step, score }) => [step, score])).toEqual([
      [2, 10],
      [4, 20],
    ]);
  });
});

describe('a trial', () => {
  it('gives prepareForEval the last word on what is measured and what training goes on with', async () => {
    const swapping: Count = {
      ...count,
      prepareForEval: ({ params, optimizerState }) => ({
        evaluationParams: 37,
        params: params + 100,
        optimizerState: optimizerState + 0.5,
      }),
    };
    const seen: number[] = [];
    const { evaluations, steps } = await run(
      { stopAtTarget: false, maxSteps: 20 },
      {
        ...swapping,
        updateParams: (context) => (
          seen.push(context.params, context.optimizerState),
          count.updateParams(context)
        ),
      },
    );
    expect(evaluations.map(({ error }) => error)).toEqual([0, 0]);
    expect(steps).toBe(20);
    expect(seen.slice(20, 22)).toEqual([110, 10.5]);
  });

  it('goes on until the test target was reached too', async () => {
    const both: Toy = {
      ...toy,
      evaluate: (params) => ({ error: 37 - params, testError: 57 - params }),
      test: { metric: 'testError', target: 0 },
    };
    const { evaluations, end } = await run({}, count, both);
    expect(end).toBe('reached');
    expect(timeToTarget(evaluations, goal)).toBe(40);
    expect(timeToTarget(evaluations, { ...goal, metric: 'testError' })).toBe(60);
    expect((await run({ maxRuntime: 45 }, count, both)).end).toBe('timeout');
  });

  it('is complete when the submission says so, or at maxSteps, with an evaluation', async () => {
    const early: Count = {
      ...count,
      updateParams: (context) => ({
        ...(count.updateParams(context) as { params: number; modelState: null; optimizerState: number }),
        trainingComplete: context.step === 11,
      }),
    };
    const { evaluations, end, steps } = await run({}, early);
    expect([end, steps]).toEqual(['complete', 12]);
    expect(evaluations.map(({ step }) => step)).toEqual([10, 12]);
    const limited = await run({ maxSteps: 5 });
    expect([limited.end, limited.steps, limited.evaluations.length]).toEqual(['complete', 5, 1]);
  });

  it('ends after the present step when stopped', async () => {
    const stop = new AbortController();
    const { end, steps } = await run({
      signal: stop.signal,
      onStep: (step) => void (step === 3 && stop.abort()),
    });
    expect([end, steps]).toEqual(['stopped', 3]);
  });

  it('never reaches a target with NaN, and ends at the time limit', async () => {
    const broken: Toy = { ...toy, evaluate: () => ({ error: NaN }) };
    const { end, evaluations } = await run({ maxRuntime: 35 }, count, broken);
    expect(end).toBe('timeout');
    expect(timeToTarget(evaluations, goal)).toBe(Infinity);
  });

  it('draws other seeds for every step, the same for the same trial', async () => {
    const drawn = async (seed: number): Promise<number[]> => {
      const seeds: number[] = [];
      await run(
        { seed, maxSteps: 3 },
        { ...count, updateParams: (context) => (seeds.push(context.seed), count.updateParams(context)) },
      );
      return seeds;
    };
    const first = await drawn(1);
    expect(new Set(first).size).toBe(3);
    expect(await drawn(1)).toEqual(first);
    expect(await drawn(2)).not.toEqual(first);
  });

  it('measures real time by default', async () => {
    const { evaluations } = await runTrial({ ...toy, evalPeriod: 1e-9 }, count, { by: 1 }, { maxSteps: 3 });
    expect(evaluations).toHaveLength(3);
    for (const { score } of evaluations) expect(score).toBeGreaterThan(0);
  });
});

describe('bad input', () => {
  const refused = async (
    options: object,
    submission: object = {},
    workload: object = {},
  ): Promise<string> => {
    const result = await run(options, { ...count, ...submission }, { ...toy, ...workload }).catch(
      (error: unknown) => error,
    );
    return thrown(() => {
      if (result instanceof Error) throw result;
    });
  };

  it('is refused by name', async () => {
    expect(await refused({ clock: 3 })).toMatch(/^ARGUMENT: runTrial: clock must be a clock/);
    expect(await refused({ maxRuntime: NaN })).toMatch(/maxRuntime must be a number greater than 0/);
    expect(await refused({ evalPeriod: 0 })).toMatch(/evalPeriod must be a number greater than 0/);
    expect(await refused({ maxSteps: 0.5 })).toMatch(/maxSteps must be a whole number/);
    expect(await refused({ pace: 1 })).toMatch(/there is no option pace/);
    expect(await refused({ maxRuntime: Infinity, stopAtTarget: false })).toMatch(
      /nothing would end this trial/,
    );
    expect(await refused({}, { updateParams: 3 })).toMatch(/submission.updateParams must be a function/);
    expect(await refused({}, { getBatchSize: () => 0 })).toMatch(
      /getBatchSize\('toy'\) must be a whole number/,
    );
    expect(await refused({}, {}, { mode: 'least' })).toMatch(/mode must be 'min' or 'max'/);
    expect(await refused({}, {}, { target: NaN })).toMatch(/target must be a finite number/);
    expect(await refused({}, {}, { evaluate: () => ({}) })).toMatch(
      /evaluate of toy gave no number error, but nothing/,
    );
    expect(await refused({}, {}, { evaluate: () => ({ error: 1, score: 2 }) })).toMatch(
      /gave a metric score/,
    );
    expect(thrown(() => virtualClock({ updateParams: -1 }))).toMatch(/virtualClock: updateParams must be/);
    expect(thrown(() => virtualClock({ updateParams: () => NaN }).did?.('updateParams', 4))).toMatch(
      /updateParams of step 4 costs NaN/,
    );
  });
});
