import { ArgumentError } from '../../../errors.js';
import type { ElementCode } from './element.js';

/** A function of two integers that raises an error, whose value is the second one. */
const raising = (name: string, code: string, message: (value: number) => string): ElementCode => ({
  code: ([a, b], place) => `${name}(${a!}, ${b!}, ${place})`,
  functions: [{ name, code: `fn ${name}(a: i32, b: i32, place: u32) -> i32 {\n${code}\n}` }],
  faults: [(value) => new ArgumentError(message(value))],
});

export const integerPower = raising(
  'integer_power',
  `  if (b < 0) { raise(place, b); return 0; }
  var result = 1;
  var base = a;
  for (var n = b; n > 0; n >>= 1u) {
    if ((n & 1) != 0) { result *= base; }
    base *= base;
  }
  return result;`,
  (exponent) =>
    `pow: integer power with the negative exponent ${exponent}; cast the base to float32 or float64 first`,
);

export const integerFloorDivide = raising(
  'integer_floor_divide',
  `  if (b == 0) { raise(place, b); return 0; }
  let q = a / b;
  return select(q, q - 1, q * b != a && (a < 0) != (b < 0));`,
  () => 'floorDivide: integer division by zero',
);

/** With the divisor's sign. */
export const integerRemainder = raising(
  'integer_remainder',
  `  if (b == 0) { raise(place, b); return 0; }
  let r = a % b;
  return select(r, r + b, r != 0 && (r < 0) != (b < 0));`,
  () => 'remainder: integer division by zero',
);
