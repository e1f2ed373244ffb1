import { formatCount, formatDuration } from '../terminal/format.js';
import type { ReportData } from './data.js';
import { escapeHtml, html, raw, type Html } from './html.js';

/** What is needed to understand and repeat the run: recipe, machine, where components came from, time, files. */
export function detailsSections(data: ReportData): Html {
  return html`${recipeSection(data)}
    <section>
      <div class="two">
        ${components(data)}
        <div>
          <h2>Time</h2>
          <p class="note">Seconds of the clock on the wall.</p>
          ${times(data)}
        </div>
      </div>
    </section>`;
}

/** The resolved recipe beside the machine and the files of the folder. */
export function recipeSection({
  recipe,
  environment,
  files,
}: Pick<ReportData, 'recipe' | 'environment' | 'files'>): Html {
  return html`<section>
    <div class="two">
      <div>
        <h2>Recipe</h2>
        <p class="note">With all defaults filled in. Running it again gives the same run.</p>
        <pre>${highlight(recipe)}</pre>
      </div>
      <div>
        <h2>Machine</h2>
        <p class="note">Where these numbers were measured.</p>
        <dl>
          ${environment.map(
            ([label, value]) =>
              html`<dt>${label}</dt>
                <dd>${value}</dd>`,
          )}
        </dl>
        <h2 style="margin-top: 30px">Files</h2>
        <p class="note">Beside this page, in the run folder.</p>
        <dl>
          ${files.map(
            ([name, what]) =>
              html`<dt><a href="${name}">${name}</a></dt>
                <dd>${what}</dd>`,
          )}
        </dl>
      </div>
    </div>
  </section>`;
}

/** Which plugin each component came from. */
export function components({ provenance }: Pick<ReportData, 'provenance'>): Html {
  return html`<div>
    <h2>Components</h2>
    <p class="note">Which plugin each part of the recipe came from.</p>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>part</th>
            <th>component</th>
            <th>plugin</th>
          </tr>
        </thead>
        <tbody>
          ${Object.entries(provenance).map(
            ([path, { use, plugin }]) =>
              html`<tr>
                <td class="mono">${path}</td>
                <td class="mono">${use}</td>
                <td class="mono">${plugin}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </div>`;
}

function times({ trials }: ReportData): Html {
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>optimizer</th>
          <th class="number">steps</th>
          <th class="number">training</th>
          <th class="number">a step</th>
          <th class="number">measuring</th>
        </tr>
      </thead>
      <tbody>
        ${trials.map(
          ({ name, steps, trainSeconds, evaluationSeconds }) =>
            html`<tr>
              <td>${name}</td>
              <td class="number">${formatCount(steps)}</td>
              <td class="number">${formatDuration(trainSeconds)}</td>
              <td class="number">${steps === 0 ? '-' : formatDuration(trainSeconds / steps)}</td>
              <td class="number">${formatDuration(evaluationSeconds)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** Keys and remarks of YAML in their own colours. */
function highlight(yaml: string): Html {
  const lines = yaml
    .trimEnd()
    .split('\n')
    .map((line) => {
      if (line.trimStart().startsWith('#')) return `<span class="remark">${escapeHtml(line)}</span>`;
      const [, before = '', key, rest = ''] = /^(\s*(?:- )?)([\w$-]+)(:(?:\s.*)?)$/.exec(line) ?? [];
      return key === undefined
        ? escapeHtml(line)
        : `${before}<span class="key">${escapeHtml(key)}</span>${escapeHtml(rest)}`;
    });
  return raw(lines.join('\n'));
}
