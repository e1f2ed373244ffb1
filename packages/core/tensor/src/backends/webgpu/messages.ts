import { BackendError } from '../../errors.js';

/** WebGPU has no way to wait for the device: a page would freeze. */
export function noSynchronousRead(): BackendError {
  return new BackendError(
    'webgpu: a GPU cannot be read at once, only waited for: use await t.data() instead of t.dataSync(), t.item() or t.toArray(), ' +
      "or bring the tensor over first: const x = await t.to('cpu')",
  );
}
