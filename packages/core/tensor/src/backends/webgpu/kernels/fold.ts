import type { DType } from '../../../dtype.js';
import type { Reduction } from '../../../program/rowForm.js';
import type { WgslFunction } from '../functions/function.js';
import { declare } from '../functions/function.js';
import { floatKey, isNaNBits, wide } from './floatKey.js';

/** How many are made one: WGSL for partial results, into which elements enter and which are combined in any grouping. */
export interface Fold {
  /** As what memory holds elements and results: floats that are only compared are taken by their bits. */
  readonly element: 'float32' | 'int32';
  readonly partial: 'f32' | 'i32' | 'vec2<i32>';
  readonly identity: string;
  /** A partial result of one element; `position` (u32) is where it stands among those that are folded. */
  readonly enter: (x: string, position: string, width: 1 | 4) => string;
  readonly combine: (a: string, b: string) => string;
  /** The element that a partial result stands for. */
  readonly leave: (a: string, width: 1 | 4) => string;
  /** Whether vectors of partial results can be combined as single ones are. */
  readonly vectors: boolean;
  /** What combines the partial results of a subgroup. */
  readonly subgroup?: string;
  readonly functions: (width: 1 | 4) => readonly WgslFunction[];
}

const same = (x: string): string => x;
const least = 'i32(-2147483648)';
const greatest = '2147483647i';

function arithmetic(dtype: DType, operator: '+' | '*', one: string, subgroup: string): Fold {
  const float = dtype === 'float32';
  return {
    element: float ? 'float32' : 'int32',
    partial: float ? 'f32' : 'i32',
    identity: `${one}${float ? 'f' : 'i'}`,
    enter: same,
    combine: (a, b) => `${a} ${operator} ${b}`,
    leave: same,
    vectors: true,
    subgroup,
    functions: () => [],
  };
}

/** NaN wins. */
function extreme(dtype: DType, largest: boolean): Fold {
  const float = dtype === 'float32';
  const suffix = (width: 1 | 4): string => (width === 4 ? '4' : '');
  const name = (width: 1 | 4): string => `${largest ? 'max' : 'min'}_key${suffix(width)}`;
  const nan = largest ? greatest : `-${greatest}`;
  const enter = (width: 1 | 4): WgslFunction => ({
    name: name(width),
    code: `fn ${name(width)}(bits: ${wide('i32', width)}) -> ${wide('i32', width)} {
  return select(float_key${suffix(width)}(bits), ${wide('i32', width)}(${nan}), ${isNaNBits('bits', width)});
}`,
    uses: [floatKey(width)],
  });
  return {
    element: 'int32',
    partial: 'i32',
    identity: largest ? least : greatest,
    enter: (x, _, width) => (float ? `${name(width)}(${x})` : x),
    combine: (a, b) => `${largest ? 'max' : 'min'}(${a}, ${b})`,
    leave: (a, width) => (float ? `float_key${suffix(width)}(${a})` : a),
    vectors: true,
    subgroup: largest ? 'subgroupMax' : 'subgroupMin',
    functions: (width) => (float ? [enter(width)] : []),
  };
}

/** The fold of a reduction; bools are the integers 0 and 1. */
export function foldOf(reduction: Reduction, dtype: DType): Fold {
  switch (reduction) {
    case 'sum':
      return arithmetic(dtype, '+', '0', 'subgroupAdd');
    case 'prod':
      return arithmetic(dtype, '*', '1', 'subgroupMul');
    case 'reduceMax':
      return extreme(dtype, true);
    case 'reduceMin':
      return extreme(dtype, false);
  }
}

/** The position of the first extreme: pairs of a key and the position. The largest key wins, and among equals the first. */
export function argFold(dtype: DType, largest: boolean): Fold {
  const key = dtype === 'float32' ? 'float_key(x)' : 'x';
  const signed = largest ? key : `~${key}`;
  return {
    element: 'int32',
    partial: 'vec2<i32>',
    identity: `vec2<i32>(${least}, ${greatest})`,
    enter: (x, position) => `enter_pair(${x}, ${position})`,
    combine: (a, b) => `larger_pair(${a}, ${b})`,
    leave: (a) => `${a}.y`,
    vectors: false,
    functions: () => [
      {
        name: 'enter_pair',
        code: `fn enter_pair(x: i32, position: u32) -> vec2<i32> {
  return vec2<i32>(${dtype === 'float32' ? `select(${signed}, ${greatest}, ${isNaNBits('x')})` : signed}, i32(position));
}`,
        uses: dtype === 'float32' ? [floatKey()] : [],
      },
      {
        name: 'larger_pair',
        code: `fn larger_pair(a: vec2<i32>, b: vec2<i32>) -> vec2<i32> {
  return select(a, b, b.x > a.x || (b.x == a.x && b.y < a.y));
}`,
      },
    ],
  };
}

/** The functions of folds. */
export const declareFolds = (folds: readonly Fold[], width: 1 | 4 = 1): string =>
  declare(folds.flatMap((fold) => fold.functions(width)));
