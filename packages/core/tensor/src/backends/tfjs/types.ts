/*
 * What of tfjs is used here. The packages are optional, so their types are not imported: ours must stand by themselves
 * where tfjs is not installed. A `tf.Tensor` fits `TfjsTensor`.
 */

/** A piece of an engine's memory (`dataId`) with the shape and dtype that it is read as. */
export interface TfjsTensorInfo {
  readonly dataId: object;
  readonly shape: number[];
  readonly dtype: string;
}

/** A `tf.Tensor`. */
export interface TfjsTensor extends TfjsTensorInfo {
  readonly isDisposed: boolean;
  dataSync(): ArrayLike<number>;
  dispose(): void;
}

/** A `tf.Variable`. */
export interface TfjsVariable extends TfjsTensor {
  readonly name: string;
  assign(value: TfjsTensor): void;
}

/** A `tf.NamedTensor`. */
export interface TfjsNamedTensor {
  readonly name: string;
  readonly tensor: TfjsTensor;
}

/** A variable that the loss does not depend on has none. */
export type TfjsGradients =
  | Readonly<Record<string, TfjsTensor | null | undefined>>
  | readonly { readonly name: string; readonly tensor: TfjsTensor | null | undefined }[];

/** A `tf.Optimizer`, as far as `tf.LayersModel` asks it. */
export interface TfjsOptimizer {
  applyGradients(gradients: TfjsGradients): void;
  getWeights(): Promise<TfjsNamedTensor[]>;
  setWeights(weights: readonly TfjsNamedTensor[]): Promise<void>;
  getConfig(): Record<string, never>;
  dispose(): void;
}

/** A kernel's settings. */
export type Attributes = Readonly<Record<string, unknown>>;
/** A kernel's operands: by name, or a list where it takes any number of them. */
export type Operands = Readonly<Record<string, TfjsTensorInfo>> | readonly TfjsTensorInfo[];

export interface TfjsKernel {
  readonly kernelFunc: (call: {
    inputs: Operands;
    attrs: Attributes;
    backend: object;
  }) => TfjsTensorInfo | TfjsTensorInfo[];
}

/** An engine's memory, `KernelBackend` in tfjs. */
export interface TfjsMemory {
  readSync(dataId: object): ArrayLike<number>;
  read(dataId: object): Promise<ArrayLike<number>>;
  /** 0 for data of others. */
  refCount(dataId: object): number;
  /** tfjs-node: whether a GPU computes. */
  readonly isUsingGpuDevice?: boolean;
}

/** `@tensorflow/tfjs-core`. */
export interface TfjsCore {
  readonly version_core?: string;
  engine(): {
    readonly backend: TfjsMemory;
    readonly registeredVariables: Readonly<Record<string, TfjsVariable>>;
    makeTensor(values: ArrayLike<number>, shape: number[], dtype: string, backend: TfjsMemory): TfjsTensor;
    makeTensorFromTensorInfo(info: TfjsTensorInfo, backend: TfjsMemory): TfjsTensor;
  };
  getKernel(name: string, engine: string): TfjsKernel | undefined;
  getBackend(): string;
  setBackend(engine: string): Promise<boolean>;
  findBackendFactory(engine: string): unknown;
  /** Keeps a tensor out of the reach of `tf.tidy`. */
  keep(tensor: TfjsTensor): TfjsTensor;
  tensor(values: ArrayLike<number>, shape: number[], dtype: string): TfjsTensor;
  readonly Optimizer: new () => TfjsOptimizer;
}
