import type { DType } from '../../../dtype.js';
import type { PrimitiveName } from '../../../primitives/parameters.js';
import { arithmeticRules, comparisonRules } from './arithmetic.js';
import type { VectorRule } from './emitter.js';
import { erf, erfc } from './error.js';
import { exp, expm1, sigmoid } from './exponential.js';
import { acosh, asinh, atanh, cosh, sinh, tanh } from './hyperbolic.js';
import { boolRules, integerRules } from './integer.js';
import { erfinv } from './inverseError.js';
import { acos, asin, atan, atan2 } from './inverseTrigonometric.js';
import { log, log1p, softplus } from './logarithm.js';
import { lgamma } from './logGamma.js';
import { pow } from './power.js';
import { remainder } from './remainder.js';
import { cos, sin, tan } from './trigonometric.js';

type Rules = { readonly [D in DType]?: VectorRule };

const floatRules: { readonly [N in PrimitiveName]?: Rules } = {
  ...arithmeticRules,
  ...comparisonRules,
  exp,
  expm1,
  sigmoid,
  log,
  log1p,
  softplus,
  tanh,
  erf,
  erfc,
  erfinv,
  lgamma,
  sin,
  cos,
  tan,
  pow,
  remainder,
  sinh,
  cosh,
  asinh,
  acosh,
  atanh,
  asin,
  acos,
  atan,
  atan2,
};
const wordRules: { readonly [D in DType]?: { readonly [N in PrimitiveName]?: VectorRule } } = {
  int32: integerRules,
  bool: boolRules,
};

/** All rules, by primitive and operand dtype. What has none is left to the reference kernels. */
export const vectorRules: { readonly [N in PrimitiveName]?: Rules } = collect();

function collect() {
  const rules: { [N in PrimitiveName]?: { [D in DType]?: VectorRule } } = { ...floatRules };
  for (const [dtype, byName] of Object.entries(wordRules) as [DType, Record<string, VectorRule>][])
    for (const [name, rule] of Object.entries(byName) as [PrimitiveName, VectorRule][])
      rules[name] = { ...rules[name], [dtype]: rule };
  return rules;
}
