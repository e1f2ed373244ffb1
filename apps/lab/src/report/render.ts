import { formatCount, formatDuration, plural } from '../terminal/format.js';
import { confusionMatrix, worstPairs } from './confusion.js';
import { lineChart } from './curves.js';
import { bestTrial, lastOf, type LeadMetric, type ReportData, type TrialReport } from './data.js';
import { filtersSection, mistakesSection } from './gallery.js';
import { detailsSections } from './details.js';
import { headline, showMeasure } from './headline.js';
import { html, type Html } from './html.js';
import { chip } from './palette.js';
import { resultsTable } from './results.js';
import { headingHtml } from './heading.js';
import { page, tile } from './page.js';

/** The report of a run as one HTML file: no scripts, nothing fetched, pictures inside. */
export function renderReport(data: ReportData): string {
  return page(
    data.title,
    html`${header(data)} ${tiles(data)}
      <section>
        <h2>Results</h2>
        ${
          data.trials.length > 1 &&
          html`<p class="note">
            Every optimizer trained a model of its own, from the same initial parameters and with the same
            batches in the same order.
          </p>`
        }
        ${resultsTable(data)}
      </section>
      ${curves(data)} ${confusion(data)} ${mistakesSection(data)} ${filtersSection(data)}
      ${detailsSections(data)}`,
  );
}

function header(data: ReportData): Html {
  const { intro, result } = headline(data);
  return headingHtml('run', data, html`${result} ${intro}`);
}

function tiles(data: ReportData): Html {
  const best = bestTrial(data.trials, data.lead);
  const speed = Math.max(0, ...data.trials.map((trial) => trial.examplesPerSecond));
  return html`<div class="tiles">
    ${tile(bigMeasure(data.lead, best), best === undefined ? `${data.lead.name} was not measured` : `${data.split} ${data.lead.name}, ${best.name}`)}
    ${tile(formatDuration(data.seconds), `for ${plural(data.trials.length, 'training run')}, measuring included`)}
    ${tile(html`${formatCount(speed)}<small>/s</small>`, 'training examples, fastest optimizer')}
    ${tile(formatCount(data.model.parameters), 'parameters in the model')}
  </div>`;
}

function bigMeasure(lead: LeadMetric, best: TrialReport | undefined): Html {
  const value = lastOf(best?.test[lead.name]);
  const [figure = '-', unit = ''] = showMeasure(lead.name, value).split(' ');
  return html`${figure}<small>${unit}</small>`;
}

function curves(data: ReportData): Html | undefined {
  const { trials, lead } = data;
  const percent = lead.name === 'accuracy';
  const all = new Set(trials.flatMap(({ train }) => Object.keys(train)));
  // Numbers that an optimizer has of its own, such as an energy.
  const own = [...all].filter((name) => !['loss', 'accuracy', lead.name].includes(name));
  const charts = [
    lineChart(trials, {
      measure: 'loss',
      label: 'loss',
      describe: `Loss of ${plural(trials.length, 'optimizer')} over epochs`,
    }),
    lead.name === 'loss'
      ? undefined
      : lineChart(trials, {
          measure: lead.name,
          label: lead.name,
          percent,
          describe: `${lead.name} of ${plural(trials.length, 'optimizer')} over epochs`,
        }),
    ...own.map((measure) =>
      lineChart(trials, { measure, label: measure, describe: `${measure} of the optimizers over epochs` }),
    ),
  ];
  const titles = ['loss', lead.name, ...own].map((name) => name.charAt(0).toUpperCase() + name.slice(1));
  if (charts.every((chart) => chart === undefined)) return undefined;
  return html`<section>
    <h2>Learning curves</h2>
    <div class="legend">
      ${trials.map((trial, index) => html`<span>${chip(index)}${trial.name}</span>`)}
      <span class="how"><span class="stroke"></span>${data.split}, after each epoch</span>
      <span class="how"><span class="stroke thin"></span>training batches</span>
    </div>
    <div class="two">
      ${charts.map((chart, index) =>
        chart === undefined
          ? undefined
          : html`<div>
              <h3>${titles[index]}</h3>
              ${chart}
            </div>`,
      )}
    </div>
  </section>`;
}

function confusion({ confusion: matrix, split }: ReportData): Html | undefined {
  if (matrix === undefined) return undefined;
  return html`<section>
    <h2>What was taken for what</h2>
    <p class="note">
      Answers of ${matrix.trial} on the ${split} split after its last epoch. Each row is one true class; the
      diagonal is right.
    </p>
    <div class="beside">
      <div class="scroll">${confusionMatrix(matrix)}</div>
      <div>
        <h3>Most frequent confusions</h3>
        ${worstPairs(matrix)}
      </div>
    </div>
  </section>`;
}
