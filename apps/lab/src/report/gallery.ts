import { formatCount, formatPercent } from '../terminal/format.js';
import type { PngPicture, ReportData } from './data.js';
import { html, pngUri, type Html } from './html.js';

/** Pictures of what was classified wrongly, the most confident mistakes first. */
export function mistakesSection({ mistakes, dataset }: ReportData): Html | undefined {
  if (mistakes === undefined || mistakes.total === 0) return undefined;
  const { trial, total, shown } = mistakes;
  const which =
    shown.length < total ? `The ${shown.length} it was surest of` : 'All of them, the surest first';
  return html`<section>
    <h2>What it got wrong</h2>
    <p class="note">
      ${trial} missed ${formatCount(total)} of ${formatCount(dataset.testExamples)}. ${which}: its answer, the
      true label, and how sure it was.
    </p>
    <div class="gallery">
      ${shown.map(
        ({ picture, predicted, actual, confidence, index }) =>
          html`<figure>
            ${image(picture, `example ${index}: ${actual} taken for ${predicted}`)}
            <figcaption>
              <div class="answer">
                <span class="no">${predicted}</span><span><small>is</small> ${actual}</span>
              </div>
              ${sureness(confidence)} sure
              <div class="gauge"><span style="width: ${(confidence * 100).toFixed(1)}%"></span></div>
            </figcaption>
          </figure>`,
      )}
    </div>
  </section>`;
}

/** `97 %`; nothing is surer than `> 99 %`. */
function sureness(confidence: number): string {
  return confidence > 0.995 ? '> 99 %' : formatPercent(confidence, 0);
}

/** The first layer's weights as pictures. */
export function filtersSection({ filters }: ReportData): Html | undefined {
  if (filters === undefined || filters.pictures.length === 0) return undefined;
  const { trial, path, shape, pictures } = filters;
  return html`<section>
    <h2>What its first layer looks for</h2>
    <p class="note">
      Weights <code>${path}</code> (${shape.join(' × ')}) of ${trial}. Blue raises a filter's answer, red
      lowers it; each is scaled by its own largest weight.
    </p>
    <div class="filters">${pictures.map((picture, index) => image(picture, `filter ${index}`))}</div>
  </section>`;
}

function image({ png, width, height }: PngPicture, alt: string): Html {
  return html`<img src="${pngUri(png)}" width="${width}" height="${height}" alt="${alt}" title="${alt}" />`;
}
