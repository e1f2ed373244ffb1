import type { DType } from '../../../dtype.js';
import { aroundAxis } from '../../../primitives/kernels/reduce.js';
import type { KernelFactory } from '../kernel.js';
import type { Code } from '../wasm/code.js';
import { f32, f32x4, f64, f64x2, i32, i32x4, v128 } from '../wasm/code.js';
import type { WasmFunction } from '../wasm/module.js';
import { defineFunction } from '../wasm/module.js';
import { stridedCopy } from './strided/copy.js';
import { widthOf } from './strided.js';

/** Elements of one thread's share at least. */
const grain = 1 << 16;

/** Numbers have no dtype bool. */
type NumberType = Exclude<DType, 'bool'>;

/** The vector and the element of a dtype that hold the positions from i on. */
const positions: Readonly<
  Record<NumberType, { lanes: number; vector: (i: Code) => Code; store: (at: Code, i: Code) => Code }>
> = {
  float32: {
    lanes: 4,
    vector: (i) => f32x4.convertI32x4S(four(i)),
    store: (at, i) => f32.store(at, f32.convertI32S(i)),
  },
  float64: {
    lanes: 2,
    vector: (i) => f64x2.convertLowI32x4S(four(i)),
    store: (at, i) => f64.store(at, f64.convertI32S(i)),
  },
  int32: { lanes: 4, vector: four, store: i32.store },
};

function four(i: Code): Code {
  return i32x4.add(i32x4.splat(i), i32x4.const(0, 1, 2, 3));
}

export const iotaKernel: KernelFactory<'iota'> = ({ outputs: [out], params: { axis } }, engine) => {
  const { outer, length, inner } = aroundAxis(out!.shape, axis);
  const { heap } = engine;
  const dtype = out!.dtype as NumberType;
  const width = widthOf(out!);
  if (outer * length * inner === 0) return () => undefined;
  const [count] = engine.functions(`iota ${dtype}`, () => [positionsOf(dtype)]);
  if (outer * inner === 1) return ([to]) => engine.parallel(count!, [to!], length, grain);
  // One row of positions, spread along the other axes.
  const spread = stridedCopy(engine, width, [outer, length, inner], [0, 1, 0], [length * inner, inner, 1]);
  return ([to]) => {
    const row = heap.take(length * width);
    try {
      engine.parallel(count!, [row], length, grain);
      spread(row, to!);
    } finally {
      heap.give(row, length * width);
    }
  };
};

/** Positions begin … end - 1. */
function positionsOf(dtype: NumberType): WasmFunction {
  const { lanes, vector, store } = positions[dtype];
  return defineFunction({
    parameters: { to: 'i32', begin: 'i32', end: 'i32' },
    body: ({ to, begin, end }, frame) => {
      const [i, whole] = [frame.local('i32'), frame.local('i32')];
      const at = i32.add(to.get, i32.mul(i.get, i32.const(16 / lanes)));
      return [
        whole.set(i32.sub(end.get, i32.and(i32.sub(end.get, begin.get), i32.const(lanes - 1)))),
        frame.range(i, begin.get, whole.get, lanes, v128.store(at, vector(i.get))),
        frame.range(i, whole.get, end.get, 1, store(at, i.get)),
      ];
    },
  });
}
