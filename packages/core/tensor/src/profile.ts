import type { KernelRecorder, KernelTiming } from './backends/backend.js';
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
  readonly kernels: readonly KernelProfile[];
}

/** One kernel's share, with its speed. */
export interface KernelProfile extends Readonly<KernelTiming> {
  /** Billions of floating-point operations a second. */
  readonly gigaflops: number;
  /** Billions of bytes read and written a second. */
  readonly gigabytesPerSecond: number;
}

/** Those of the profiles that are running, the innermost last. */
const recorders: KernelRecorder[] = [];

/**
 * Runs `body` and reports what each kernel cost: calls, time, bytes read and written, operations, and its speed. Profiles nest: the outer one
 * counts what the inner one sees, too.
 *
 * @throws TrellisError `PROFILE` if body returns a promise: kernels that run later could not be told from others
 */
export function profile<R>(body: () => R): Profile<R> {
  checkFunction('profile', body);
  const backend = currentBackend();
  const kernels = new Map<string, KernelTiming>();
  recorders.push((kernel, milliseconds, bytes, operations) => {
    let timing = kernels.get(kernel);
    if (timing === undefined)
      kernels.set(kernel, (timing = { kernel, count: 0, milliseconds: 0, bytes: 0, operations: 0 }));
    timing.count++;
    timing.milliseconds += milliseconds;
    timing.bytes += bytes;
    timing.operations += operations;
  });
  const record: KernelRecorder = (...timing) => recorders.forEach((recorder) => recorder(...timing));
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
      kernels: [...kernels.values()]
        .sort((a, b) => b.milliseconds - a.milliseconds)
        .map((timing) => ({
          ...timing,
          gigaflops: perSecond(timing.operations, timing),
          gigabytesPerSecond: perSecond(timing.bytes, timing),
        })),
    };
  } finally {
    recorders.pop();
    backend.setProfiler(recorders.length > 0 ? record : undefined);
  }
}

/** Billions a second; 0 where the clock saw no time pass. */
function perSecond(amount: number, { milliseconds }: KernelTiming): number {
  return milliseconds === 0 ? 0 : amount / milliseconds / 1e6;
}
