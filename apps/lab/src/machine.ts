import { add, ones, scope, tensor, matmul, type DType, type Tensor } from '@core/tensor';

export interface MachineSpeed {
  /** 10^9 floating-point operations a second of a square matrix product; 2 n^3 operations. */
  readonly matmul: { readonly size: number; readonly float32: number; readonly float64: number };
  /** 10^9 bytes read and written a second, 12 for each sum of two float32. */
  readonly add: { readonly elements: number; readonly gigabytes: number };
}

/** Measures the current backend for about `seconds` in all. The fastest of several repetitions counts. */
export function measureMachine(seconds = 1.8): MachineSpeed {
  const size = 384;
  const elements = 2_000_000;
  const product = (dtype: DType): number => {
    const data = Array.from({ length: size * size }, (_, i) => (i % 17) / 17);
    using a = tensor(data, { shape: [size, size], dtype });
    return (2 * size ** 3) / fastest(() => matmul(a, a), seconds / 3) / 1e9;
  };
  const float32 = product('float32');
  const float64 = product('float64');
  using x = ones([elements]);
  const gigabytes = (3 * 4 * elements) / fastest(() => add(x, x), seconds / 3) / 1e9;
  return { matmul: { size, float32, float64 }, add: { elements, gigabytes } };
}

/** Seconds of the fastest call; reading one element makes sure that the work is done. */
function fastest(run: () => Tensor, seconds: number): number {
  const end = performance.now() + seconds * 1000;
  let best = Infinity;
  do {
    const start = performance.now();
    scope(() => {
      run();
    });
    best = Math.min(best, (performance.now() - start) / 1000);
  } while (performance.now() < end);
  return best;
}
