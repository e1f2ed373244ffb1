import type { KernelTiming } from './backends/backend.js';
import { currentBackend } from './trace.js';

export interface Profile<R> {
  readonly result: R;
  /** Wall time of the whole, including everything between kernels. */
  readonly milliseconds: number;
  readonly peakBytes: number;
  /** Per kernel, the most expensive first. */
  readonly kernels: readonly Readonly<KernelTiming>[];
}

/** Runs `body` and reports what each kernel cost: calls, time, bytes read and written. */
export function profile<R>(body: () => R): Profile<R> {
  const backend = currentBackend();
  const kernels = new Map<string, KernelTiming>();
  backend.setProfiler((kernel, milliseconds, bytes) => {
    let timing = kernels.get(kernel);
    if (timing === undefined) kernels.set(kernel, (timing = { kernel, count: 0, milliseconds: 0, bytes: 0 }));
    timing.count++;
    timing.milliseconds += milliseconds;
    timing.bytes += bytes;
  });
  const start = performance.now();
  try {
    const result = body();
    const milliseconds = performance.now() - start;
    return {
      result,
      milliseconds,
      peakBytes: backend.memory().peakBytes,
      kernels: [...kernels.values()].sort((a, b) => b.milliseconds - a.milliseconds),
    };
  } finally {
    backend.setProfiler(undefined);
  }
}
