import { f64x2 } from '../wasm/code.js';
import type { VectorRule } from './emitter.js';
import { floatRules, widened } from './vectors.js';

// All of these are exact or correctly rounded: each lane has the bits that the JavaScript expression of
// primitives/elementwise.ts gives.

const add = floatRules((v, a, b) => v.add(a, b));
const sub = floatRules((v, a, b) => v.sub(a, b));
const mul = floatRules((v, a, b) => v.mul(a, b));
const div = floatRules((v, a, b) => v.div(a, b));
const neg = floatRules((v, a) => v.neg(a));
const abs = floatRules((v, a) => v.abs(a));
const sqrt = floatRules((v, a) => v.sqrt(a));
const floor = floatRules((v, a) => v.floor(a));
const ceil = floatRules((v, a) => v.ceil(a));
const trunc = floatRules((v, a) => v.trunc(a));
const round = floatRules((v, a) => v.nearest(a));

/** ±1, zeros and NaN as they are: all ones, ored into a NaN lane, are a NaN. */
const sign = floatRules((v, a) => v.or(v.withSign(v.and(v.ne(a, v.number(0)), v.number(1)), a), v.ne(a, a)));

const maximum = floatRules((v, a, b) => v.select(v.ne(a, a), a, v.pmax(b, a)));
const minimum = floatRules((v, a, b) => v.select(v.ne(a, a), a, v.pmin(b, a)));

const floorQuotient: VectorRule = (e, a, b) => e.keep(f64x2.floor(f64x2.div(a, b)));

/** The quotient of float32 is rounded to float64 before the floor, as in JavaScript: 24 bits would round up to 1. */
const floorDivide = { float32: widened(floorQuotient), float64: floorQuotient };

const isNaN = floatRules((v, a) => v.ne(a, a));
const isFinite = floatRules((v, a) => v.lt(v.abs(a), v.number(Infinity)));

export const arithmeticRules = {
  add, sub, mul, div, neg, abs, sqrt, floor, ceil, trunc, round, sign, maximum, minimum, floorDivide, isNaN, isFinite,
}; // prettier-ignore

const comparison = (name: 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge') => floatRules((v, a, b) => v[name](a, b));

export const comparisonRules = {
  equal: comparison('eq'),
  notEqual: comparison('ne'),
  less: comparison('lt'),
  lessEqual: comparison('le'),
  greater: comparison('gt'),
  greaterEqual: comparison('ge'),
};
