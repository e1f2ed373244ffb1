import { failed } from './fitness.js';
import { fingerprint } from './fingerprint.js';
import { liveness } from './liveness.js';
import { mutate, type MutationOptions } from './mutate.js';
import type { OptimizerProgram } from './program.js';
import { mixSeeds, randomNumbers } from './randomNumbers.js';

/** A program with its fitness on the search's tasks. */
export interface Individual {
  readonly program: OptimizerProgram;
  readonly fitness: number;
}

export interface EvolutionOptions {
  readonly seed: number;
  /** Where each round starts: the initial program, or the best found so far. */
  readonly rounds: readonly ('initial' | 'best')[];
  /** Children of each round. */
  readonly programs: number;
  readonly population: number;
  readonly tournament: number;
  /** Children whose parents are chosen before any of them is evaluated. */
  readonly batch: number;
  readonly mutations: MutationOptions;
  /** How many of the best programs that differ are remembered for the funnel. */
  readonly finalists: number;
}

/** The whole state of an evolution between two batches; plain JSON. */
export interface EvolutionState {
  readonly random: number;
  readonly round: number;
  /** Children of this round so far. */
  readonly made: number;
  /** The oldest first. */
  readonly population: readonly Individual[];
  /** The best so far, each of them different, best first. */
  readonly finalists: readonly (Individual & { readonly key: string })[];
  /** Fitness by fingerprint. */
  readonly cache: Readonly<Record<string, number>>;
  readonly counts: EvolutionCounts;
  /** Best fitness after each batch that raised it. */
  readonly history: readonly {
    readonly generated: number;
    readonly evaluated: number;
    readonly fitness: number;
  }[];
}

export interface EvolutionCounts {
  /** Children in all rounds. */
  readonly generated: number;
  /** Those that had to be trained with. */
  readonly evaluated: number;
  /** Those that do what an earlier one did. */
  readonly cached: number;
  /** Those whose updates are not finite, which were never trained with. */
  readonly invalid: number;
}

/** What a program does, and how much state it does it with. */
function keyOf(program: OptimizerProgram): string | undefined {
  const print = fingerprint(program);
  return print === undefined ? undefined : `${print}/${liveness(program).state.length}`;
}

/** The state before the first child: a population of copies of the initial program, whose fitness is 0. */
export function startEvolution(initial: OptimizerProgram, options: EvolutionOptions): EvolutionState {
  const first = { program: initial, fitness: 0 };
  const key = keyOf(initial) ?? '';
  return {
    random: mixSeeds(options.seed, 0),
    round: 0,
    made: 0,
    population: Array.from({ length: options.population }, () => first),
    finalists: [{ ...first, key }],
    cache: { [key]: 0 },
    counts: { generated: 0, evaluated: 0, cached: 0, invalid: 0 },
    history: [{ generated: 0, evaluated: 0, fitness: 0 }],
  };
}

/** Whether every round has all its children. */
export function isFinished(state: EvolutionState, options: EvolutionOptions): boolean {
  return state.round >= options.rounds.length;
}

/**
 * One batch of regularised evolution (Real et al. 2019): each child's parent wins a tournament, is mutated, and the child
 * takes the place of the oldest. A batch's parents are all chosen from the population before it, and children enter in the
 * order in which they were made: so the result does not depend on how many threads evaluate them, or which is first.
 *
 * @param evaluate the fitness of programs, in their order
 */
export async function evolveBatch(
  state: EvolutionState,
  initial: OptimizerProgram,
  options: EvolutionOptions,
  evaluate: (programs: readonly OptimizerProgram[]) => Promise<readonly number[]>,
): Promise<EvolutionState> {
  const random = randomNumbers(state.random);
  const count = Math.min(options.batch, options.programs - state.made);
  const children = Array.from({ length: count }, () => {
    let parent = state.population[random.index(state.population.length)];
    for (let i = 1; i < options.tournament; i++) {
      const rival = state.population[random.index(state.population.length)];
      if (parent === undefined || (rival !== undefined && rival.fitness > parent.fitness)) parent = rival;
    }
    const program = mutate(parent?.program ?? initial, random, options.mutations);
    return { program, key: keyOf(program) };
  });
  const unknown = new Map<string, OptimizerProgram>();
  for (const { program, key } of children)
    if (key !== undefined && !Object.hasOwn(state.cache, key) && !unknown.has(key)) unknown.set(key, program);
  const values = await evaluate([...unknown.values()]);
  const found = Object.fromEntries([...unknown.keys()].map((key, i) => [key, values[i] ?? failed]));
  const cache = { ...state.cache, ...found };
  const judged = children.map(({ program, key = '' }) => ({ program, key, fitness: cache[key] ?? failed }));
  const invalid = children.filter(({ key }) => key === undefined).length;
  const counts = {
    generated: state.counts.generated + count,
    evaluated: state.counts.evaluated + unknown.size,
    cached: state.counts.cached + count - unknown.size - invalid,
    invalid: state.counts.invalid + invalid,
  };
  const finalists = best([...state.finalists, ...judged], options.finalists);
  const top = finalists[0]?.fitness ?? 0;
  const rose = top > (state.history.at(-1)?.fitness ?? 0);
  const next: EvolutionState = {
    random: random.state(),
    round: state.round,
    made: state.made + count,
    population: [...state.population, ...judged.map(({ program, fitness }) => ({ program, fitness }))].slice(
      -options.population,
    ),
    finalists,
    cache,
    counts,
    history: rose ? [...state.history, { generated: counts.generated, evaluated: counts.evaluated, fitness: top }] : state.history, // prettier-ignore
  };
  return next.made < options.programs ? next : nextRound(next, initial, options);
}

/** The paper's restarts: a new population, of copies of the initial program or of the best one. */
function nextRound(
  state: EvolutionState,
  initial: OptimizerProgram,
  options: EvolutionOptions,
): EvolutionState {
  const round = state.round + 1;
  const top = state.finalists[0];
  const first =
    options.rounds[round] === 'best' && top !== undefined
      ? { program: top.program, fitness: top.fitness }
      : { program: initial, fitness: 0 };
  return { ...state, round, made: 0, population: Array.from({ length: options.population }, () => first) };
}

/** The fittest of each fingerprint; the first of equals. */
function best<T extends { readonly key: string; readonly fitness: number }>(
  candidates: readonly T[],
  count: number,
): T[] {
  const seen = new Set<string>();
  return [...candidates]
    .sort((a, b) => b.fitness - a.fitness)
    .filter(({ key }) => !seen.has(key) && seen.add(key))
    .slice(0, count);
}
