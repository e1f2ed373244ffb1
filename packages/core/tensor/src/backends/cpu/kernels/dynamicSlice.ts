import type { Aval } from '../../../shape.js';
import { stridesOf } from '../../../shape.js';
import type { Engine } from '../engine.js';
import type { KernelFactory } from '../kernel.js';
import { i32 } from '../wasm/code.js';
import { defineFunction } from '../wasm/module.js';
import { stridedCopy } from './strided/copy.js';
import { widthOf } from './strided.js';

export const dynamicSliceKernel: KernelFactory<'dynamicSlice'> = (
  { inputs: [x], outputs: [out], params: { sizes } },
  engine,
) => {
  const offset = windowOffset(engine, x!, sizes, 1);
  const copy = stridedCopy(engine, widthOf(x!), sizes, stridesOf(x!.shape), stridesOf(out!.shape));
  return (addresses) => copy(addresses[0]! + offset(addresses), addresses[addresses.length - 1]!);
};

export const dynamicUpdateSliceKernel: KernelFactory<'dynamicUpdateSlice'> = (
  { inputs: [x, update], outputs: [out] },
  engine,
) => {
  const { shape } = out!;
  const strides = stridesOf(shape);
  const width = widthOf(x!);
  const offset = windowOffset(engine, x!, update!.shape, 2);
  const copyAll = stridedCopy(engine, width, shape, strides, strides);
  const copyWindow = stridedCopy(engine, width, update!.shape, stridesOf(update!.shape), strides);
  return (addresses) => {
    const target = addresses[addresses.length - 1]!;
    const start = offset(addresses);
    copyAll(addresses[0]!, target);
    copyWindow(addresses[1]!, target + start);
  };
};

/** The byte at which a window of x begins. Its starts are read at each call, at the addresses from `first` on, and clamped. */
function windowOffset(
  engine: Engine,
  x: Aval,
  sizes: readonly number[],
  first: number,
): (addresses: readonly number[]) => number {
  const [read] = engine.functions('read int32', () => [
    defineFunction({ parameters: { at: 'i32' }, result: 'i32', body: ({ at }) => i32.load(at.get) }),
  ]);
  const width = widthOf(x);
  const steps = stridesOf(x.shape).map((stride) => stride * width);
  const most = x.shape.map((length, axis) => length - sizes[axis]!);
  return (addresses) => {
    let offset = 0;
    for (let axis = 0; axis < steps.length; axis++) {
      const start = read!.call(addresses[first + axis]!);
      offset += Math.max(0, Math.min(start, most[axis]!)) * steps[axis]!;
    }
    return offset;
  };
}
