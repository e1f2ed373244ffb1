import type { DType } from '../../../dtype.js';
import { allocate } from '../../../dtype.js';
import { sizeOf } from '../../../shape.js';
import type { Engine } from '../engine.js';
import type { KernelFactory } from '../kernel.js';
import { f32, f64, i32 } from '../wasm/code.js';
import { defineFunction } from '../wasm/module.js';
import { stridedCopy } from './strided/copy.js';
import { widthOf } from './strided.js';

/** How the number that a JavaScript caller passes comes in, and how it is stored. */
const stores = {
  float32: { type: 'f32', store: f32.store },
  float64: { type: 'f64', store: f64.store },
  int32: { type: 'i32', store: i32.store },
  bool: { type: 'i32', store: i32.store8 },
} as const;

export const fullKernel: KernelFactory<'full'> = ({ outputs: [out], params: { value } }, engine) => {
  const size = sizeOf(out!.shape);
  if (size === 0) return () => undefined;
  const store = storeElement(engine, out!.dtype, value);
  const spread = stridedCopy(engine, widthOf(out!), [size], [0], [1]);
  return ([target]) => {
    store(target!);
    spread(target!, target!);
  };
};

/** Writes `value` as one element at an address. */
export function storeElement(engine: Engine, dtype: DType, value: number): (at: number) => void {
  const { type, store } = stores[dtype];
  const [write] = engine.functions(`store ${dtype}`, () => [
    defineFunction({
      parameters: { at: 'i32', value: type },
      body: ({ at, value: element }) => store(at.get, element.get),
    }),
  ]);
  const element = allocate(dtype, 1).fill(value)[0]!;
  return (at) => void write!.call(at, element);
}
