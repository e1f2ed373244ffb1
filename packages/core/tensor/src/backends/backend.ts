import type { DType, TypedArray } from '../dtype.js';
import type { Aval } from '../shape.js';
import type { Equation, Program } from '../program/program.js';

/**
 * A piece of a backend's memory. Only its backend looks inside. `token` is a plain number that is enough to give the
 * memory back when the owner was garbage collected without being disposed (so that finalizers hold no memory alive).
 */
export interface BufferHandle {
  readonly bytes: number;
  readonly token: number;
}

/** A program made ready to run; its own buffers go with it when it is collected. Inputs and outputs are handles in the order of the program's variables. */
export interface Executable {
  /**
   * Runs once; the caller owns the handles returned, and keeps owning those it passed. Inputs flagged in `donated` are not
   * read by anyone afterwards: a result may be put into such a buffer, and then that very handle is returned for it.
   */
  run(inputs: readonly BufferHandle[], donated?: readonly boolean[]): BufferHandle[];
}

export interface BackendMemory {
  /** Bytes in buffers that are owned by someone. */
  readonly bytes: number;
  readonly peakBytes: number;
  /** Bytes kept ready for reuse, and in arenas of compiled programs. */
  readonly pooledBytes: number;
}

/** Blocks of memory that were taken at one place and not given back. */
export interface AllocationGroup {
  readonly count: number;
  readonly bytes: number;
  /** The calls that led there, a line for each, the innermost first. */
  readonly stack: string;
}

export interface BackendInfo {
  readonly name: string;
  readonly dtypes: readonly DType[];
  /** What it can do beyond elementwise work (`eigh`, `svd`, `conv2d`, …): every primitive's name, and `float64` where it has it. */
  readonly capabilities: readonly string[];
  /** The device and libraries behind it, in words. */
  readonly description: string;
  /** How many threads kernels may use, where the backend computes with threads. */
  readonly threads?: number;
  /** The BLAS library in use, or why there is none and the command that installs one, where the backend looks for one. */
  readonly blas?: BlasDescription;
  /** In what `useBackend('auto')` returns: those that would have been better, and why each was not taken. */
  readonly passedOver?: readonly PassedOver[];
}

/** A backend that `useBackend('auto')` did not take. */
export interface PassedOver {
  readonly name: string;
  readonly reason: string;
}

/** Which BLAS and LAPACK a backend uses, or why none and what brings one. */
export type BlasDescription =
  | { readonly name: string; readonly path: string; readonly threads: number }
  | { readonly missing: string; readonly install: string };

/** One kernel's share of a `profile`. */
export interface KernelTiming {
  /** The primitive, or a backend's own name for a fused one. */
  readonly kernel: string;
  count: number;
  milliseconds: number;
  /** Bytes read and written. */
  bytes: number;
  /** Floating-point operations: 2 m n k for a product, one for each element that an elementwise operation computes or a reduction
   * takes in; 0 where a backend does not count. */
  operations: number;
}

/** Told of every kernel run while a profile is taken. */
export type KernelRecorder = (
  kernel: string,
  milliseconds: number,
  bytes: number,
  operations: number,
) => void;

/**
 * What a device must do. Everything crosses this line as handles and as equations or whole programs, never as JS
 * arrays, so that a compiled or remote device fits behind it without a change to primitives or transforms.
 */
export interface Backend {
  readonly name: string;
  info(): BackendInfo;
  /** Copies `data` in. */
  upload(data: TypedArray): BufferHandle;
  /** Copies a buffer out. */
  read(handle: BufferHandle, aval: Aval): Promise<TypedArray>;
  /** Copies a buffer out at once; throws BackendError where the device cannot. */
  readSync(handle: BufferHandle, aval: Aval): TypedArray;
  /** Runs one equation eagerly. The same problem comes with the same object again: what it needs may be kept by it. */
  dispatch(equation: Equation, inputs: readonly BufferHandle[]): BufferHandle[];
  /** Prepares a whole program: planning, fusion and code generation happen here, once. */
  compile(program: Program): Executable;
  release(handle: BufferHandle): void;
  /** As `release`, for a buffer whose owner was garbage collected. */
  reclaim(token: number): void;
  memory(): BackendMemory;
  /**
   * All blocks that are taken, where the backend notes them for finding errors; undefined where it does not.
   *
   * @throws BackendError when it finds that something wrote outside of a block
   */
  allocations?(): AllocationGroup[] | undefined;
  /** Whether the device is gone, and with it all that was on it. The backend's name then stands for a new one. */
  isLost?(): boolean;
  /** From now on call `record` for every kernel run; `undefined` stops it. */
  setProfiler(record: KernelRecorder | undefined): void;
}
