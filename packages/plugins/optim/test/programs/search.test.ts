import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  adamwProgram,
  lionLikeness,
  lionProgram,
  parseProgram,
  programOptimizer,
  programText,
  searchPrograms,
  type SearchCheckpoint,
  type SearchProgramsOptions,
  type Suite,
} from '../../src/index.js';
import { problemOf } from '../../src/programs/inference.js';
import { liveness } from '../../src/programs/liveness.js';
import { mutate } from '../../src/programs/mutate.js';
import { randomNumbers } from '../../src/programs/randomNumbers.js';
import { simplifyProgram } from '../../src/programs/simplify.js';
import { makeTask, type TaskSpec } from '../../src/programs/tasks.js';
import { follow, numbers, seeds, someParams } from '../support.js';

const slope: TaskSpec = { kind: 'slope', seed: 1, dimension: 12, steps: 100, distance: 5, noise: [0.3, 3], drift: 10 }; // prettier-ignore
const network: TaskSpec = {
  kind: 'classifier',
  seed: 1,
  side: 5,
  classes: 3,
  hidden: [4],
  examples: 60,
  batch: 10,
  steps: 40,
  noise: 0.5,
  wrongLabels: 0.2,
};
const suite: Suite = [
  { task: slope, learningRates: [0.1, 0.3] },
  { task: network, learningRates: [0.03, 0.1] },
];
const small: SearchProgramsOptions = {
  seed: 3,
  suite,
  funnel: [{ suite: [{ task: { ...slope, seed: 9 }, learningRates: [0.1, 0.3] }], keep: 2 }],
  programs: 200,
  rounds: ['initial', 'best'],
  population: 30,
  tournament: 4,
  finalists: 8,
};

const folder = mkdtempSync(join(tmpdir(), 'trellis-programs-'));
let worker: URL;
/** The worker as a file that Node runs, as the package's build makes it. */
beforeAll(async () => {
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      outDir: folder,
      emptyOutDir: false,
      minify: false,
      ssr: fileURLToPath(new URL('../../src/programs/worker.ts', import.meta.url)),
      rollupOptions: { output: { entryFileNames: 'worker.mjs' } },
    },
  });
  worker = pathToFileURL(join(folder, 'worker.mjs'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a search', () => {
  it('improves on AdamW, and does not depend on threads or on being interrupted', async () => {
    const checkpoints: string[] = [];
    const bests: number[] = [];
    const whole = await searchPrograms({
      ...small,
      onCheckpoint: (one) => checkpoints.push(JSON.stringify(one)),
      onProgress: ({ bestFitness }) => bests.push(bestFitness),
    });
    expect(whole.counts.generated).toBe(400);
    const { evaluated, cached, invalid } = whole.counts;
    expect(evaluated + cached + invalid).toBe(400);
    expect(cached).toBeGreaterThan(50);
    expect(bests.at(-1)).toBeGreaterThan(0.2);
    expect(bests).toEqual([...bests].sort((a, b) => a - b));
    expect(problemOf(whole.program)).toBeUndefined();
    expect(whole.program.statements.length).toBeLessThanOrEqual(whole.raw.statements.length);
    // What was found trains at once.
    const params = someParams(1);
    const { params: moved } = follow(programOptimizer(whole.program, { learningRate: 0.01 }), params, [
      someParams(2),
    ]);
    expect(moved.scale.item()).not.toBe(params.scale.item());

    const resumed = await searchPrograms({
      ...small,
      resume: JSON.parse(checkpoints[5] ?? '') as SearchCheckpoint,
      threads: 2,
      worker,
    });
    expect(resumed).toEqual(whole);
  });

  it('stops when told to, and goes on from there', async () => {
    const stop = new AbortController();
    let last: SearchCheckpoint | undefined;
    const options = { ...small, programs: 64, rounds: ['initial'] } as const;
    const aborted = searchPrograms({
      ...options,
      signal: stop.signal,
      onCheckpoint: (one) => {
        last = one;
        stop.abort(new Error('enough'));
      },
    });
    await expect(aborted).rejects.toThrow('enough');
    expect(last?.state.counts.generated).toBe(16);
    const on = await searchPrograms({ ...options, resume: last! });
    expect(on).toEqual(await searchPrograms(options));
  });

  it('refuses what makes no sense', async () => {
    const problem = async (options: unknown): Promise<string> => {
      try {
        await searchPrograms(options as SearchProgramsOptions);
      } catch (error) {
        return `${(error as { code?: string }).code}: ${(error as Error).message}`;
      }
      return 'nothing';
    };
    expect(await problem({ population: 0 })).toMatch(
      /^ARGUMENT: searchPrograms: population must be a whole number/,
    );
    expect(await problem({ programs: NaN })).toMatch(/programs/);
    expect(await problem({ populaton: 3 })).toMatch(/there is no option populaton/);
    expect(await problem({ population: 3, tournament: 4 })).toMatch(/tournament must be at most population/);
    expect(await problem({ rounds: ['first'] })).toMatch(/rounds/);
    expect(await problem({ functions: ['relu'] })).toMatch(/functions must be a list of some of/);
    expect(await problem({ initial: { state: [], statements: [] } })).toMatch(/nothing assigns update/);
    const broken = parseProgram('def train(w, g, lr):\n  update = g / g\n  return update');
    expect(await problem({ initial: broken })).toMatch(/updates are not finite/);
    const wild = parseProgram('def train(w, g, lr):\n  update = g * -1e9\n  return update');
    expect(await problem({ ...small, initial: wild })).toMatch(/must train every task/);
    expect(await problem({ ...small, resume: { version: 2 } })).toMatch(/checkpoint of version 1, got 2/);
    expect(await problem({ ...small, resume: { version: 1, options: '' } })).toMatch(/other options/);
    let kept = '';
    await searchPrograms({ ...small, programs: 16, rounds: ['initial'], onCheckpoint: (one) => (kept = JSON.stringify(one)) }); // prettier-ignore
    const resume = (change: (part: { state: Record<string, unknown> }) => void): Promise<string> => {
      const copy = JSON.parse(kept) as { state: Record<string, unknown> };
      change(copy);
      return problem({ ...small, programs: 16, rounds: ['initial'], resume: copy });
    };
    expect(await resume(({ state }) => delete state['random'])).toMatch(/not whole: numbers/);
    expect(await resume(({ state }) => (state['population'] = []))).toMatch(/not whole: its population/);
    expect(await resume(({ state }) => (state['finalists'] = [{ program: 1, fitness: 0 }]))).toMatch(
      /a program must be/,
    );
    expect(await problem({ ...small, threads: 2, worker: new URL('file:///nowhere/worker.mjs') })).toMatch(
      /^BACKEND: searchPrograms: a worker thread ended/,
    );
  });
});

describe.each(seeds)('mutations, seed %i', (seed) => {
  it('make programs that are right, of every kind', () => {
    const random = randomNumbers(seed);
    let program = adamwProgram({ biasCorrection: false });
    const lengths = new Set<number>();
    for (let k = 0; k < 300; k++) {
      const child = mutate(program, random);
      expect(problemOf(child)).toBeUndefined();
      lengths.add(child.statements.length - program.statements.length);
      program = child;
    }
    expect([...lengths].sort()).toEqual([-1, 0, 1]);
    expect(program.statements.length).toBeLessThanOrEqual(30);
  });

  it.each<TaskSpec>([
    { kind: 'quadratic', seed, dimension: 6, steps: 4, condition: 10, turns: 2, noise: 0, bursts: 0 },
    { kind: 'factorisation', seed, rows: 3, rank: 2, batch: 4000, steps: 4, noise: 0 },
  ])('gradients of the $kind are those of its loss', (spec) => {
    const task = makeTask(spec);
    const start = task.start();
    const w = Float64Array.from(numbers(seed, start.length));
    const g = new Float64Array(w.length);
    task.gradient(w, 0, g);
    const numeric = w.map((_, i) => {
      const at = (h: number): number => task.loss(w.map((x, j) => (i === j ? x + h : x)));
      return (at(1e-5) - at(-1e-5)) / 2e-5;
    });
    const cosine =
      g.reduce((sum, x, i) => sum + x * (numeric[i] ?? NaN), 0) / (Math.hypot(...g) * Math.hypot(...numeric));
    expect(cosine).toBeGreaterThan(0.99); // a factor apart: losses are means
  });
});

describe('simplification', () => {
  it('removes what does not matter, and knows a sign', async () => {
    const long = parseProgram(`def train(w, g, m, v, lr):
      m = interp(g, m, 0.9)
      g2 = square(m)
      unused = exp(g2)
      root = sqrt(g2)
      root = root + 1e-8
      tiny = g * 1e-9
      update = m / root
      update = update + tiny
      v = v + unused
      update = update * lr
      return update, m, v`);
    // As good as the other while it moves like it.
    const like = lionProgram({ beta2: 0.9 });
    const { agreement } = lionLikeness(like);
    expect(agreement).toBeGreaterThan(0.99);
    const short = await simplifyProgram(
      long,
      (programs) =>
        Promise.resolve(
          programs.map((one) => (lionLikeness(one).lionLike && lionLikeness(one).agreement > 0.99 ? 1 : 0)),
        ),
      0.5,
    );
    expect(liveness(short).state).toEqual(['m']);
    expect(programText(short)).toMatch(/sign\(m\)/);
    expect(short.statements.length).toBeLessThanOrEqual(3);
  });
});

describe('being like Lion', () => {
  it('is seen in what programs do', () => {
    expect(lionLikeness(lionProgram({ weightDecay: 0.1 }))).toMatchObject({
      lionLike: true,
      beta1: 0.9,
      beta2: 0.99,
      agreement: 1,
      stateVariables: 1,
    });
    expect(lionLikeness(adamwProgram()).lionLike).toBe(false);
    const signOfGradient = parseProgram(
      'def train(w, g, lr):\n  update = sign(g)\n  update = update * lr\n  return update',
    );
    expect(lionLikeness(signOfGradient)).toMatchObject({
      lionLike: false,
      againstGradient: 0,
      stateVariables: 0,
    });
    const momentum = parseProgram(
      'def train(w, g, m, lr):\n  m = interp(g, m, 0.9)\n  update = m * lr\n  return update, m',
    );
    expect(lionLikeness(momentum)).toMatchObject({ lionLike: false });
  });
});
