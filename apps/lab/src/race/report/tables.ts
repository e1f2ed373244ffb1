import { html, type Html } from '../../report/html.js';
import { chip, colourOf } from '../../report/palette.js';
import { settingsText } from '../../report/results.js';
import { formatDuration, formatNumber } from '../../terminal/format.js';
import { shownTime } from '../display.js';
import type { RacedWorkload } from '../results.js';
import { placeOf, type RacePage } from './data.js';

/** A row for each submission, the best first. */
export function scoresTable(page: RacePage): Html {
  const { ranking, scores, speedups, ratios, scored } = page.results;
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>submission</th>
          <th>score</th>
          <th class="number">workloads reached</th>
          <th class="number">mean speed, of the ${page.settings.reference ?? 'best'}</th>
          <th>searched</th>
        </tr>
      </thead>
      <tbody>
        ${ranking.map((name, place) => {
          const index = placeOf(page, name);
          const submission = page.submissions[index];
          const score = scores[name] ?? 0;
          const reached = Object.values(ratios[name] ?? {}).filter(Number.isFinite).length;
          return html`<tr class="${place === 0 ? 'best' : ''}">
            <td class="name">${chip(index)}${name}<span class="mono">${submission?.use}</span></td>
            <td style="white-space: nowrap">
              <b>${score.toFixed(3)}</b
              ><span class="bar"
                ><span style="width: ${(100 * score).toFixed(1)}%; background: ${colourOf(index)}"></span
              ></span>
            </td>
            <td class="number">${reached} of ${scored.length}</td>
            <td class="number">${formatNumber(speedups[name])}</td>
            <td class="settings">${searchText(submission?.search)}</td>
          </tr>`;
        })}
      </tbody>
    </table>
  </div>`;
}

/** `learningRate 0.001 to 0.1 (log)`. */
function searchText(search: RacePage['submissions'][number]['search']): string {
  if (search === undefined) return 'nothing: one trial in each study';
  return Object.entries(search)
    .map(([path, dimension]) =>
      'values' in dimension
        ? `${path} of ${dimension.values.map(String).join(', ')}`
        : `${path} ${formatNumber(dimension.min)} to ${formatNumber(dimension.max)}${dimension.scale === 'log' ? ' (log)' : ''}`,
    )
    .join('; ');
}

/** Steps, ratio and seconds to the target: a row for each workload and variant, a column for each submission. */
export function timesTable(page: RacePage): Html {
  const { workloads, submissions } = page.results;
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>workload</th>
          ${submissions.map((name) => html`<th class="number">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${workloads.map(
          (workload) =>
            html`<tr class="${workload.variantOf === undefined ? '' : 'variant'}">
              <td style="white-space: nowrap">${workload.name}<small>${targetText(workload)}</small></td>
              ${submissions.map((name) => timeCell(page, workload, name))}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

export function targetText({ metric, goal, target }: RacedWorkload): string {
  return `${metric} ${goal === 'min' ? '≤' : '≥'} ${formatNumber(target)}`;
}

function timeCell({ results }: RacePage, { name: workload }: RacedWorkload, submission: string): Html {
  const steps = results.times.steps[submission]?.[workload];
  const seconds = results.times.seconds[submission]?.[workload];
  const ratio = results.ratios[submission]?.[workload];
  if (steps === undefined) return html`<td class="number">…</td>`;
  if (steps === Infinity) return html`<td class="number">-</td>`;
  const details = [
    ...(ratio === undefined ? [] : [Number.isFinite(ratio) ? `× ${ratio.toFixed(2)}` : 'no credit']),
    formatDuration(seconds ?? NaN),
  ];
  return html`<td class="number ${ratio !== undefined && ratio <= 1 ? 'fastest' : ''}">
    ${shownTime(steps)}${details.map((detail) => html`<small>${detail}</small>`)}
  </td>`;
}

/** What the search found: the hyperparameters of each best trial. */
export function pointsTable(page: RacePage): Html {
  const { workloads, submissions, best } = page.results;
  const base = workloads.filter(({ variantOf }) => variantOf === undefined);
  const searched = submissions.filter((name) => page.submissions[placeOf(page, name)]?.search !== undefined);
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>submission</th>
          ${base.map(({ name }) => html`<th>${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${searched.map(
          (name) =>
            html`<tr>
              <td class="name">${chip(placeOf(page, name))}${name}</td>
              ${base.map(({ name: workload }) => {
                const point = best[name]?.[workload];
                return html`<td class="settings">
                  ${point === undefined ? '' : settingsText(point.hyperparameters)}${point?.reached === false && html`<small>target not reached</small>`}
                </td>`;
              })}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
