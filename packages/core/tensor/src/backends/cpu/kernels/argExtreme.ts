import type { DType } from '../../../dtype.js';
import { bytesPerElement } from '../../../dtype.js';
import { aroundAxis } from '../../../primitives/kernels/reduce.js';
import { sizeOf } from '../../../shape.js';
import type { KernelFactory } from '../kernel.js';
import type { Code } from '../wasm/code.js';
import { f32x4, f64x2, i16x8, i32, i32x4, i64, i64x2, i8x16, v128 } from '../wasm/code.js';
import { extremeOfRows } from './argRows.js';
import type { ColumnScan } from './columnScan.js';
import { scanColumns } from './columnScan.js';
import { loadLowest, neutral } from './reductionRules.js';

/** Whether the position of a maximum is wanted, or that of a minimum. */
export type Extreme = 'reduceMax' | 'reduceMin';

/** Positions of the first maximum along an axis; a NaN is more extreme than any number. */
export const argMaxKernel = factory('reduceMax');
export const argMinKernel = factory('reduceMin');

function factory(extreme: Extreme): KernelFactory<'argMax' | 'argMin'> {
  return ({ inputs: [x], outputs: [out], params: { axis } }, engine) => {
    if (sizeOf(out!.shape) === 0) return () => undefined;
    const { outer, length, inner } = aroundAxis(x!.shape, axis);
    const run =
      inner === 1
        ? extremeOfRows(extreme, outer, length, x!.dtype, engine)
        : scanColumns(columns(extreme, x!.dtype), [outer, length, inner], engine);
    return ([from, to]) => run(from!, to!);
  };
}

/** The state is the best of each column so far and, in lanes as wide, its row. Bools become int32. */
function columns(extreme: Extreme, dtype: DType): ColumnScan {
  const kind = dtype === 'bool' ? 'int32' : dtype;
  const lanes = 16 / bytesPerElement(kind);
  const isMax = extreme === 'reduceMax';
  const least = neutral(extreme, kind);
  const load = (at: Code, whole: boolean): Code => {
    if (dtype !== 'bool') return whole ? v128.load(at) : loadLowest(kind, at);
    if (!whole) return i32x4.splat(i32.load8U(at));
    return i32x4.extendLowI16x8U(i16x8.extendLowI8x16U(v128.load32Zero(at)));
  };
  /** The best stays where no other is better, and once it is NaN. */
  const keeps = (best: Code, value: Code): Code => {
    if (kind === 'int32') return isMax ? i32x4.geS(best, value) : i32x4.leS(best, value);
    const floats = kind === 'float32' ? f32x4 : f64x2;
    return v128.or(isMax ? floats.ge(best, value) : floats.le(best, value), floats.ne(best, best));
  };
  const splat = (row: Code): Code =>
    kind === 'float64' ? i64x2.splat(i64.extendI32U(row)) : i32x4.splat(row);
  return {
    key: `positions ${extreme} ${dtype}`,
    lanes,
    states: 2,
    reverse: false,
    rule: (x, out, frame) => {
      const [best, value, kept] = [frame.local('v128'), frame.local('v128'), frame.local('v128')];
      return {
        begin: (state) => [v128.store(state, least), v128.store(state, i32x4.const(0), 16)],
        step: ({ index, state, row, whole }) => [
          value.set(load(i32.add(x, i32.mul(index, i32.const(bytesPerElement(dtype)))), whole)),
          best.set(v128.load(state)),
          kept.set(keeps(best.get, value.get)),
          v128.store(state, v128.bitselect(best.get, value.get, kept.get)),
          v128.store(state, v128.bitselect(v128.load(state, 16), splat(row), kept.get), 16),
        ],
        end: ({ index, state, whole }) => {
          const at = i32.add(out, i32.mul(index, i32.const(4)));
          const rows = v128.load(state, 16);
          if (!whole) return v128.store32Lane(at, rows, 0);
          if (lanes === 4) return v128.store(at, rows);
          const low = [0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11];
          return v128.store64Lane(at, i8x16.shuffle(rows, rows, low), 0);
        },
      };
    },
  };
}
