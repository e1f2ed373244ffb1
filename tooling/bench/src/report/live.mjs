import { labels } from './columns.mjs';
import { figure } from './format.mjs';

/** One subject's times as they come in, or why there is none. */
export function liveLine({ subject, results }) {
  const parts = labels
    .filter((label) => label in results)
    .map((label) => {
      const { milliseconds, reason } = results[label];
      return `${label} ${reason === undefined ? `${figure(milliseconds)} ms` : '-'}`;
    });
  return `${subject.name.padEnd(26)} ${parts.join('   ')}`;
}
