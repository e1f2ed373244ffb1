import type { DType } from '../../../dtype.js';
import { bytesPerElement } from '../../../dtype.js';
import { aroundAxis } from '../../../primitives/kernels/reduce.js';
import { sizeOf } from '../../../shape.js';
import type { KernelFactory } from '../kernel.js';
import { partialDType } from '../fused/accumulators.js';
import type { Code } from '../wasm/code.js';
import { f32, f32x4, f64, f64x2, i32, i32x4, v128 } from '../wasm/code.js';
import type { Local, WasmFunction } from '../wasm/module.js';
import { defineFunction } from '../wasm/module.js';
import type { ColumnScan } from './columnScan.js';
import { scanColumns } from './columnScan.js';
import { loadLowest, storeLowest } from './reductionRules.js';

/** Elements that a thread gets at least. */
const GRAIN = 1 << 14;
/** Rows that are summed side by side: each waits for its own additions only. */
const SIDE_BY_SIDE = 4;

/**
 * Sums of all elements up to each, one after the other: the reference's bits. Floats are summed in float64. The output
 * may lie where the input does.
 */
export const cumsumKernel: KernelFactory<'cumsum'> = (
  { inputs: [x], outputs: [out], params: { axis, reverse } },
  engine,
) => {
  if (sizeOf(out!.shape) === 0) return () => undefined;
  const { dtype } = x!;
  const { outer, length, inner } = aroundAxis(x!.shape, axis);
  if (inner > 1) {
    const run = scanColumns(columns(dtype, reverse), [outer, length, inner], engine);
    return ([from, to]) => run(from!, to!);
  }
  const [f] = engine.functions(`sums along rows ${dtype} ${reverse}`, () => [rows(dtype, reverse)]);
  const bytes = length * bytesPerElement(dtype);
  const grain = SIDE_BY_SIDE * Math.ceil(GRAIN / (SIDE_BY_SIDE * length));
  return ([from, to]) => engine.parallel(f!, [from!, to!, bytes], outer, grain);
};

/** The state is the sums. */
function columns(dtype: DType, reverse: boolean): ColumnScan {
  const kind = partialDType('sum', dtype);
  const widens = kind !== dtype;
  const add = { float32: f32x4.add, float64: f64x2.add, int32: i32x4.add, bool: i32x4.add }[kind];
  const load = (at: Code, whole: boolean): Code => {
    if (widens) return f64x2.promoteLowF32x4(whole ? v128.load64Zero(at) : v128.load32Zero(at));
    return whole ? v128.load(at) : loadLowest(dtype, at);
  };
  const store = (at: Code, sums: Code, whole: boolean): Code => {
    if (!widens) return whole ? v128.store(at, sums) : storeLowest(dtype, at, sums);
    const narrow = f32x4.demoteF64x2Zero(sums);
    return whole ? v128.store64Lane(at, narrow, 0) : v128.store32Lane(at, narrow, 0);
  };
  return {
    key: `sums down columns ${dtype} ${reverse}`,
    lanes: 16 / bytesPerElement(kind),
    states: 1,
    reverse,
    rule: (x, out, frame) => {
      const [sums, offset] = [frame.local('v128'), frame.local('i32')];
      return {
        begin: (state) => v128.store(state, i32x4.const(0)),
        step: ({ index, state, whole }) => [
          offset.set(i32.mul(index, i32.const(bytesPerElement(dtype)))),
          sums.set(add(v128.load(state), load(i32.add(x, offset.get), whole))),
          v128.store(state, sums.get),
          store(i32.add(out, offset.get), sums.get, whole),
        ],
      };
    },
  };
}

/** Rows of `bytes` bytes. */
function rows(dtype: DType, reverse: boolean): WasmFunction {
  const bytes = bytesPerElement(dtype);
  const type = dtype === 'int32' ? 'i32' : 'f64';
  const zero = dtype === 'int32' ? i32.const(0) : f64.const(0);
  const addTo = (sum: Code, at: Code): Code => {
    if (dtype === 'int32') return i32.add(sum, i32.load(at));
    return f64.add(sum, dtype === 'float32' ? f64.promoteF32(f32.load(at)) : f64.load(at));
  };
  const store = (at: Code, sum: Code): Code => {
    if (dtype === 'int32') return i32.store(at, sum);
    return dtype === 'float32' ? f32.store(at, f32.demoteF64(sum)) : f64.store(at, sum);
  };
  return defineFunction({
    parameters: { x: 'i32', out: 'i32', bytes: 'i32', begin: 'i32', end: 'i32' },
    body: ({ x, out, bytes: rowBytes, begin, end }, frame) => {
      const [item, i] = [frame.local('i32'), frame.local('i32')];
      const starts = Array.from({ length: SIDE_BY_SIDE }, () => frame.local('i32'));
      const sums = starts.map(() => frame.local(type));
      const at = frame.local('i32');
      const apart = frame.keep('i32', i32.sub(out.get, x.get));
      const element = reverse ? i32.sub(i32.sub(rowBytes.get, i32.const(bytes)), i.get) : i.get;
      const sideBySide = (count: number): Code => {
        const used = starts.slice(0, count);
        const one = (start: Local, n: number): Code => [
          at.set(i32.add(start.get, element)),
          sums[n]!.set(addTo(sums[n]!.get, at.get)),
          store(i32.add(at.get, apart.get), sums[n]!.get),
        ];
        return frame.range(item, item.get, i32.sub(end.get, i32.const(count - 1)), count, [
          used.map((start, n) => [
            start.set(i32.add(x.get, i32.mul(i32.add(item.get, i32.const(n)), rowBytes.get))),
            sums[n]!.set(zero),
          ]),
          frame.range(i, i32.const(0), rowBytes.get, bytes, used.map(one)),
        ]);
      };
      return [apart.code, item.set(begin.get), sideBySide(SIDE_BY_SIDE), sideBySide(1)];
    },
  });
}
