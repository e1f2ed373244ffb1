import { random } from '@core/tensor';
import type { Experiment, Figure, Scores } from '../kinds/experiment.js';
import type { Solver } from '../kinds/solver.js';
import { law, must, type Law, type Make } from './law.js';

export interface ExperimentLawOptions {
  /** A solver that fits the experiment. */
  readonly solver: Solver;
  /** Steps that it takes. Default 3. */
  readonly steps?: number;
}

export function experimentLaws(
  make: Make<Experiment>,
  { solver, steps = 3 }: ExperimentLawOptions,
): readonly Law[] {
  const run = async (): Promise<{ scores: Scores; text: string; figures: readonly Figure[] }> => {
    const experiment = await make();
    const { problem, references, evaluate, draw } = await experiment.load(random.key(1));
    let state = solver.init(problem, random.key(2));
    for (let step = 0; step < steps; step++) state = solver.step(problem, state).state;
    const solution = solver.solution(problem, state);
    const scores = await evaluate(solution);
    for (const [name, reference] of Object.entries({ ...references, 'a solution': scores }))
      mustHaveScores(name, experiment, reference, name === 'a solution');
    const figures = draw?.([{ name: 'solver', solution, scores }]) ?? [];
    return { scores, text: JSON.stringify([references, scores, figures]), figures };
  };
  return [
    law('it has a name, and scores of which the first decides', async () => {
      const { name, scores } = await make();
      must(name.length > 0, () => 'the name is empty');
      must(Object.keys(scores).length > 0, () => 'there are no scores');
      for (const [score, goal] of Object.entries(scores))
        must(['max', 'min'].includes(goal), () => `${score} has goal ${goal}; there are max and min`);
    }),
    law('a solution gets every score, and figures can be drawn', async () => {
      const { figures } = await run();
      for (const figure of figures) mustBeDrawable(figure);
    }),
    law('the same key gives the same problem, scores and figures', async () => {
      const [first, second] = [await run(), await run()];
      must(first.text === second.text, () => `two runs differ: ${first.text} and ${second.text}`);
    }),
  ];
}

/** References may leave scores out that mean nothing for them; solutions may not. */
function mustHaveScores(what: string, { scores }: Experiment, got: Scores, all: boolean): void {
  for (const [name, value] of Object.entries(got)) {
    must(Object.hasOwn(scores, name), () => `${what} has a score ${name}, which was not announced`);
    must(Number.isFinite(value), () => `${what}: ${name} is ${String(value)}`);
  }
  const missing = Object.keys(scores).filter((name) => !Object.hasOwn(got, name));
  must(!all || missing.length === 0, () => `${what} has no ${missing.join(', ')}`);
}

function mustBeDrawable(figure: Figure): void {
  const { title, kind } = figure;
  must(title.length > 0, () => 'a figure has no title');
  if (kind === 'svg') {
    must(/^\s*<svg[^>]* viewBox=/.test(figure.svg), () => `${title} is no svg element with a viewBox`);
    must(!/<script|href=|url\((?!#)/.test(figure.svg), () => `${title} loads or runs something`);
    return;
  }
  const values = kind === 'lines' ? figure.lines.flatMap(({ points }) => points.flat()) : figure.groups.flatMap((group) => group.values); // prettier-ignore
  must(values.length > 0, () => `${title} shows nothing`);
  must(values.every(Number.isFinite), () => `${title} has points that are not finite`);
}
