import { describe, expect, test } from 'vitest';
import { raceResults, scoresJson, type Leads } from '../../src/race/results.js';
import { renderRace } from '../../src/race/report/render.js';
import type { TrialRecord } from '../../src/race/trial.js';
import { parse } from 'yaml';
import { planOf, toyRace } from './sample.js';

const leads: Leads = new Map([
  ['stripes', { name: 'misses', goal: 'min' }],
  ['noisy', { name: 'misses', goal: 'min' }],
]);

/** A trial whose misses fall by one at each step, from a start. */
function record(workload: string, submission: string, trial: number, start: number, study = 0): TrialRecord {
  const evaluations = [1, 2, 3, 4, 5, 6, 7, 8].map((step) => ({
    step,
    seconds: step / 100,
    loss: 1,
    misses: Math.max(0, start - step),
  }));
  return {
    workload,
    submission,
    study,
    trial,
    seed: 0,
    hyperparameters: { learningRate: trial },
    end: 'complete',
    steps: 8,
    seconds: 0.08,
    evaluations,
  };
}

const all = (slow: number, noisy: number): TrialRecord[] => [
  record('stripes', 'tuned', 0, 6), // the target 2 after 4
  record('stripes', 'tuned', 1, 4), // after 2
  record('stripes', 'slow', 0, slow),
  record('noisy', 'tuned', 0, 9), // the target 6 after 3
  record('noisy', 'tuned', 1, 20),
  record('noisy', 'slow', 0, noisy),
];

describe('results of a race', () => {
  test('the fastest trial counts, and the variant takes credit away', async () => {
    const plan = await planOf(parse(toyRace));
    const reached = raceResults(plan, all(5, 8), leads);
    expect(reached.times.steps).toEqual({ tuned: { stripes: 2, noisy: 3 }, slow: { stripes: 3, noisy: 2 } });
    expect(reached.times.seconds['tuned']).toEqual({ stripes: 0.02, noisy: 0.03 });
    expect(reached.ratios).toEqual({ tuned: { stripes: 1 }, slow: { stripes: 1.5 } });
    expect(reached.scores['slow']).toBeCloseTo(2.5 / 3, 12);
    expect(reached.profiles['slow']).toEqual([[1, 0], [1.5, 1], [4, 1]]); // prettier-ignore
    expect(reached.best['tuned']?.['stripes']).toEqual({
      study: 0,
      trial: 1,
      hyperparameters: { learningRate: 1 },
      reached: true,
    });
    const missed = raceResults(plan, all(5, 20), leads);
    expect(missed.scores).toEqual({ tuned: 1, slow: 0 });
    expect(missed.times.steps['slow']).toEqual({ stripes: 3, noisy: Infinity });
    expect(missed.best['slow']?.['noisy']?.reached).toBe(false);
    expect(JSON.parse(scoresJson(plan, missed))).toMatchObject({ times: { slow: { noisy: null } } });
  });

  test('is the median over studies', async () => {
    const plan = await planOf({ ...(parse(toyRace) as object), studies: 3 });
    const records = [0, 1, 2].flatMap((study) => all(4 + 2 * study, 8).map((one) => ({ ...one, study })));
    expect(raceResults(plan, records, leads).times.steps['slow']).toEqual({ stripes: 4, noisy: 2 });
  });

  test('scores only what all submissions have run', async () => {
    const plan = await planOf(parse(toyRace));
    const part = raceResults(plan, all(5, 8).slice(0, 4), leads);
    expect(part.scored).toEqual([]);
    expect(part.ranking).toEqual([]);
    expect(part.times.steps).toEqual({ tuned: { stripes: 2 }, slow: { stripes: 3 } });
  });
});

describe('the report of a race', () => {
  const page = async (records: readonly TrialRecord[], title = 'Stripes race'): Promise<string> => {
    const plan = await planOf(parse(toyRace));
    return renderRace({
      id: '2026-11-28-race',
      title,
      status: records.length === 6 ? 'finished' : 'interrupted',
      startedAt: '2026-11-28T12:00:00.000Z',
      seconds: 12,
      settings: plan.settings,
      results: raceResults(plan, records, leads),
      records,
      allTrials: 6,
      submissions: plan.submissions,
      recipe: toyRace,
      provenance: plan.provenance,
      environment: [['Node', 'v20']],
      files: [['scores.json', 'scores']],
    });
  };

  test('shows scores, profiles, times, curves and what the search found', async () => {
    const shown = await page(all(5, 8));
    expect(shown).toMatch(/<b>tuned<\/b> scores <b>1<\/b> of 1/);
    expect(shown).toContain('aria-label="Performance profiles of 2 submissions from 1 to 4"');
    expect(shown).toContain('aria-label="misses on stripes over steps"');
    expect(shown).not.toContain('misses on noisy over steps');
    expect(shown).toMatch(/3<small>× 1\.50<\/small><small>30 ms<\/small>/);
    expect(shown).toContain('learningRate 0.05 to 1 (log)');
    expect(shown).not.toContain('<script');
    expect(shown).not.toContain('undefined');
    expect(shown).not.toContain('NaN');
  });

  test('can be read when little has been run, and escapes what it was given', async () => {
    const shown = await page(all(5, 8).slice(0, 2), '<b>bold</b>');
    expect(shown).toContain('No workload has been run by every submission yet.');
    expect(shown).toContain('interrupted');
    expect(shown).toContain('2 of 6');
    expect(shown).toContain('&lt;b&gt;bold&lt;/b&gt;');
    expect((await page([])).length).toBeGreaterThan(1000);
  });
});
