import { formatCount, formatDuration, formatNumber, formatPercent, plural } from '../terminal/format.js';
import { bestTrial, lastOf, type ReportData } from './data.js';
import { html, type Html } from './html.js';

/** A measure as people read it: accuracies and error rates in percent, other numbers with four digits. */
export function showMeasure(name: string, value: number | undefined): string {
  return /accuracy|error rate/i.test(name) ? formatPercent(value) : formatNumber(value);
}

/** The sentences below the title: what came of it, and what was done. */
export function headline(data: ReportData): { readonly result: Html; readonly intro: Html } {
  const { dataset, model, trials, lead } = data;
  const best = bestTrial(trials, lead);
  const epochs = Math.max(0, ...trials.map((trial) => trial.test[lead.name]?.at(-1)?.[0] ?? 0));
  const result =
    best === undefined
      ? html`No model was measured on the ${data.split} split.`
      : html`<b>${best.name}</b> reached
          <b>${showMeasure(lead.name, lastOf(best.test[lead.name]))}</b> ${lead.name} on
          ${plural(dataset.testExamples, 'example')} that it had not seen, after ${plural(epochs, 'epoch')}.`;
  const intro = html`${model.use} with ${formatCount(model.parameters)} parameters learned ${dataset.name}
  from ${formatCount(dataset.trainExamples)} examples; ${plural(trials.length, 'optimizer')},
  ${formatDuration(data.seconds)} in all.`;
  return { result, intro };
}
