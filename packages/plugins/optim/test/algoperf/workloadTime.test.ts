import { describe, expect, it } from 'vitest';
import { algoperfRules, timeToTarget, trialTime, workloadTime } from '../../src/index.js';
import { thrown } from '../support.js';

const evaluations = [
  { step: 1, score: 2, 'validation/error': NaN, 'test/error': 0.9 },
  { step: 2, score: 5, 'validation/error': 0.4, 'test/error': 0.5 },
  { step: 3, score: 7, 'validation/error': 0.1, 'test/error': 0.3 },
  { step: 4, score: 9, 'validation/error': 0.2, 'test/error': 0.1 },
];
const error = { metric: 'validation/error', target: 0.2, mode: 'min' } as const;

describe('timeToTarget', () => {
  it('is the time of the first evaluation that reached the target', () => {
    expect(timeToTarget(evaluations, error)).toBe(7);
    expect(timeToTarget(evaluations, { ...error, timeKey: 'step' })).toBe(3);
    expect(timeToTarget(evaluations, { ...error, target: 0.1 })).toBe(7); // reached at equality
    expect(timeToTarget(evaluations, { ...error, target: 0.05 })).toBe(Infinity);
    expect(timeToTarget(evaluations, { ...error, target: 0.3, mode: 'max' })).toBe(5); // NaN reaches nothing
    expect(timeToTarget([], error)).toBe(Infinity);
  });

  it('refuses evaluations without the metric, and goals that are none', () => {
    expect(thrown(() => timeToTarget(evaluations, { ...error, metric: 'loss' }))).toMatch(
      /^ARGUMENT: timeToTarget: an evaluation has no number loss; it has step, score, validation\/error/,
    );
    expect(thrown(() => timeToTarget(evaluations, { ...error, target: NaN }))).toMatch(
      /target must be a finite/,
    );
    expect(thrown(() => timeToTarget(evaluations, { ...error, mode: 'least' as 'min' }))).toMatch(
      /mode must be 'min' or 'max'/,
    );
  });

  it('gives both splits for the rules of the paper', () => {
    const test = { ...error, metric: 'test/error' };
    expect(trialTime(evaluations, { validation: error, test })).toEqual({ validation: 7, test: 9, index: 2 });
    expect(trialTime(evaluations, { validation: { ...error, target: 0 } })).toEqual({ validation: Infinity });
  });
});

describe('workloadTime', () => {
  const external = { ruleset: 'external' } as const;

  it('is the median over studies, in which Infinity takes part', () => {
    expect(workloadTime([[10], [Infinity], [30]], external)).toBe(30);
    expect(workloadTime([[10], [Infinity], [Infinity]], external)).toBe(Infinity);
    expect(workloadTime([[10], [20]], external)).toBe(15);
    expect(workloadTime([[10], [Infinity]], external)).toBe(Infinity);
  });

  it('takes the fastest of five trials in each study; self-tuning has no trials', () => {
    const studies = [
      [40, 10, Infinity, 90, 11],
      [Infinity, Infinity, Infinity, Infinity, Infinity],
      [70, 60, 50, 40, 30],
    ];
    expect(workloadTime(studies, external)).toBe(30);
    expect(workloadTime(studies, { ruleset: 'self' })).toBe(70);
  });

  it('scores the test target of the trial that was fastest on validation, as the paper does', () => {
    const studies = [
      [
        { validation: 10, test: 50 },
        { validation: 20, test: 21 },
      ],
    ];
    expect(workloadTime(studies, { ...external, variant: 'paper2023' })).toBe(50);
    expect(workloadTime(studies, { ...external, variant: 'v0.6' })).toBe(10);
  });

  it('can choose trials by their evaluations, as the official scorer does', () => {
    const studies = [[{ validation: 30, index: 2 }, { validation: 20, index: 3 }, { validation: Infinity }]];
    expect(workloadTime(studies, external)).toBe(20);
    expect(workloadTime(studies, { ...external, fastestBy: 'index' })).toBe(30);
  });

  it('knows the numbers of each version', () => {
    expect(algoperfRules['v0.6'].external).toMatchObject({ studies: 3, trials: 5, runtimeFactor: 1 });
    expect(algoperfRules['v0.6'].self).toMatchObject({ studies: 3, trials: 1, runtimeFactor: 1.5 });
    expect(algoperfRules.paper2023.external).toMatchObject({ studies: 5, trials: 20, scored: 'test' });
    expect(algoperfRules.paper2023.self.runtimeFactor).toBe(3);
    expect(algoperfRules['v0.5'].external).toMatchObject({ studies: 5, trials: 5, heldOutVariants: true });
  });

  it('refuses what makes no sense', () => {
    const refused = (studies: unknown, options: object = external): string =>
      thrown(() => workloadTime(studies as number[][], options as typeof external));
    expect(refused([])).toMatch(/^ARGUMENT: workloadTime: studies must be a list of lists/);
    expect(refused([[]])).toMatch(/study 0 must be a list of at least one trial/);
    expect(refused([[1], [NaN]])).toMatch(
      /trial 0 of study 1 must have a time of at least 0, or Infinity; got NaN/,
    );
    expect(refused([[-1]])).toMatch(/got -1/);
    expect(refused([[3]], { ...external, variant: 'paper2023' })).toMatch(/a time to the test target/);
    expect(refused([[3]], { ...external, fastestBy: 'index' })).toMatch(/must have an index/);
    expect(refused([[3]], {})).toMatch(/ruleset is missing/);
    expect(refused([[3]], { ruleset: 'none' })).toMatch(/ruleset must be 'external' or 'self'/);
  });
});
