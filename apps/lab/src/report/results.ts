import { formatCount, formatDuration, formatNumber } from '../terminal/format.js';
import { bestOf, bestTrial, lastOf, type ReportData, type TrialReport } from './data.js';
import { showMeasure } from './headline.js';
import { html, type Html } from './html.js';
import { chip } from './palette.js';

/** The summary: a row for each optimizer. */
export function resultsTable(data: ReportData): Html {
  const { trials, lead, split } = data;
  const best = bestTrial(trials, lead);
  const others = [...new Set(trials.flatMap((trial) => Object.keys(trial.test)))].filter(
    (name) => name !== lead.name && name !== 'loss',
  );
  const leads = lead.name !== 'loss';
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>optimizer</th>
          <th>settings</th>
          ${
            leads &&
            html`<th class="number">${split} ${lead.name}</th>
              <th class="number">best</th>`
          }
          ${others.map((name) => html`<th class="number">${split} ${name}</th>`)}
          <th class="number">${split} loss</th>
          <th class="number">training time</th>
          <th class="number">examples/s</th>
        </tr>
      </thead>
      <tbody>
        ${trials.map((trial, index) => row({ data, trial, index, others, isBest: trial === best && trials.length > 1 }))}
      </tbody>
    </table>
  </div>`;
}

interface Row {
  readonly data: ReportData;
  readonly trial: TrialReport;
  readonly index: number;
  readonly others: readonly string[];
  readonly isBest: boolean;
}

function row({ data: { lead }, trial, index, others, isBest }: Row): Html {
  const peak = bestOf(trial.test[lead.name], lead.goal);
  const short = trial.use.split('/').at(-1) === trial.name;
  return html`<tr class="${isBest ? 'best' : ''}">
    <td class="name">${chip(index)}${trial.name}${!short && html`<span class="mono">${trial.use}</span>`}</td>
    <td class="settings">
      ${settingsText(trial.changed ?? trial.config)}${trial.status === 'finished' ? '' : html`<div class="warn">${trial.status}${trial.reason === undefined ? '' : `: ${trial.reason}`}</div>`}
    </td>
    ${
      lead.name !== 'loss' &&
      html`<td class="number"><b>${showMeasure(lead.name, lastOf(trial.test[lead.name]))}</b></td>
        <td class="number">
          ${peak === undefined ? '-' : `${showMeasure(lead.name, peak[1])} in epoch ${peak[0]}`}
        </td>`
    }
    ${others.map((name) => html`<td class="number">${showMeasure(name, lastOf(trial.test[name]))}</td>`)}
    <td class="number">${formatNumber(lastOf(trial.test['loss']))}</td>
    <td class="number">${formatDuration(trial.trainSeconds)}</td>
    <td class="number">${formatCount(trial.examplesPerSecond)}</td>
  </tr>`;
}

/** `learning rate 0.001, beta1 0.9, nesterov`; nested components by their id, with their own settings in brackets. */
export function settingsText(config: unknown): string {
  if (typeof config !== 'object' || config === null) return '';
  return Object.entries(config)
    .map(([name, value]) => (value === true ? words(name) : `${words(name)} ${valueText(value)}`))
    .join(', ');
}

function words(name: string): string {
  return name.replace(
    /([a-z])([A-Z])/g,
    (_, before: string, after: string) => `${before} ${after.toLowerCase()}`,
  );
}

function valueText(value: unknown): string {
  if (typeof value === 'number') return formatNumber(value);
  if (typeof value === 'object' && value !== null && 'use' in value) {
    const { use, ...settings } = value;
    const inside = settingsText(settings);
    return `${String(use)}${inside === '' ? '' : ` (${inside})`}`;
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}
