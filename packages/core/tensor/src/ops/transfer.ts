import type { Backend } from '../backends/backend.js';
import { backendNamed } from '../backends/select.js';
import { ArgumentError, DTypeError } from '../errors.js';
import { describe } from '../shape.js';
import { show } from '../show.js';
import { ConcreteTensor, Tensor } from '../tensor.js';
import { fromHost } from './convert.js';

/**
 * A copy of `x` on another backend, which is started if need be; the current backend stays. On the backend that it lives on
 * already, `x` itself.
 *
 * @param backend its name, as for `useBackend`
 * @throws ArgumentError where `x` is no tensor, DisposedError, BackendError for a backend that is not there. It rejects with BackendError
 *   where the backend cannot start, DTypeError where it has not the tensor's dtype, TraceError for a value inside a
 *   transform.
 */
export function to(x: Tensor, backend: string): Promise<Tensor> {
  if (!(x instanceof Tensor)) throw new ArgumentError(`to: needs a tensor, got ${show(x)}`);
  // A disposed tensor says so here and now.
  const home = x instanceof ConcreteTensor ? x.backend : undefined;
  return transfer(x, home, backendNamed(backend));
}

async function transfer(x: Tensor, home: Backend | undefined, starting: Promise<Backend>): Promise<Tensor> {
  const target = await starting;
  if (home === target) return x;
  const { dtypes } = target.info();
  if (!dtypes.includes(x.dtype)) {
    throw new DTypeError(
      `to: ${target.name} has no ${x.dtype}, which ${describe(x)} is of; it has ${dtypes.join(', ')}: cast first`,
    );
  }
  return fromHost(await x.data(), x.shape, x.dtype, target);
}
