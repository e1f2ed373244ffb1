import { check, finite } from '@core/registry/checks';
import type { Schedule } from '../types.js';
import { schedule } from './arithmetic.js';

/**
 * The same value at every step.
 *
 * @param value finite
 * @throws ArgumentError
 */
export function constant(value: number): Schedule {
  check('constant', 'value', value, finite);
  return schedule('constant', (count, math) => math.add(math.mul(count, 0), value));
}
