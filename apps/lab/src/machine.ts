import { add, matmul, ones, scope, slice, tensor, type DType, type Tensor } from '@core/tensor';

export interface MachineSpeed {
  /** 10^9 floating-point operations a second of a square matrix product; 2 n^3 operations. */
  readonly matmul: { readonly size: number; readonly float32: number; readonly float64: number };
  /** 10^9 bytes read and written a second, 12 for each sum of two float32. */
  readonly add: { readonly elements: number; readonly gigabytes: number };
}

/** Measures the current backend for about `seconds` in all. The fastest of several repetitions counts. */
export function measureMachine(seconds = 1.2): MachineSpeed {
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

/** What a device does at sizes that keep it busy. */
export interface DeviceSpeed {
  readonly matmul: { readonly size: number; readonly gigaflops: number };
  readonly add: { readonly elements: number; readonly gigabytes: number };
}

/** Measures the current backend in float32, about so many milliseconds: it is read as devices that answer later must be. */
export async function measureDevice(milliseconds: number): Promise<DeviceSpeed> {
  const product = await busy([64, 128, 256, 512, 1024, 2048, 4096], milliseconds / 2, (size) => {
    const data = Float32Array.from({ length: size * size }, (_, i) => (i % 17) / 17);
    const a = tensor(data, { shape: [size, size] });
    return { input: a, run: () => matmul(a, a) };
  });
  const sum = await busy([2 ** 16, 2 ** 18, 2 ** 20, 2 ** 22, 2 ** 24], milliseconds / 2, (size) => {
    const x = tensor(new Float32Array(size).fill(1));
    return { input: x, run: () => add(x, x) };
  });
  return {
    matmul: { size: product.size, gigaflops: (2 * product.size ** 3) / product.seconds / 1e9 },
    // 12 bytes for each sum: two numbers are read, one is written.
    add: { elements: sum.size, gigabytes: (12 * sum.size) / sum.seconds / 1e9 },
  };
}

interface Work {
  readonly input: Tensor;
  readonly run: () => Tensor;
}

/** Milliseconds of a single call from which on its start does not count. */
const longEnough = 8;

/** Grows the work until it keeps the device busy, and gives the time of one call, the best of several rounds. */
async function busy(
  sizes: readonly number[],
  milliseconds: number,
  prepare: (size: number) => Work,
): Promise<{ readonly size: number; readonly seconds: number }> {
  let found: { size: number; seconds: number } | undefined;
  for (const size of sizes) {
    try {
      const { input, run } = prepare(size);
      using _ = input;
      await timed(run, 1); // compiles
      let best = await timed(run, 1);
      if (best > longEnough || size === sizes.at(-1)) {
        const end = performance.now() + milliseconds;
        const repeats = Math.max(1, Math.round((2 * longEnough) / best));
        do best = Math.min(best, await timed(run, repeats));
        while (performance.now() < end);
        return { size, seconds: best / 1000 };
      }
      found = { size, seconds: best / 1000 };
    } catch (thrown) {
      // The device has no room for more: the size before was its largest.
      if (found === undefined) throw thrown;
      return found;
    }
  }
  throw new Error('no sizes to measure');
}

/** Milliseconds of a call, from so many in a row; a number of the last result is waited for. */
async function timed(run: () => Tensor, repeats: number): Promise<number> {
  const start = performance.now();
  for (let i = 1; i < repeats; i++) run().dispose();
  using result = run();
  using corner = slice(result, [0], [1]);
  await corner.data();
  return (performance.now() - start) / repeats;
}
