import * as t from '../../src/index.js';
import { type Args, type Operation, testGoldens } from './support.js';

const unary = {
  exp: t.exp,
  expm1: t.expm1,
  log: t.log,
  log2: t.log2,
  log10: t.log10,
  log1p: t.log1p,
  sqrt: t.sqrt,
  rsqrt: t.rsqrt,
  reciprocal: t.reciprocal,
  tanh: t.tanh,
  sigmoid: t.sigmoid,
  softplus: t.softplus,
  erf: t.erf,
  erfc: t.erfc,
  erfinv: t.erfinv,
  lgamma: t.lgamma,
  digamma: t.digamma,
  sin: t.sin,
  cos: t.cos,
  tan: t.tan,
  asin: t.asin,
  acos: t.acos,
  atan: t.atan,
  sinh: t.sinh,
  cosh: t.cosh,
  asinh: t.asinh,
  acosh: t.acosh,
  atanh: t.atanh,
  floor: t.floor,
  ceil: t.ceil,
  round: t.round,
  trunc: t.trunc,
  sign: t.sign,
  abs: t.abs,
  neg: t.neg,
  isNaN: t.isNaN,
  isFinite: t.isFinite,
};

const binary = {
  add: t.add,
  sub: t.sub,
  mul: t.mul,
  div: t.div,
  pow: t.pow,
  atan2: t.atan2,
  remainder: t.remainder,
  floorDivide: t.floorDivide,
  maximum: t.maximum,
  minimum: t.minimum,
  equal: t.equal,
  notEqual: t.notEqual,
  less: t.less,
  lessEqual: t.lessEqual,
  greater: t.greater,
  greaterEqual: t.greaterEqual,
};

const each = <F>(table: Record<string, F>, wrap: (f: F) => Operation): Record<string, Operation> =>
  Object.fromEntries(Object.entries(table).map(([name, f]) => [name, wrap(f)]));

testGoldens('elementwise', {
  operations: {
    ...each(
      unary,
      (f) =>
        ({ x }: Args) =>
          f(x!),
    ),
    ...each(
      binary,
      (f) =>
        ({ a, b }: Args) =>
          f(a!, b!),
    ),
    polygamma: ({ x }, o) => t.polygamma(o.number('n'), x!),
    clip: ({ x }, o) => t.clip(x!, o.number('min'), o.number('max')),
  },
});
