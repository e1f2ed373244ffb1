import type { Provenance } from '@core/registry';
import { html, type Html } from './html.js';
import { when } from './page.js';

export type RunStatus = 'finished' | 'interrupted' | 'failed';

/** What the report of every kind of run says: a training run's, a race's, an experiment's. */
export interface Heading {
  readonly id: string;
  readonly title: string;
  readonly description?: string;
  readonly status: RunStatus;
  /** Why it did not finish. */
  readonly reason?: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly seconds: number;
  /** The resolved recipe as YAML. */
  readonly recipe: string;
  readonly provenance: Readonly<Record<string, Provenance>>;
  /** Label and value. */
  readonly environment: readonly (readonly [string, string])[];
  /** Files beside the report: name and what it holds. */
  readonly files: readonly (readonly [string, string])[];
}

/** The top of a report: which run it is, and what came of it. */
export function headingHtml(kind: string, heading: Heading, outcome: Html): Html {
  const { id, title, description, status, reason, startedAt } = heading;
  return html`<header>
    <div class="eyebrow">
      <b>Trellis lab</b><span>${kind} ${id}</span
      ><span>${when(startedAt)}</span
      >${status === 'finished' ? '' : html`<span class="pill">${status}</span>`}
    </div>
    <h1>${title}</h1>
    <p class="lead">${outcome}</p>
    ${description === undefined ? '' : html`<p class="note">${description}</p>`}
    ${reason === undefined ? '' : html`<p class="warn">${reason}</p>`}
  </header>`;
}
