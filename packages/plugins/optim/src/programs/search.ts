import {
  atLeastOne,
  check,
  checkOptions,
  functionRule,
  nonNegative,
  show,
  type Rule,
} from '@core/registry/checks';
import { ArgumentError } from '@core/tensor';
import {
  evolveBatch,
  isFinished,
  startEvolution,
  type EvolutionCounts,
  type EvolutionOptions,
  type EvolutionState,
  type Individual,
} from './evolution.js';
import { fingerprint } from './fingerprint.js';
import { fitness, type Losses, type Suite } from './fitness.js';
import { functionNamed, functionNames, type FunctionName } from './functions.js';
import { checkProgram } from './inference.js';
import { adamwProgram } from './known.js';
import { liveness, withoutRedundant } from './liveness.js';
import { defaultMutations } from './mutate.js';
import type { OptimizerProgram } from './program.js';
import { simplifyProgram } from './simplify.js';
import { funnelStages, searchSuite, type Stage } from './suites.js';
import { startEvaluators, type Evaluators } from './threads.js';

export interface SearchProgramsOptions {
  /** Default 1. */
  readonly seed?: number;
  /** Where to start. Default AdamW without bias corrections, as in the paper, decay 1e-4. */
  readonly initial?: OptimizerProgram;
  /** Children of each round: the budget. Default 2000. */
  readonly programs?: number;
  /** Each round starts a population from the initial program or the best so far. Default initial, best. */
  readonly rounds?: readonly ('initial' | 'best')[];
  /** Default 100; the paper has 1000. */
  readonly population?: number;
  /** Default 5; the paper has 2, of 1000. */
  readonly tournament?: number;
  /** Children that are made at a time, before any is evaluated; at least as many as threads. Default 16. */
  readonly batch?: number;
  /** Longest program that is inserted into. Default 30. */
  readonly maximumStatements?: number;
  /** What inserted statements may call. Default every function. */
  readonly functions?: readonly FunctionName[];
  /**
   * What a state variable more than the initial program's costs in fitness, and one less is worth: memory is what a state
   * variable costs whoever trains. At least 0. Default 0.1.
   */
  readonly stateCost?: number;
  /** What fitness is measured on. Default `searchSuite`. */
  readonly suite?: Suite;
  /** What the finalists go through. Default `funnelStages`. */
  readonly funnel?: readonly Stage[];
  /** How many of the best, different programs enter the funnel. Default 20. */
  readonly finalists?: number;
  /** Fitness that simplification may cost. Default 0.05. */
  readonly tolerance?: number;
  /** Worker threads; 1 evaluates on this one. The result does not depend on it. Default 1. */
  readonly threads?: number;
  /** Where the workers' code (`dist/programs/worker.js`) is, for applications bundled into one file. */
  readonly worker?: URL;
  /** Called after each batch. */
  readonly onProgress?: (progress: SearchProgress) => void;
  /** Called after each batch with all that is needed to go on from there: JSON. */
  readonly onCheckpoint?: (checkpoint: SearchCheckpoint) => void;
  /** What `onCheckpoint` was given (or its JSON, parsed), to go on with the same options: the result is the same. */
  readonly resume?: SearchCheckpoint;
  /** Ends the search after the batch it is at. */
  readonly signal?: AbortSignal;
}

export interface SearchProgress extends EvolutionCounts {
  /** Children that all rounds will have had. */
  readonly total: number;
  readonly bestFitness: number;
}

/** The state of a search between two batches; plain JSON. */
export interface SearchCheckpoint {
  readonly version: 1;
  /** The options that the result depends on, to refuse others. */
  readonly options: string;
  readonly baseline: Losses;
  readonly state: EvolutionState;
}

/** What became of a finalist. */
export interface FunnelRow extends Individual {
  /** Fitness in each stage that it reached. */
  readonly stages: readonly number[];
}

export interface SearchResult {
  /**
   * The winner of the funnel, simplified; the initial program where no finalist was better than it in every stage.
   */
  readonly program: OptimizerProgram;
  /** Whether it is another than the initial program. */
  readonly improved: boolean;
  /** The winner as it was found, without redundant statements. */
  readonly raw: OptimizerProgram;
  /** Fitness of `program` on the search's own tasks and in each stage; 0 is the initial program's. */
  readonly fitness: readonly number[];
  /** What of these numbers is for memory alone. */
  readonly memory: number;
  readonly finalists: readonly FunnelRow[];
  readonly counts: EvolutionCounts;
  readonly history: EvolutionState['history'];
}

const listOf = (words: string, holds: (value: unknown) => boolean): Rule => ({
  words,
  holds: (value) => Array.isArray(value) && value.length > 0 && value.every(holds),
});
const anything: Rule = { words: 'an object', holds: (value) => typeof value === 'object' && value !== null };

/**
 * Program search for an optimizer: regularised evolution from a warm start, with a cache of what programs do, a funnel
 * of larger tasks for the best ones, and simplification of the winner.
 *
 * Source: Chen et al. 2023 (arXiv:2302.06675), section 2; search space and mutations of google/automl, folder hero. Other
 * than there: fitness has the best of a few learning rates; children are made in batches, so that the result depends on
 * the options alone, not on threads; equal programs are found by what they compute, not by how.
 *
 * Runs where there is JavaScript; more than one thread needs Node.
 *
 * @throws ArgumentError for options that make no sense and checkpoints that do not fit; the signal's reason when aborted;
 *   BackendError when a thread is lost
 */
export async function searchPrograms(options: SearchProgramsOptions = {}): Promise<SearchResult> {
  const settings = resolve(options);
  const { evolution, initial, suite, funnel, tolerance, digest } = settings;
  const judged = scorer(initial, settings.stateCost);
  const evaluators = startEvaluators(
    [suite, ...funnel.map((stage) => stage.suite)],
    settings.threads,
    options.worker,
  );
  try {
    const judge = judgeBy(evaluators, initial, judged);
    const resumed =
      options.resume === undefined ? undefined : checkpointOf(options.resume, digest, evolution);
    const baseline = resumed?.baseline ?? (await baselineOf(evaluators, initial));
    let state = resumed?.state ?? startEvolution(initial, evolution);
    const total = evolution.programs * evolution.rounds.length;
    while (!isFinished(state, evolution)) {
      options.signal?.throwIfAborted();
      state = await evolveBatch(state, initial, evolution, async (programs) => {
        const losses = await evaluators.losses(programs, 0);
        return programs.map((one, i) => judged(one, losses[i] ?? [], baseline));
      });
      options.onProgress?.({ ...state.counts, total, bestFitness: state.finalists[0]?.fitness ?? 0 });
      options.onCheckpoint?.({ version: 1, options: digest, baseline, state });
    }
    options.signal?.throwIfAborted();
    const rows = await throughFunnel(state, funnel, judge);
    const winner = rows.find(
      (row) => row.stages.length === funnel.length && [row.fitness, ...row.stages].every((x) => x > 0),
    );
    const raw = withoutRedundant(winner?.program ?? initial);
    const program =
      winner === undefined
        ? initial
        : await simplifyProgram(raw, (programs) => judge(programs, Math.min(1, funnel.length)), tolerance);
    const values = [];
    for (let stage = 0; stage <= funnel.length; stage++)
      values.push((await judge([program], stage))[0] ?? NaN);
    return {
      program,
      improved: winner !== undefined,
      raw,
      fitness: values,
      memory: settings.stateCost * (liveness(initial).state.length - liveness(program).state.length),
      finalists: rows,
      counts: state.counts,
      history: state.history,
    };
  } finally {
    await evaluators.close();
  }
}

type Score = (program: OptimizerProgram, losses: Losses, baseline: Losses) => number;

/** Fitness, and what memory is worth. */
function scorer(initial: OptimizerProgram, stateCost: number): Score {
  const arrays = (program: OptimizerProgram): number => liveness(program).state.length;
  const first = arrays(initial);
  return (program, losses, baseline) =>
    fitness(losses, baseline) + (stateCost === 0 ? 0 : stateCost * (first - arrays(program)));
}

type Judge = (programs: readonly OptimizerProgram[], suite: number) => Promise<readonly number[]>;

/** Fitness on any of the suites, whose baselines are computed when they are first needed. */
function judgeBy(evaluators: Evaluators, initial: OptimizerProgram, score: Score): Judge {
  const baselines = new Map<number, Losses>();
  return async (programs, suite) => {
    let baseline = baselines.get(suite);
    if (baseline === undefined)
      baselines.set(suite, (baseline = (await evaluators.losses([initial], suite))[0] ?? []));
    const found = baseline;
    const losses = await evaluators.losses(programs, suite);
    return programs.map((one, i) => score(one, losses[i] ?? [], found));
  };
}

async function baselineOf(evaluators: Evaluators, initial: OptimizerProgram): Promise<Losses> {
  const [losses = []] = await evaluators.losses([initial], 0);
  if (losses.every(Number.isFinite)) return losses;
  throw new ArgumentError(
    `searchPrograms: the initial program must train every task of the suite; its losses are ${losses.join(', ')}`,
  );
}

/** The finalists, those that came furthest first. In each stage only what is better than the initial program goes on. */
async function throughFunnel(
  state: EvolutionState,
  funnel: readonly Stage[],
  judge: Judge,
): Promise<FunnelRow[]> {
  let rows: FunnelRow[] = state.finalists.map(({ program, fitness: found }) => ({
    program: withoutRedundant(program),
    fitness: found,
    stages: [],
  }));
  let alive = rows.filter((row) => row.fitness > 0);
  for (const [index, { keep }] of funnel.entries()) {
    const values = await judge(alive.map(({ program }) => program), index + 1); // prettier-ignore
    const judged = alive.map((row, i) => ({ ...row, stages: [...row.stages, values[i] ?? NaN] }));
    const rest = rows.filter((row) => !alive.includes(row));
    judged.sort((a, b) => (b.stages[index] ?? NaN) - (a.stages[index] ?? NaN));
    rows = [...judged, ...rest];
    alive = judged.filter((row) => (row.stages[index] ?? NaN) > 0).slice(0, keep);
  }
  return rows;
}

interface Settings {
  readonly evolution: EvolutionOptions;
  readonly initial: OptimizerProgram;
  readonly suite: Suite;
  readonly funnel: readonly Stage[];
  readonly tolerance: number;
  readonly stateCost: number;
  readonly threads: number;
  readonly digest: string;
}

function resolve(options: SearchProgramsOptions): Settings {
  const owner = 'searchPrograms';
  checkOptions(owner, options, {
    seed: { words: 'a whole number', holds: Number.isSafeInteger },
    initial: anything,
    programs: atLeastOne,
    rounds: listOf("a list of 'initial' and 'best'", (round) => round === 'initial' || round === 'best'),
    population: atLeastOne,
    tournament: atLeastOne,
    batch: atLeastOne,
    maximumStatements: atLeastOne,
    functions: listOf(
      `a list of some of ${functionNames.join(', ')}`,
      (name) => typeof name === 'string' && functionNamed(name) === name,
    ),
    suite: listOf('a list of tasks with learning rates', (one) => anything.holds(one)),
    funnel: { words: 'a list of stages', holds: Array.isArray },
    finalists: atLeastOne,
    tolerance: nonNegative,
    stateCost: nonNegative,
    threads: atLeastOne,
    worker: { words: 'a URL', holds: (value) => value instanceof URL },
    onProgress: functionRule,
    onCheckpoint: functionRule,
    resume: {
      words: 'what onCheckpoint was given',
      holds: (value) => typeof value === 'object' && value !== null,
    },
    signal: { words: 'an AbortSignal', holds: (value) => value instanceof AbortSignal },
  });
  const { seed = 1, programs = 2000, rounds = ['initial', 'best'], population = 100 } = options;
  const { tournament = 5, batch = 16, maximumStatements = 30, finalists = 20 } = options;
  const {
    initial = adamwProgram({ biasCorrection: false, weightDecay: 1e-4 }),
    tolerance = 0.05,
    threads = 1,
    stateCost = 0.1,
  } = options;
  const { suite = searchSuite, funnel = funnelStages, functions = functionNames } = options;
  checkProgram(owner, initial);
  if (tournament > population)
    throw new ArgumentError(
      `${owner}: tournament must be at most population, got ${tournament} and ${population}`,
    );
  if (fingerprint(initial) === undefined)
    throw new ArgumentError(`${owner}: the initial program's updates are not finite on random gradients`);
  for (const { learningRates } of [suite, ...funnel.map((stage) => stage.suite)].flat())
    check(owner, 'learningRates', learningRates, listOf('a list of numbers', Number.isFinite));
  const evolution: EvolutionOptions = {
    seed,
    rounds,
    programs,
    population,
    tournament,
    batch,
    mutations: { ...defaultMutations, functions, maximumStatements },
    finalists,
  };
  const digest = JSON.stringify({ evolution, initial, suite, stateCost });
  return { evolution, initial, suite, funnel, tolerance, stateCost, threads, digest };
}

/** Checks a checkpoint that may come from a file. */
function checkpointOf(resume: SearchCheckpoint, digest: string, options: EvolutionOptions): SearchCheckpoint {
  const fail = (problem: string): never => {
    throw new ArgumentError(`searchPrograms: resume ${problem}`);
  };
  const { version, options: made, baseline, state } = resume as Partial<SearchCheckpoint>;
  if (version !== 1) return fail(`must be a checkpoint of version 1, got ${show(version)}`);
  if (made !== digest) return fail('was made with other options (seed, budget, tasks, …) than these');
  const parts: Partial<EvolutionState> = state ?? {};
  const { random, round, made: count, population, finalists, cache, counts, history } = parts;
  const numbers: readonly unknown[] = [
    random,
    round,
    count,
    ...Object.values<unknown>({ ...(counts ?? { none: NaN }) }),
    ...Object.values<unknown>(cache ?? { none: NaN }),
  ];
  if (!Array.isArray(baseline) || !numbers.every(Number.isFinite))
    return fail('is not whole: numbers are missing');
  if (!Array.isArray(history) || !Array.isArray(finalists) || population?.length !== options.population)
    return fail('is not whole: its population, finalists or history are missing');
  const programs: readonly Individual[] = [...population, ...(finalists as readonly Individual[])];
  for (const { program, fitness: value } of programs) {
    checkProgram('searchPrograms: resume', program);
    if (!Number.isFinite(value)) return fail(`has a program with the fitness ${show(value)}`);
  }
  return resume;
}
