import type { DType, TypedArray } from '../../dtype.js';
import type { PrimitiveName } from '../../primitives/parameters.js';
import type { Equation } from '../../program/program.js';
import type { Aval, Shape } from '../../shape.js';
import { sameShape, sizeOf } from '../../shape.js';
import type { Device } from './device.js';
import type { Attributes, Operands, TfjsTensor, TfjsTensorInfo } from './types.js';

export type Problem<N extends PrimitiveName> = Extract<Equation<Aval>, { primitive: N }>;

/** Computes a primitive's one output; what else it makes with `k` is disposed afterwards. */
export type Runner = (k: Scratch, inputs: readonly TfjsTensor[]) => TfjsTensor;

/** How an engine computes a primitive, or in words why it is left to the host. */
export type Rule<N extends PrimitiveName> = (problem: Problem<N>, device: Device) => Runner | string;

/** A rule that looks at no parameters serves several primitives. */
export type CommonRule = (problem: Equation<Aval>, device: Device) => Runner | string;

export type Rules = { readonly [N in PrimitiveName]?: Rule<N> };

/** What a rule works with. */
export interface Scratch {
  readonly device: Device;
  call(kernel: string, inputs: Operands, attrs?: Attributes): TfjsTensor;
  reshape(x: TfjsTensorInfo, shape: Shape): TfjsTensor;
  transpose(x: TfjsTensorInfo, perm: readonly number[]): TfjsTensor;
  /** Broadcasts to a shape. */
  expand(x: TfjsTensor, shape: Shape): TfjsTensor;
  /** (The wasm engine's kernel writes four bytes for each element, beyond the end of booleans.) */
  select(condition: TfjsTensorInfo, t: TfjsTensorInfo, e: TfjsTensorInfo): TfjsTensor;
  /** Whether an element is not zero. */
  toBool(x: TfjsTensorInfo): TfjsTensor;
  scalar(value: number, dtype: DType): TfjsTensor;
  make(data: TypedArray, aval: Aval): TfjsTensor;
}

/** Runs `body` and disposes all that it made but its results. */
export function withScratch(device: Device, body: (k: Scratch) => TfjsTensor): TfjsTensor {
  const made: TfjsTensor[] = [];
  const note = (tensor: TfjsTensor): TfjsTensor => {
    made.push(tensor);
    return tensor;
  };
  const call: Scratch['call'] = (kernel, inputs, attrs) => note(device.call(kernel, inputs, attrs));
  const k: Scratch = {
    device,
    call,
    reshape: (x, shape) => note(device.share(x, shape)),
    transpose: (x, perm) => call('Transpose', { x }, { perm: [...perm] }),
    expand(x, shape) {
      if (sameShape(x.shape, shape)) return x;
      // The wasm engine copies element by element where it repeats; its products broadcast many times as fast.
      if (device.loaded.engine === 'wasm' && x.dtype !== 'bool') {
        const ones = call('Fill', {}, { shape: [...shape], value: 1, dtype: x.dtype });
        return call('Multiply', { a: x, b: ones });
      }
      const ones = new Array<number>(shape.length - x.shape.length).fill(1);
      const aligned = [...ones, ...x.shape];
      const whole = ones.length === 0 ? x : k.reshape(x, aligned);
      return call('Tile', { x: whole }, { reps: shape.map((length, axis) => length / aligned[axis]!) });
    },
    select(condition, t, e) {
      if (t.dtype !== 'bool' || device.loaded.engine !== 'wasm') return call('Select', { condition, t, e });
      const [yes, no] = [t, e].map((x) => call('Cast', { x }, { dtype: 'int32' }));
      return k.toBool(call('Select', { condition, t: yes!, e: no! }));
    },
    toBool: (x) => call('NotEqual', { a: x, b: k.scalar(0, x.dtype as DType) }),
    scalar: (value, dtype) => call('Fill', {}, { shape: [], value, dtype }),
    make: (data, aval) => note(device.make(data, aval)),
  };
  let result: TfjsTensor | undefined;
  try {
    return (result = body(k));
  } finally {
    for (const tensor of made) if (tensor !== result) device.dispose(tensor);
  }
}

export const isEmpty = ({ shape }: Aval): boolean => sizeOf(shape) === 0;

/** A tensor without elements, which no kernel is asked for. */
export function emptyOf(device: Device, { shape, dtype }: Aval): TfjsTensor {
  const none = { float32: new Float32Array(0), int32: new Int32Array(0), bool: new Uint8Array(0) };
  return device.make(none[dtype as keyof typeof none], { shape, dtype });
}

/** Engines whose sums and comparisons were checked one by one; of the others the documented meaning is trusted. */
export function isPlainEngine({ loaded }: Device): boolean {
  return loaded.engine === 'cpu' || loaded.engine === 'wasm';
}
