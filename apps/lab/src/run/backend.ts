import { BackendError, backendInfo, useBackend, type BackendInfo } from '@core/tensor';
import { LabError } from '../errors.js';

/**
 * Runs `f` on the backend of that name, and goes back to the one before. Without a name, on the one in use.
 *
 * @throws LabError `RUN` where it is not there, with what to install
 */
export async function onBackend<T>(
  name: string | undefined,
  f: (backend: BackendInfo) => Promise<T>,
): Promise<T> {
  const before = backendInfo();
  if (name === undefined) return f(before);
  const backend = await useBackend(name).catch((thrown: unknown) => {
    if (!(thrown instanceof BackendError)) throw thrown;
    throw new LabError('RUN', `backend: ${thrown.message.replace(/^useBackend: /, '')}`, { cause: thrown });
  });
  try {
    return await f(backend);
  } finally {
    await useBackend(before.name);
  }
}
