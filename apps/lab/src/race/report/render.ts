import { components, recipeSection } from '../../report/details.js';
import { html, type Html } from '../../report/html.js';
import { headingHtml } from '../../report/heading.js';
import { page as wholePage, tile } from '../../report/page.js';
import { chip } from '../../report/palette.js';
import { formatCount, formatDuration, formatNumber, plural } from '../../terminal/format.js';
import { curvesChart, profilesChart } from './charts.js';
import { placeOf, type RacePage } from './data.js';
import { pointsTable, scoresTable, targetText, timesTable } from './tables.js';

/** The report of a race as one HTML file: no scripts, nothing fetched, pictures inside. */
export function renderRace(page: RacePage): string {
  return wholePage(
    page.title,
    html`${header(page)} ${tiles(page)} ${scores(page)} ${times(page)} ${curves(page)} ${points(page)}
      ${recipeSection(page)}
      <section>${components(page)}</section>`,
  );
}

function header(page: RacePage): Html {
  const { results, settings } = page;
  const [first] = results.ranking;
  const unit = settings.clock === 'steps' ? 'training steps' : 'seconds of training';
  const outcome =
    first === undefined
      ? html`No workload has been run by every submission yet.`
      : html`<b>${first}</b> scores <b>${formatNumber(results.scores[first])}</b> of 1: the mean share of
          ${plural(results.scored.length, 'workload')} on which it reached the target within τ times the best
          submission's ${unit}, for τ from 1 to ${formatNumber(results.rMax)}.`;
  return headingHtml('race', page, outcome);
}

function tiles({ results, records, allTrials, seconds }: RacePage): Html {
  const [first] = results.ranking;
  const done = records.length === allTrials ? formatCount(allTrials) : `${records.length} of ${allTrials}`;
  const variants = results.workloads.filter(({ variantOf }) => variantOf !== undefined).length;
  return html`<div class="tiles">
    ${tile(first === undefined ? '-' : formatNumber(results.scores[first]), first === undefined ? 'no score yet' : `score of ${first}`)}
    ${tile(String(results.submissions.length), 'submissions')}
    ${tile(String(results.workloads.length - variants), variants === 0 ? 'workloads' : `workloads, and ${plural(variants, 'held-out variant')}`)}
    ${tile(done, `trials, ${formatDuration(seconds)}`)}
  </div>`;
}

function scores(page: RacePage): Html | undefined {
  const chart = profilesChart(page);
  if (chart === undefined) return undefined;
  const { settings, results } = page;
  const rules =
    settings.ruleset === 'external'
      ? `Each study tries ${plural(settings.trials, 'point')} of the submission's search, and the fastest counts`
      : 'Submissions tune themselves';
  return html`<section>
      <h2>Scores</h2>
      <p class="note">
        ${rules}; the median over ${plural(settings.studies, 'study', 'studies')} is the time. Scores depend
        on who takes part: never compare them between races.
      </p>
      ${scoresTable(page)}
    </section>
    <section>
      <h2>Performance profiles</h2>
      <p class="note">
        How many workloads a submission reaches within τ times the best one's time. Left is fast, high is
        reliable; the score is the mean height.
      </p>
      <div class="legend">
        ${results.ranking.map((name) => html`<span>${chip(placeOf(page, name))}${name}</span>`)}
      </div>
      ${chart}
    </section>`;
}

function times(page: RacePage): Html | undefined {
  const { workloads, rMax } = page.results;
  if (workloads.length === 0) return undefined;
  const variants = workloads.some(({ variantOf }) => variantOf !== undefined);
  return html`<section>
    <h2>Time to the target</h2>
    <p class="note">
      Steps to the target on the ${page.settings.evaluateOn} split; below, times the best, and seconds of
      training. A dash: not reached. No credit for more than ${formatNumber(rMax)} times the
      best${variants ? ', nor where the held-out variant below was not reached as well' : ''}.
    </p>
    ${timesTable(page)}
  </section>`;
}

function curves(page: RacePage): Html | undefined {
  const charts = page.results.workloads
    .filter(({ variantOf }) => variantOf === undefined)
    .flatMap((workload) => {
      const chart = curvesChart(page, workload);
      return chart === undefined ? [] : [{ workload, chart }];
    });
  if (charts.length === 0) return undefined;
  return html`<section>
    <h2>Curves</h2>
    <p class="note">The best trial of each submission, up to its target or its last step.</p>
    <div class="legend">
      ${page.results.submissions.map((name, index) => html`<span>${chip(index)}${name}</span>`)}
      <span class="how"><span class="stroke" style="border-top-style: dashed"></span>target</span>
    </div>
    <div class="two">
      ${charts.map(
        ({ workload, chart }) =>
          html`<div>
            <h3>${workload.name}: ${targetText(workload)}</h3>
            ${chart}
          </div>`,
      )}
    </div>
  </section>`;
}

function points(page: RacePage): Html | undefined {
  if (page.submissions.every(({ search }) => search === undefined)) return undefined;
  if (page.results.workloads.length === 0) return undefined;
  return html`<section>
    <h2>What the search found</h2>
    <p class="note">Hyperparameters of each submission's best trial.</p>
    ${pointsTable(page)}
  </section>`;
}
