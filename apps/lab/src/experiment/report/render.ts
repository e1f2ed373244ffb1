import type { Figure } from '@core/registry';
import { components, recipeSection } from '../../report/details.js';
import { html, type Html } from '../../report/html.js';
import { showMeasure } from '../../report/headline.js';
import { headingHtml } from '../../report/heading.js';
import { page, tile } from '../../report/page.js';
import { chip } from '../../report/palette.js';
import { formatCount, formatDuration, formatNumber, plural } from '../../terminal/format.js';
import { words } from '../../terminal/words.js';
import { bestOn, placeOf, type ExperimentReport } from './data.js';
import { figureHtml, linesChart } from './figures.js';

/** The report of an experiment as one HTML file: no scripts, nothing fetched, pictures inside. */
export function renderExperiment(report: ExperimentReport): string {
  return page(
    report.title,
    html`${header(report)} ${tiles(report)} ${results(report)} ${figures(report)} ${curves(report)}
      ${recipeSection(report)}
      <section>${components(report)}</section>`,
  );
}

function header(report: ExperimentReport): Html {
  const [lead = ''] = Object.keys(report.goals);
  const best = bestOn(report, lead);
  const outcome =
    best === undefined
      ? html`No solver has found anything yet.`
      : html`<b>${best.name}</b> has the best ${words(lead)},
          <b>${showMeasure(lead, best.scores[lead])}</b>.`;
  return headingHtml('experiment', report, outcome);
}

function tiles(report: ExperimentReport): Html {
  const { goals, records, solvers, seconds } = report;
  const scores = Object.keys(goals)
    .slice(0, 2)
    .map((name) => {
      const best = bestOn(report, name);
      return tile(
        showMeasure(name, best?.scores[name]),
        best === undefined ? words(name) : `best ${words(name)}: ${best.name}`,
      );
    });
  const done =
    records.length === solvers.length ? String(solvers.length) : `${records.length} of ${solvers.length}`;
  return html`<div class="tiles">
    ${scores} ${tile(done, solvers.length === 1 ? 'solver' : 'solvers')}
    ${tile(formatDuration(seconds), 'in all')}
  </div>`;
}

function results(report: ExperimentReport): Html {
  const names = Object.keys(report.goals);
  const withCalls = report.records.some(({ history }) => history.at(-1)?.['oracleCalls'] !== undefined);
  const columns = [...(withCalls ? ['oracle calls'] : []), 'steps', 'seconds'];
  return html`<section>
    <h2>Results</h2>
    <p class="note">
      ${names.map((name) => `${words(name)} (${report.goals[name] === 'max' ? 'higher' : 'lower'} is better)`).join(', ')}.
      Below the line, what solvers are compared with.
    </p>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>solver</th>
            ${[...names, ...columns].map((name) => html`<th class="number">${words(name)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${report.records.map((record) => {
            const { name, use, scores, status, reason, steps, seconds, history } = record;
            return html`<tr>
              <td class="name">
                ${chip(placeOf(report, name))}${name}<span class="mono">${use}</span>${
                  status === 'finished' ? '' : html`<div class="settings">${status}: ${reason ?? ''}</div>`
                }
              </td>
              ${names.map((score) => {
                const best = bestOn(report, score)?.name === name;
                return html`<td class="number${best ? ' fastest' : ''}">
                  ${showMeasure(score, scores[score])}
                </td>`;
              })}
              ${withCalls ? html`<td class="number">${formatNumber(history.at(-1)?.['oracleCalls'])}</td>` : ''}
              <td class="number">${formatCount(steps)}</td>
              <td class="number">${formatNumber(seconds)}</td>
            </tr>`;
          })}
          ${Object.entries(report.references).map(
            ([name, scores]) =>
              html`<tr class="variant">
                <td>${name}</td>
                ${names.map((score) => html`<td class="number">${showMeasure(score, scores[score])}</td>`)}
                ${columns.map(() => html`<td></td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

function figures(report: ExperimentReport): Html | undefined {
  if (report.figures.length === 0) return undefined;
  return html`<section>
    <h2>What was found</h2>
    <div class="two">${report.figures.map((figure) => figureHtml(figure, coloursOf(report)))}</div>
  </section>`;
}

/** Solvers keep their colours in every picture. */
function coloursOf(report: ExperimentReport): (name: string, index: number) => number {
  return (name, index) => (placeOf(report, name) < 0 ? index : placeOf(report, name));
}

/** A chart for each measure, over oracle calls where they are counted. */
function curves(report: ExperimentReport): Html | undefined {
  const charts = measureFigures(report);
  if (charts.length === 0) return undefined;
  return html`<section>
    <h2>On the way</h2>
    <div class="legend">
      ${report.solvers.map(({ name }, index) => html`<span>${chip(index)}${name}</span>`)}
    </div>
    <div class="two">
      ${charts.map(
        (chart) =>
          html`<div>
            <h3>${chart.title}</h3>
            ${linesChart(chart, coloursOf(report))}
          </div>`,
      )}
    </div>
    <p class="note">
      ${plural(
        report.records.reduce((sum, { history }) => sum + history.length, 0),
        'entry',
        'entries',
      )}
      in history.csv.
    </p>
  </section>`;
}

type Chart = Omit<Extract<Figure, { kind: 'lines' }>, 'kind'>;

function measureFigures({ records }: ExperimentReport): Chart[] {
  const measures = new Set(records.flatMap(({ history }) => history.flatMap((entry) => Object.keys(entry))));
  const x = measures.has('oracleCalls') ? 'oracleCalls' : 'step';
  for (const name of ['step', 'seconds', 'oracleCalls']) measures.delete(name);
  return [...measures].flatMap((measure) => {
    const lines = records
      .map(({ name, history }) => ({
        name,
        points: history.map((entry) => [entry[x] ?? NaN, entry[measure] ?? NaN] as const),
      }))
      .filter(({ points }) => points.some(([, value]) => Number.isFinite(value)));
    const values = lines.flatMap(({ points }) => points.map(([, value]) => value)).filter(Number.isFinite);
    // A measure that is always 0 says nothing, such as the violation of constraints that are not there.
    if (values.every((value) => value === 0)) return [];
    const positive = values.filter((value) => value > 0);
    const wide = positive.length * 2 > values.length && Math.min(...values) >= 0 && Math.max(...positive) / Math.min(...positive) > 20; // prettier-ignore
    return [
      {
        title: words(measure),
        x: words(x),
        y: words(measure),
        lines,
        ...(wide ? { logarithmic: ['y'] as const } : {}),
      },
    ];
  });
}
