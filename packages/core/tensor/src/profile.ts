import type { KernelTiming } from './backends/backend.js';
import { TrellisError } from './errors.js';
import { checkFunction } from './show.js';
import { currentBackend } from './trace.js';

export interface Profile<R> {
  readonly result: R;
  /** Wall time of the whole, including everything between kernels. */
  readonly milliseconds: number;
  /** The most bytes that tensors have held on this backend so far. */
  readonly peakBytes: number;
  /** Per kernel, the most expensive first. */
  readonly kernels: readonly Readonly<KernelTiming>[];
}

type Recorder = (kernel: string, milliseconds: number, bytes: number) => void;

/** Those of the profiles that are running, the innermost last. */
const recorders: Recorder[] = [];

/**
 * Runs `body` and reports what each kernel cost: calls, time, bytes read and written. Profiles nest: the outer one
 * counts what the inner one sees, too.
 *
 * @throws TrellisError `PROFILE` if body returns a promise: kernels that run later could not be told from others
 */
export function profile<R>(body: () => R): Profile<R> {
  checkFunction('profile', body);
  const backend = currentBackend();
  const kernels = new Map<string, KernelTiming>();
  recorders.push((kernel, milliseconds, bytes) => {
    let timing = kernels.get(kernel);
    if (timing === undefined) kernels.set(kernel, (timing = { kernel, count: 0, milliseconds: 0, bytes: 0 }));
    timing.count++;
    timing.milliseconds += milliseconds;
    timing.bytes += bytes;
  });
  const record: Recorder = (...timing) => recorders.forEach((recorder) => recorder(...timing));
  backend.setProfiler(record);
  const start = performance.now();
  try {
    const result = body();
    const milliseconds = performance.now() - start;
    if (result instanceof Promise) {
      // The error below is the one to see.
      result.catch(() => undefined);
      throw new TrellisError(
        'PROFILE',
        'profile: the function is asynchronous; await what it needs before, and profile the synchronous part',
      );
    }
    return {
      result,
      milliseconds,
      peakBytes: backend.memory().peakBytes,
      kernels: [...kernels.values()].sort((a, b) => b.milliseconds - a.milliseconds),
    };
  } finally {
    recorders.pop();
    backend.setProfiler(recorders.length > 0 ? record : undefined);
  }
}
