import { BackendError } from '../../../errors.js';
import { show } from '../../../show.js';

/** More threads than this are never started unasked: kernels are bound by memory long before. */
const mostByDefault = 16;
const most = 256;

/**
 * How many threads to compute with, the calling one included: `option` where given, else the environment variable
 * TRELLIS_THREADS, else one for each processor this process may use.
 *
 * @throws BackendError for what is not a whole number from 1 to 256
 */
export function threadCount(option: unknown): number {
  if (option !== undefined) return checked('the option threads', option, option);
  if (typeof process === 'undefined') return 1;
  const text = process.env['TRELLIS_THREADS'];
  if (text !== undefined && text !== '') return checked('TRELLIS_THREADS', Number(text), text);
  const os = process.getBuiltinModule?.('node:os');
  return Math.min(mostByDefault, os?.availableParallelism() ?? 1);
}

function checked(name: string, count: unknown, given: unknown): number {
  if (typeof count === 'number' && Number.isInteger(count) && count >= 1 && count <= most) return count;
  throw new BackendError(`cpu: ${name} must be a whole number from 1 to ${most}, got ${show(given)}`);
}
