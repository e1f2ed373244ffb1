import type { DType } from '../../dtype.js';
import { ArgumentError, DisposedError, DTypeError, TraceError } from '../../errors.js';
import { describe } from '../../shape.js';
import { show } from '../../show.js';
import { Storage } from '../../storage.js';
import { ConcreteTensor, Tensor } from '../../tensor.js';
import { tfjs } from './running.js';
import type { TfjsTensor } from './types.js';

const dtypes: readonly string[] = ['float32', 'int32', 'bool'] satisfies DType[];

/**
 * A `tf.Tensor` as a tensor of ours, on the tfjs backend that is running. The elements are shared where they lie on its
 * engine already, else copied. Both tensors are disposed on their own; ours is out of the reach of `tf.tidy`.
 *
 * @throws DTypeError for complex64 and string, DisposedError for a disposed one, BackendError where no tfjs backend runs
 */
export function fromTfjs(tensor: TfjsTensor): Tensor {
  const { backend, device, handles } = tfjs.running('fromTfjs');
  if (typeof tensor !== 'object' || (tensor as unknown) === null || typeof tensor.dataId !== 'object')
    throw new ArgumentError(`fromTfjs: needs a tf.Tensor, got ${show(tensor)}`);
  if (!dtypes.includes(tensor.dtype))
    throw new DTypeError(
      `fromTfjs: got ${tensor.dtype}[${tensor.shape.join(',')}]; only float32, int32 and bool have a counterpart`,
    );
  const aval = { shape: [...tensor.shape], dtype: tensor.dtype as DType };
  if (tensor.isDisposed) throw new DisposedError(`fromTfjs: this ${describe(aval)} tf.Tensor was disposed`);
  const isHere = device.loaded.memory.refCount(tensor.dataId) > 0;
  const own = isHere ? device.share(tensor) : device.make(copyOf(tensor, aval.dtype), aval);
  return new ConcreteTensor(aval.shape, aval.dtype, new Storage(backend, handles.give(own)));
}

/**
 * A tensor as a `tf.Tensor`: `toTfjs<tf.Tensor>(x)`. The elements are shared where `x` lives on a tfjs backend, else
 * copied to the running one. The result belongs to the caller, as any that tfjs makes: `dispose` it, or use `tf.tidy`.
 *
 * @throws DTypeError for float64, TraceError for a value inside of a transform, BackendError where no tfjs backend runs
 */
export function toTfjs<T extends TfjsTensor = TfjsTensor>(x: Tensor): T {
  if (!(x instanceof Tensor)) throw new ArgumentError(`toTfjs: needs a tensor, got ${show(x)}`);
  if (!(x instanceof ConcreteTensor))
    throw new TraceError(
      `toTfjs: ${describe(x)} is traced and has no elements yet; convert the inputs or results of the transform instead`,
    );
  const home = tfjs.of(x.backend);
  // What tfjs makes is a tf.Tensor; only the caller has its type.
  if (home !== undefined) return home.device.lend(home.handles.tensorOf(x.storage.handle), x.shape) as T;
  if (x.dtype === 'float64')
    throw new DTypeError(`toTfjs: tfjs has no float64, got ${describe(x)}; cast it first: x.cast('float32')`);
  const { core } = tfjs.running('toTfjs').device.loaded;
  return core.tensor(x.dataSync(), [...x.shape], x.dtype) as T;
}

function copyOf(tensor: TfjsTensor, dtype: DType): Float32Array | Int32Array | Uint8Array {
  const values = tensor.dataSync();
  if (dtype === 'float32') return Float32Array.from(values);
  return dtype === 'int32' ? Int32Array.from(values) : Uint8Array.from(values);
}
