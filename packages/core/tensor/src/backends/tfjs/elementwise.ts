import type { UnaryName } from '../../primitives/parameters.js';
import type { Device } from './device.js';
import type { CommonRule, Rules, Runner, Scratch } from './rule.js';
import type { TfjsTensor } from './types.js';

/*
 * Elementwise primitives on tfjs' kernels. Left to the host is what has no kernel, and what tfjs computes with less than
 * the records promise: its erf is good to 1.5e-7 absolutely, and its remainder loses small negative numbers.
 */

/** One kernel with the record's meaning on floats. */
const unaryKernels: { readonly [N in UnaryName]?: string } = {
  neg: 'Neg', abs: 'Abs', exp: 'Exp', expm1: 'Expm1', log: 'Log', sqrt: 'Sqrt', tan: 'Tan', asin: 'Asin', acos: 'Acos', atan: 'Atan', sinh: 'Sinh', cosh: 'Cosh', tanh: 'Tanh', asinh: 'Asinh',
  acosh: 'Acosh', atanh: 'Atanh', sigmoid: 'Sigmoid', floor: 'Floor', ceil: 'Ceil', round: 'Round', isNaN: 'IsNan',
  isFinite: 'IsFinite',
}; // prettier-ignore

const unary =
  (kernel: string): CommonRule =>
  ({ inputs: [x] }, device) =>
    x!.dtype !== 'float32'
      ? 'tfjs has it for float32 only'
      : lacking(device, kernel) || ((k, [a]) => k.call(kernel, { x: a! }));

const binary =
  (kernel: string): CommonRule =>
  (_problem, device) =>
    lacking(device, kernel) || ((k, [a, b]) => k.call(kernel, { a: a!, b: b! }));

/** '' where the engine has all these kernels. */
export function lacking(device: Device, ...kernels: readonly string[]): string {
  const missing = kernels.find((kernel) => !device.has(kernel));
  return missing === undefined ? '' : `it has no kernel ${missing}`;
}

/** A rule for float32, the others being left to the host. */
const onFloats =
  (runner: Runner, reason: string, ...kernels: readonly string[]): CommonRule =>
  ({ inputs: [x] }, device) =>
    x!.dtype === 'float32' ? lacking(device, ...kernels) || runner : reason;

const greaterThanZero = (k: Scratch, x: TfjsTensor): TfjsTensor =>
  k.call('Greater', { a: x, b: k.scalar(0, x.dtype as 'float32') });

/** -1 or 1; itself where it is neither above nor below zero, which keeps NaN and the sign of zero. */
const sign: Runner = (k, [x]) => {
  const zero = k.scalar(0, 'float32');
  const [plus, minus] = [1, -1].map((value) => k.expand(k.scalar(value, 'float32'), x!.shape));
  const below = k.select(k.call('Less', { a: x!, b: zero }), minus!, x!);
  return k.select(greaterThanZero(k, x!), plus!, below);
};

const trunc: Runner = (k, [x]) =>
  k.select(greaterThanZero(k, x!), k.call('Floor', { x: x! }), k.call('Ceil', { x: x! }));

/**
 * The wasm engine's log1p is log(1 + x), without the digits that were lost in the sum: with u = 1 + x as it was rounded,
 * log(u) x / (u - 1) has them again (Kahan), unless u - 1 is 0 or infinite, where x is the answer.
 */
const log1pByParts: Runner = (k, [x]) => {
  const u = k.call('Add', { a: x!, b: k.scalar(1, 'float32') });
  const d = k.call('Sub', { a: u, b: k.scalar(1, 'float32') });
  const [none, infinite] = [0, Infinity].map((b) => k.call('Equal', { a: d, b: k.scalar(b, 'float32') }));
  const share = k.call('RealDiv', { a: x!, b: d });
  const corrected = k.call('Multiply', { a: k.call('Log', { x: u }), b: share });
  return k.select(k.call('LogicalOr', { a: none!, b: infinite! }), x!, corrected);
};

const log1p = (k: Scratch, x: TfjsTensor): TfjsTensor =>
  k.device.loaded.engine === 'wasm' ? log1pByParts(k, [x]) : k.call('Log1p', { x });

/** max(x, 0) + log1p(e^-|x|): the kernel of tfjs takes log(1 + e^x), which has no digits left for small results. */
const softplus: Runner = (k, [x]) => {
  const tail = k.call('Exp', { x: k.call('Neg', { x: k.call('Abs', { x: x! }) }) });
  const ramp = k.call('Relu', { x: x! });
  return k.call('Add', { a: ramp, b: log1p(k, tail) });
};

/** JS's pow, which is the cpu engine's, is NaN where IEEE's is 1: for the base 1, and for -1 to an infinite power. */
const plainPow: Runner = (k, [a, b]) => {
  const one = k.scalar(1, 'float32');
  const infinite = k.call('IsInf', { x: b! });
  const minusOne = k.call('Equal', { a: a!, b: k.scalar(-1, 'float32') });
  const both = k.call('LogicalAnd', { a: minusOne, b: infinite });
  const fixed = k.call('LogicalOr', { a: k.call('Equal', { a: a!, b: one }), b: both });
  const power = k.call('Pow', { a: a!, b: b! });
  return k.select(k.expand(fixed, power.shape), k.expand(one, power.shape), power);
};

/** As the record says it: a where it is larger or NaN, else b. */
const extreme =
  (comparison: string): Runner =>
  (k, [a, b]) => {
    const larger = k.call(comparison, { a: a!, b: b! });
    const { shape } = larger;
    const isNaN = k.call('NotEqual', { a: a!, b: a! });
    const first = k.call('LogicalOr', { a: larger, b: isNaN });
    return k.select(first, k.expand(a!, shape), k.expand(b!, shape));
  };

const integersWrap = 'int32 must wrap, and tfjs computes it in floating point';

const approximate =
  'its sine and cosine are good to three digits for small arguments, and to none for large ones';

const isWasm = ({ loaded }: Device): boolean => loaded.engine === 'wasm';

/** Whether the engine's own maximum and minimum give NaN where either is. */
const keepsNaN = (device: Device): boolean => !isWasm(device);

export const elementwiseRules: Rules = {
  ...Object.fromEntries(Object.entries(unaryKernels).map(([name, kernel]) => [name, unary(kernel)])),
  neg: (problem, device) =>
    problem.inputs[0]!.dtype === 'int32'
      ? (k, [a]) => k.call('Sub', { a: k.scalar(0, 'int32'), b: a! })
      : unary('Neg')(problem, device),
  sin: (problem, device) => (isWasm(device) ? approximate : unary('Sin')(problem, device)),
  cos: (problem, device) => (isWasm(device) ? approximate : unary('Cos')(problem, device)),
  log1p: onFloats((k, [x]) => log1p(k, x!), 'tfjs has it for float32 only', 'Log1p'),
  sign: onFloats(sign, 'tfjs has it for float32 only', 'Less', 'Greater', 'Select', 'Tile'),
  trunc: onFloats(trunc, 'tfjs has it for float32 only', 'Floor', 'Ceil', 'Greater', 'Select'),
  softplus: onFloats(softplus, 'tfjs has it for float32 only', 'Exp', 'Neg', 'Abs', 'Relu', 'Log1p'),
  not: ({ inputs: [x] }, device) =>
    x!.dtype === 'bool'
      ? lacking(device, 'LogicalNot') || ((k, [a]) => k.call('LogicalNot', { x: a! }))
      : // In two's complement.
        (k, [a]) => k.call('Sub', { a: k.scalar(-1, 'int32'), b: a! }),

  add: binary('Add'),
  sub: binary('Sub'),
  mul: (problem, device) =>
    problem.inputs[0]!.dtype === 'int32' && device.loaded.engine === 'cpu'
      ? integersWrap
      : binary('Multiply')(problem, device),
  div: binary('RealDiv'),
  pow: ({ inputs: [x] }, device) => {
    if (x!.dtype !== 'float32') return integersWrap;
    if (device.loaded.engine !== 'cpu') return lacking(device, 'Pow') || pow;
    return plainPow;
  },
  atan2: binary('Atan2'),
  maximum: (problem, device) => (keepsNaN(device) ? binary('Maximum')(problem, device) : extreme('Greater')),
  minimum: (problem, device) => (keepsNaN(device) ? binary('Minimum')(problem, device) : extreme('Less')),
  equal: binary('Equal'),
  notEqual: binary('NotEqual'),
  less: binary('Less'),
  lessEqual: binary('LessEqual'),
  greater: binary('Greater'),
  greaterEqual: binary('GreaterEqual'),
  and: (problem, device) =>
    problem.inputs[0]!.dtype === 'bool'
      ? binary('LogicalAnd')(problem, device)
      : binary('BitwiseAnd')(problem, device),
  or: (problem, device) =>
    problem.inputs[0]!.dtype === 'bool'
      ? binary('LogicalOr')(problem, device)
      : 'tfjs has no bitwise or of integers',
  xor: (problem, device) =>
    problem.inputs[0]!.dtype === 'bool'
      ? binary('NotEqual')(problem, device)
      : 'tfjs has no bitwise xor of integers',

  where: ({ outputs }, device) =>
    lacking(device, 'Select', 'Tile') ||
    ((k, [condition, t, e]) => {
      const { shape } = outputs[0]!;
      return k.select(k.expand(condition!, shape), k.expand(t!, shape), k.expand(e!, shape));
    }),

  cast({ inputs: [x], params: { dtype } }, { loaded }) {
    if (dtype === x!.dtype) return (k, [a]) => k.reshape(a!, a!.shape);
    if (dtype === 'bool') return (k, [a]) => k.toBool(a!);
    // The cpu engine's widening cast hands on the very array, whose integers need not be float32 numbers.
    if (loaded.engine === 'cpu')
      return (k, [a]) => k.make(k.device.read(a!, { shape: a!.shape, dtype }), { shape: a!.shape, dtype });
    return (k, [a]) => k.call('Cast', { x: a! }, { dtype });
  },
};

function pow(k: Scratch, [a, b]: readonly TfjsTensor[]): TfjsTensor {
  return k.call('Pow', { a: a!, b: b! });
}
