/*
 * The instructions of programs: the functions of google/automl's hero/fn_lib.py and the arithmetic of hero/core.py, which are
 * the 45 of the paper. Two are different here: `invert` (of bits) is left out, since no float has it; `cbrt`, which there
 * returns a function, is the cube root. Names are those of the paper's listings.
 */

/** A number, or a tree of arrays like the weights. */
export type ValueType = 'scalar' | 'tensor';

/**
 * - elementwise: operands of either type; a tensor if one of them is.
 * - blend: elementwise, its third operand a scalar.
 * - norm: over each array of the tree, and each of its elements is that norm; of a scalar, its magnitude.
 * - reduction: tensors to one scalar, over the whole tree.
 * - clip: a tensor and a scalar to a tensor.
 * - constant: no operands.
 */
export type FunctionKind = 'constant' | 'elementwise' | 'blend' | 'norm' | 'reduction' | 'clip';

export interface FunctionSignature {
  readonly kind: FunctionKind;
  readonly arity: number;
  /** Written between its operands. */
  readonly infix?: true;
}

const constant: FunctionSignature = { kind: 'constant', arity: 0 };
const unary: FunctionSignature = { kind: 'elementwise', arity: 1 };
const binary: FunctionSignature = { kind: 'elementwise', arity: 2 };
const infix: FunctionSignature = { kind: 'elementwise', arity: 2, infix: true };
const pair: FunctionSignature = { kind: 'reduction', arity: 2 };

const signatures = {
  '+': infix,
  '-': infix,
  '*': infix,
  '/': infix,
  max: binary,
  min: binary,
  get_pi: constant,
  get_e: constant,
  /** 1e-8 */
  get_eps: constant,
  abs: unary,
  cos: unary,
  sin: unary,
  tan: unary,
  arcsin: unary,
  arccos: unary,
  arctan: unary,
  sinh: unary,
  cosh: unary,
  tanh: unary,
  arcsinh: unary,
  arccosh: unary,
  arctanh: unary,
  exp: unary,
  exp2: unary,
  exp10: unary,
  expm1: unary,
  /** Logarithms and roots are of the magnitude. */
  log: unary,
  log10: unary,
  log2: unary,
  /** log |1 + x| */
  log1p: unary,
  square: unary,
  sqrt: unary,
  cube: unary,
  cbrt: unary,
  sign: unary,
  reciprocal: unary,
  negative: unary,
  power: binary,
  norm: { kind: 'norm', arity: 1 },
  global_norm: { kind: 'reduction', arity: 1 },
  /** interp(x, y, a) = (1 - a) x + a y */
  interp: { kind: 'blend', arity: 3 },
  dot: pair,
  cosine_sim: pair,
  /** clip(x, c) = x min(1, c / ‖x‖) with the norm of the whole tree. */
  clip: { kind: 'clip', arity: 2 },
} satisfies Readonly<Record<string, FunctionSignature>>;

export type FunctionName = keyof typeof signatures;

/** By name. */
export const functions: Readonly<Record<FunctionName, FunctionSignature>> = signatures;

export const functionNames = Object.keys(signatures) as readonly FunctionName[]; // an object literal's own keys

/** The other names of the official code. */
const aliases: Readonly<Record<string, FunctionName>> = {
  interpolate: 'interp',
  clip_by_global_norm: 'clip',
};

/** The instruction of this name, or undefined. */
export function functionNamed(name: string): FunctionName | undefined {
  if (Object.hasOwn(signatures, name)) return name as FunctionName;
  return Object.hasOwn(aliases, name) ? aliases[name] : undefined;
}

/** What the function gives for operands of these types, or in words what it wanted. */
export function resultType(
  name: FunctionName,
  operands: readonly ValueType[],
): ValueType | { wanted: string } {
  const { kind } = functions[name];
  const joined = operands.includes('tensor') ? 'tensor' : 'scalar';
  switch (kind) {
    case 'constant':
      return 'scalar';
    case 'elementwise':
    case 'norm':
      return joined;
    case 'blend':
      return operands[2] === 'scalar' ? joined : { wanted: 'a scalar as third operand' };
    case 'reduction':
      return operands.includes('scalar') ? { wanted: 'tensors' } : 'scalar';
    case 'clip':
      return operands[0] === 'tensor' && operands[1] === 'scalar'
        ? 'tensor'
        : { wanted: 'a tensor and a scalar' };
  }
}
