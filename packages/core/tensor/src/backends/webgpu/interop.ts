import type { DType } from '../../dtype.js';
import { checkDType } from '../../dtype.js';
import { ArgumentError, DTypeError, ShapeError, TraceError } from '../../errors.js';
import type { Shape } from '../../shape.js';
import { checkShape, describe, formatShape, sizeOf } from '../../shape.js';
import { show } from '../../show.js';
import { Storage } from '../../storage.js';
import { ConcreteTensor, Tensor } from '../../tensor.js';
import { webgpu } from './running.js';

/**
 * The `GPUDevice` of the running backend, for shaders of one's own beside it: `webgpuDevice<GPUDevice>()`.
 *
 * @throws BackendError where no webgpu backend runs
 */
export function webgpuDevice<D = object>(): D {
  // Only the caller has WebGPU's types.
  return webgpu.running('webgpuDevice').stream.gpu.device as D;
}

/**
 * The `GPUBuffer` that holds a tensor's elements, row-major, four bytes each (a bool is a u32 of 0 or 1), without a copy,
 * to draw them, or to bind them in a shader of one's own. It may be longer than the elements. Once the promise is kept,
 * the work that computes them was handed to the device, and comes before what is submitted from then on. The buffer stays
 * the tensor's: read it only, and not after `dispose`.
 *
 * @throws ArgumentError for a tensor of another backend, TraceError for a value inside of a transform
 */
export async function toGpuBuffer<B = object>(x: Tensor): Promise<B> {
  if (!(x instanceof Tensor)) throw new ArgumentError(`toGpuBuffer: needs a tensor, got ${show(x)}`);
  if (!(x instanceof ConcreteTensor))
    throw new TraceError(
      `toGpuBuffer: ${describe(x)} is traced and has no elements yet; take the results of the transform instead`,
    );
  const home = webgpu.of(x.backend);
  if (home === undefined)
    throw new ArgumentError(
      `toGpuBuffer: this ${describe(x)} lives on ${x.backend.name}; copy it over first: await x.to('webgpu')`,
    );
  const { buffer } = home.handles.arrayOf(x.storage.handle);
  await home.stream.handOver();
  return buffer as B;
}

/**
 * A tensor with the elements that a `GPUBuffer` of `webgpuDevice()` holds from its start, row-major, four bytes each: a copy
 * on the device. The buffer needs the usage COPY_SRC.
 *
 * @param options its shape, and its dtype, float32 unless told otherwise
 * @throws ShapeError where the buffer is too short, DTypeError for float64, BackendError where no webgpu backend runs
 */
export function fromGpuBuffer(
  buffer: { readonly size: number },
  options: { readonly shape: Shape; readonly dtype?: DType },
): Tensor {
  if (typeof (buffer as unknown) !== 'object' || typeof buffer.size !== 'number')
    throw new ArgumentError(`fromGpuBuffer: needs a GPUBuffer, got ${show(buffer)}`);
  const dtype = checkDType('fromGpuBuffer', options.dtype ?? 'float32');
  const shape = checkShape('fromGpuBuffer', options.shape);
  const aval = { shape: [...shape], dtype };
  if (dtype === 'float64')
    throw new DTypeError('fromGpuBuffer: the device has no float64; give float32, int32 or bool');
  const bytes = sizeOf(shape) * 4;
  if (buffer.size < bytes)
    throw new ShapeError(
      `fromGpuBuffer: ${formatShape(shape)} takes ${bytes} bytes, and the buffer has ${buffer.size}`,
    );
  const { backend, stream, handles } = webgpu.running('fromGpuBuffer');
  const array = stream.buffers.take(bytes);
  stream.enqueue((encoder) => {
    encoder.copyIn(buffer as GPUBuffer, array, bytes);
  });
  return new ConcreteTensor(aval.shape, dtype, new Storage(backend, handles.own(array, bytes)));
}
