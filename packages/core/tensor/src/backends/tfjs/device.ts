import { allocate, bytesPerElement } from '../../dtype.js';
import type { DType, TypedArray } from '../../dtype.js';
import { BackendError, MemoryError } from '../../errors.js';
import type { Aval, Shape } from '../../shape.js';
import { sameShape, sizeOf } from '../../shape.js';
import type { BackendMemory } from '../backend.js';
import { say } from '../announce.js';
import type { LoadedEngine } from './load.js';
import type { Attributes, Operands, TfjsTensor, TfjsTensorInfo } from './types.js';

/** A tfjs engine, and the count of what is held on it. Every tensor it returns belongs to the caller. */
export interface Device {
  readonly loaded: LoadedEngine;
  has(kernel: string): boolean;
  /** Runs a kernel with one result. */
  call(kernel: string, inputs: Operands, attrs?: Attributes): TfjsTensor;
  /** @throws MemoryError where the engine has no room for this many bytes more */
  reserve(more: number): void;
  /** Copies elements in. */
  make(data: TypedArray, aval: Aval): TfjsTensor;
  /** Another tensor over the same data, under another shape if one is given. */
  share(tensor: TfjsTensorInfo, shape?: Shape): TfjsTensor;
  /** As `share`, for somebody outside: it is not counted, and `tf.tidy` may dispose it. */
  lend(tensor: TfjsTensorInfo, shape: Shape): TfjsTensor;
  /** A copy of the elements. */
  read(tensor: TfjsTensorInfo, aval: Aval): TypedArray;
  readLater(tensor: TfjsTensorInfo, aval: Aval): Promise<TypedArray>;
  dispose(tensor: TfjsTensor): void;
  memory(): BackendMemory;
  /** From now on its bytes count as kept by compiled programs. */
  pool(tensor: TfjsTensor): void;
  /** Tells the user once that a primitive is computed on the host. */
  announce(primitive: string, reason: string): void;
}

/** A full heap gives the wasm engine address 0, which it writes to all the same: it must never come to that. */
const wasmHeap = 4 * 2 ** 30;
const wasmRoom = 0.9 * wasmHeap;

export function createDevice(loaded: LoadedEngine): Device {
  const { core, memory, engine } = loaded;
  /** How many of our tensors share a piece of data; its bytes count once. */
  const held = new Map<object, { tensors: number; readonly bytes: number; pooled: boolean }>();
  const announced = new Set<string>();
  let [bytes, peak, pooled] = [0, 0, 0];

  const full = (more: number): MemoryError =>
    new MemoryError(
      `tfjs: ${more} bytes were asked for, and tensors hold ${bytes + pooled} of the ${wasmHeap} that the wasm engine's heap can have; ` +
        'dispose of tensors, or compute in smaller parts',
    );
  const reserve = (more: number): void => {
    if (engine === 'wasm' && bytes + pooled + more > wasmRoom) throw full(more);
  };

  const own = (tensor: TfjsTensor): TfjsTensor => {
    const known = held.get(tensor.dataId);
    if (known !== undefined) known.tensors++;
    else {
      const size = sizeOf(tensor.shape) * bytesPerElement(tensor.dtype as DType);
      held.set(tensor.dataId, { tensors: 1, bytes: size, pooled: false });
      bytes += size;
      peak = Math.max(peak, bytes);
    }
    return core.keep(tensor);
  };

  // Kernels are called themselves, not through tfjs' operations: whichever engine tfjs is set to, and within whatever
  // `tf.tidy` or `tf.grad`, the work is done on this one and recorded by nobody else.
  const run = (kernel: string, inputs: Operands, attrs: Attributes = {}): TfjsTensor => {
    const known = core.getKernel(kernel, engine);
    if (known === undefined || known === null)
      throw new BackendError(`tfjs: the ${engine} engine has no kernel ${kernel}`);
    const result = known.kernelFunc({ inputs, attrs, backend: memory });
    const info = Array.isArray(result) ? result[0]! : result;
    // tfjs-node makes tensors, the other engines descriptions of them.
    return 'isDisposed' in info ? (info as TfjsTensor) : core.engine().makeTensorFromTensorInfo(info, memory);
  };
  const reshape = (tensor: TfjsTensorInfo, shape: Shape): TfjsTensor =>
    run('Reshape', { x: tensor }, { shape: [...shape] });

  const convert = (values: ArrayLike<number>, { dtype, shape }: Aval): TypedArray => {
    const data = allocate(dtype, sizeOf(shape));
    data.set(values);
    return data;
  };

  return {
    loaded,
    has: (kernel) => {
      const known = core.getKernel(kernel, engine);
      return known !== undefined && known !== null;
    },
    reserve,
    call: (kernel, inputs, attrs) => own(run(kernel, inputs, attrs)),
    make(data, { shape, dtype }) {
      reserve(data.byteLength);
      // Engines may keep the array that they are given.
      return own(core.engine().makeTensor(data.slice(), [...shape], dtype, memory));
    },
    share: (tensor, shape = tensor.shape) => own(reshape(tensor, shape)),
    lend: reshape,
    read(tensor, aval) {
      try {
        return convert(memory.readSync(tensor.dataId), aval);
      } catch (cause) {
        throw new BackendError(
          `tfjs: the ${engine} engine cannot be read at once: use await t.data() instead of t.dataSync(), t.item() or t.toArray(); ` +
            "what it must compute on the host needs another engine: await useBackend('tfjs', { package: 'wasm' }), or 'cpu'",
          { cause },
        );
      }
    },
    readLater: async (tensor, aval) => convert(await memory.read(tensor.dataId), aval),
    dispose(tensor) {
      const known = held.get(tensor.dataId);
      if (known !== undefined && --known.tensors === 0) {
        held.delete(tensor.dataId);
        if (known.pooled) pooled -= known.bytes;
        else bytes -= known.bytes;
      }
      tensor.dispose();
    },
    memory: () => ({ bytes, peakBytes: peak, pooledBytes: pooled }),
    pool(tensor) {
      const known = held.get(tensor.dataId);
      if (known === undefined || known.pooled) return;
      known.pooled = true;
      bytes -= known.bytes;
      pooled += known.bytes;
    },
    announce(primitive, reason) {
      if (announced.has(primitive)) return;
      announced.add(primitive);
      say(`tfjs: ${primitive} is computed on the host, not by the ${engine} engine: ${reason}`);
    },
  };
}

/** The tensor as it is where it has this shape, else another one over its data, which is for the caller to dispose. */
export function shaped(device: Device, tensor: TfjsTensor, shape: Shape): TfjsTensor {
  return sameShape(tensor.shape, shape) ? tensor : device.share(tensor, shape);
}
