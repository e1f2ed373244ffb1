import type { Tensor, Tree } from '@core/tensor';

/** Numbers by name. */
export type Scores = Readonly<Record<string, number>>;

/** What a solver found, and how good it is. */
export interface Found<Solution = Tree> {
  /** The solver's name in the recipe. */
  readonly name: string;
  readonly solution: Solution;
  readonly scores: Scores;
}

/** A curve by its points, in the order of x. */
export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
}

/** A picture as plain data, which the app draws. */
export type Figure = { readonly title: string; readonly caption?: string } & (
  | {
      readonly kind: 'lines';
      /** What the axes show. */
      readonly x: string;
      readonly y: string;
      /** Default both linear. */
      readonly logarithmic?: readonly ('x' | 'y')[];
      readonly lines: readonly Line[];
    }
  | {
      readonly kind: 'histogram';
      readonly x: string;
      readonly groups: readonly { readonly name: string; readonly values: readonly number[] }[];
    }
  /** A drawing of its own: one svg element with a viewBox, that loads nothing. */
  | { readonly kind: 'svg'; readonly svg: string }
);

/** An experiment with its data at hand. */
export interface LoadedExperiment<Problem = unknown, Solution = Tree> {
  /** What solvers take. */
  readonly problem: Problem;
  /** Scores that solvers' are compared with, by what was done: `{ 'no cleaning': { accuracy: 0.81 } }`. May be empty. */
  readonly references: Readonly<Record<string, Scores>>;
  /** Every score of the experiment for one solution. */
  evaluate(this: void, solution: Solution): Scores | Promise<Scores>;
  /** Pictures of what all solvers found, in the recipe's order. */
  draw?(this: void, found: readonly Found<Solution>[]): readonly Figure[];
}

/**
 * A problem with data that solvers are compared on, and the judgement of their solutions: hyperparameters to be found, networks to be
 * pruned, a graph to be recovered.
 *
 * The problem is a value of the package's own, as for `Solver`; a solver fits an experiment when it takes that value.
 */
export interface Experiment<Problem = unknown, Solution = Tree> {
  /** Shown to people, such as `Data hyper-cleaning`. */
  readonly name: string;
  /** The scores of a solution, the deciding one first, and which way each is better. */
  readonly scores: Readonly<Record<string, 'max' | 'min'>>;
  /** Loads data and makes the problem; the same key makes the same problem. */
  load(key: Tensor): Promise<LoadedExperiment<Problem, Solution>>;
}
