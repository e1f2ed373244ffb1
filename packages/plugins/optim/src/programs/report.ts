import type { Report, ReportFile } from '@core/registry';
import { historyChart } from './chart.js';
import { evaluator, fitness, type Suite } from './fitness.js';
import { adamwProgram, lionProgram } from './known.js';
import { lionLikeness } from './lionLike.js';
import type { OptimizerProgram } from './program.js';
import { searchPrograms, type SearchProgramsOptions, type SearchResult } from './search.js';
import { funnelStages, searchSuite } from './suites.js';
import { programText } from './text.js';

export interface ProgramSearchReportOptions extends Pick<
  SearchProgramsOptions,
  'seed' | 'programs' | 'rounds' | 'population' | 'tournament' | 'threads' | 'stateCost'
> {
  /** Whether the best go through larger tasks, which takes longer than a short search. */
  readonly funnel: boolean;
}

/** Searches when the report is written: minutes for thousands of programs. Files as `searchFiles`. */
export function programSearchReport({ funnel, ...options }: ProgramSearchReportOptions): Report {
  return async () => searchFiles(await searchPrograms({ ...options, ...(funnel ? {} : { funnel: [] }) }));
}

/** What a search on the package's own tasks has found: a page with the listing, its numbers as JSON, and a chart. */
export function searchFiles(result: SearchResult): readonly ReportFile[] {
  const likeness = lionLikeness(result.program);
  const { generated } = result.counts;
  return [
    { path: 'program-search.md', content: page(result, likeness) },
    { path: 'program-search.json', content: `${JSON.stringify({ ...result, likeness }, null, 1)}\n` },
    { path: 'program-search.svg', content: historyChart(result.history, generated) },
  ];
}

const decimals = (x: number): string => (Number.isFinite(x) ? x.toFixed(3) : '—');

function page(result: SearchResult, likeness: ReturnType<typeof lionLikeness>): string {
  const { program, raw, counts, improved } = result;
  // As many stages as the search had.
  const suites = [searchSuite, ...funnelStages.map(({ suite }) => suite)].slice(0, result.fitness.length);
  const headings = ['search', 'held-out seeds', 'larger, other kinds'].slice(0, suites.length);
  return [
    '# Program search',
    '',
    `${counts.generated} programs were made, ${counts.evaluated} of them trained with; ${counts.cached} did what an earlier one did, ${counts.invalid} gave no finite updates.`,
    ...(improved
      ? []
      : ['No finalist was better than the initial program in every stage: it is what follows.']),
    '',
    ...listing(program),
    `State variables: ${likeness.stateVariables}. Spread of the updates' magnitudes: ${decimals(likeness.magnitudeSpread)}. ` +
      `Moves as Lion's with betas ${likeness.beta1}, ${likeness.beta2}: ${decimals(likeness.agreement)} of the elements. ` +
      `Like Lion: ${likeness.lionLike ? 'yes' : 'no'}.`,
    '',
    'As it was found, without redundant statements:',
    '',
    ...listing(raw),
    'Gains over the search’s AdamW (mean of log(loss of AdamW / loss)), without what memory is worth:',
    '',
    `| ${['program', ...headings].join(' | ')} |`,
    `| --- |${' --- |'.repeat(headings.length)}`,
    ...comparison(program, suites).map(([name, gains]) => `| ${name} | ${gains.map(decimals).join(' | ')} |`),
    '',
    '![best fitness over programs made](program-search.svg)',
    '',
  ].join('\n');
}

const listing = (program: OptimizerProgram): string[] => ['```', programText(program), '```', ''];

function comparison(program: OptimizerProgram, suites: readonly Suite[]): (readonly [string, number[]])[] {
  const initial = adamwProgram({ biasCorrection: false, weightDecay: 1e-4 });
  const rivals = [
    ['found', program],
    ['AdamW', adamwProgram({ weightDecay: 1e-4 })],
    ['AdamW, β₂ 0.9', adamwProgram({ beta2: 0.9, weightDecay: 1e-4 })],
    ['Lion', lionProgram({ weightDecay: 1e-4 })],
    ['Lion, β₂ 0.9', lionProgram({ beta2: 0.9, weightDecay: 1e-4 })],
  ] as const;
  const columns = suites.map((suite) => {
    const evaluate = evaluator(suite);
    const baseline = evaluate(initial);
    return rivals.map(([, one]) => fitness(evaluate(one), baseline));
  });
  return rivals.map(([name], i) => [name, columns.map((column) => column[i] ?? NaN)]);
}
