import type { Backend, BufferHandle } from './backends/backend.js';
import { executableFor } from './backends/executables.js';
import type { TypedArray } from './dtype.js';
import { BackendError, TraceError } from './errors.js';
import type { Primitive } from './primitives/primitive.js';
import type { PrimitiveName, PrimitiveParameters } from './primitives/parameters.js';
import { lookupPrimitive } from './primitives/primitive.js';
import { problemOf } from './problems.js';
import { describe } from './shape.js';
import type { DType } from './dtype.js';
import type { Aval, Shape } from './shape.js';
import { Storage, withHandles } from './storage.js';
import { ConcreteTensor, Tensor } from './tensor.js';

/**
 * The interpreter at the heart of the package. Every operation ends in `bind(primitive, inputs)`. A transform opens a
 * Trace at a new level and hands its function Tracers of that level; `bind` gives the primitive to the highest level
 * found among the inputs, whose rule computes with values one level down, and so on until concrete tensors reach the
 * backend. Because each level only ever sees the level below as opaque tensors, transforms nest in any order.
 */
export interface Trace {
  readonly level: number;
  /** What opened it, for messages: `grad`, `vmap`, `jit`. */
  readonly name: string;
  /** False once the transform has returned; its tracers are dead then. */
  active: boolean;
  process<N extends PrimitiveName>(
    primitive: Primitive<N>,
    inputs: readonly Tensor[],
    params: PrimitiveParameters[N],
  ): Tensor[];
}

/** A value inside a transform. */
export abstract class Tracer extends Tensor {
  readonly transform: Trace;

  constructor(trace: Trace, shape: Shape, dtype: DType) {
    super(shape, dtype);
    this.transform = trace;
  }

  /** Every tensor one level down that this one is made of. */
  abstract parts(): readonly Tensor[];

  /** The value one level down if it stands for a single one, for `item()` and printing; undefined if it does not. */
  protected abstract concrete(): Tensor | undefined;

  /** Why the elements cannot be read, for the error. */
  protected abstract whyAbstract(): string;

  private readable(): Tensor {
    const value = this.concrete();
    if (value === undefined) throw new TraceError(this.whyAbstract());
    return value;
  }

  override dataSync(): TypedArray {
    return this.readable().dataSync();
  }

  override async data(): Promise<TypedArray> {
    return this.readable().data();
  }

  /** Tracers hold no memory of their own: their transform frees what it made. */
  override dispose(): void {}

  override get isDisposed(): boolean {
    return false;
  }

  override toString(): string {
    return `${super.toString()} (traced by ${this.transform.name})`;
  }
}

/** The tensors with memory of their own that a value of any level is made of. */
export function concretesOf(value: Tensor): ConcreteTensor[] {
  if (value instanceof ConcreteTensor) return [value];
  return value instanceof Tracer ? value.parts().flatMap(concretesOf) : [];
}

let openTraces = 0;
/** The innermost trace that records everything, also operations on constants (that of `jit`, `scan`, `cond`). */
let recorder: Trace | undefined;

/** Opens a level for the duration of `body`. */
export function withTrace<T extends Trace, R>(
  make: (level: number) => T,
  body: (trace: T) => R,
  records = false,
): R {
  const outerRecorder = recorder;
  const trace = make(++openTraces);
  if (records) recorder = trace;
  try {
    return body(trace);
  } finally {
    trace.active = false;
    openTraces--;
    recorder = outerRecorder;
  }
}

/** True while a function is being traced to a program. */
export function isRecording(): boolean {
  return recorder !== undefined;
}

/** Applies a primitive to tensors of whatever level. */
export function bind<N extends PrimitiveName>(
  name: N,
  inputs: readonly Tensor[],
  params: PrimitiveParameters[N],
): Tensor[] {
  const primitive = lookupPrimitive(name);
  let top = recorder;
  for (const input of inputs) {
    if (!(input instanceof Tracer)) continue;
    if (!input.transform.active) {
      throw new TraceError(
        `${name}: got ${describe(input)}, a value that was traced by a ${input.transform.name} which has returned; ` +
          `return it from the traced function instead of storing it outside`,
      );
    }
    if (top === undefined || input.transform.level > top.level) top = input.transform;
  }
  return top === undefined
    ? evaluate(primitive, inputs as readonly ConcreteTensor[], params)
    : top.process(primitive, inputs, params);
}

/** `bind` for primitives with one output. */
export function bind1<N extends PrimitiveName>(
  name: N,
  inputs: readonly Tensor[],
  params: PrimitiveParameters[N],
): Tensor {
  return bind(name, inputs, params)[0]!;
}

function evaluate<N extends PrimitiveName>(
  primitive: Primitive<N>,
  inputs: readonly ConcreteTensor[],
  params: PrimitiveParameters[N],
): Tensor[] {
  if (inputs.length === 0) return constants(currentBackend(), primitive, params);
  if (primitive.name === 'jit') return evaluateCall(inputs, params as PrimitiveParameters['jit']);
  const equation = problemOf(primitive, inputs, params);
  const { outputs } = equation;
  const { backend, settled } = settle(primitive.name, inputs);
  if (primitive.aliases === true) return [settled[0]!.alias(outputs[0]!.shape)];
  return tensorsOf(
    backend,
    outputs,
    withHandles(settled, (handles) => backend.dispatch(equation, handles)),
  );
}

/** A compiled program on concrete tensors. */
function evaluateCall(
  inputs: readonly ConcreteTensor[],
  { program, donated }: PrimitiveParameters['jit'],
): Tensor[] {
  const { backend, settled } = settle('jit', inputs);
  const given = donated && exclusive(settled, donated);
  const results = withHandles(settled, (handles) => executableFor(backend, program).run(handles, given));
  if (given !== undefined) {
    const reused = new Set(results);
    settled.forEach((input, i) => {
      if (given[i] && reused.has(input.storage.handle)) input.surrender();
    });
  }
  return tensorsOf(backend, program.outputs, results);
}

function tensorsOf(
  backend: Backend,
  avals: readonly Aval[],
  handles: readonly BufferHandle[],
): ConcreteTensor[] {
  const tensors: ConcreteTensor[] = [];
  for (let i = 0; i < avals.length; i++) {
    const { shape, dtype } = avals[i]!;
    tensors.push(new ConcreteTensor(shape, dtype, new Storage(backend, handles[i]!)));
  }
  return tensors;
}

/** Of the inputs given away, those whose buffer nothing else holds. */
function exclusive(inputs: readonly ConcreteTensor[], donated: readonly boolean[]): boolean[] {
  const first = new Map<Storage, number>();
  const flags = inputs.map(({ storage }, i) => {
    const before = first.get(storage);
    if (before === undefined) first.set(storage, i);
    return donated[i] === true && storage.isExclusive && before === undefined;
  });
  // Of a tensor that was passed twice neither is given away.
  if (first.size < inputs.length)
    inputs.forEach(({ storage }, i) => {
      const before = first.get(storage)!;
      if (before !== i) flags[before] = false;
    });
  return flags;
}

/** The results of a primitive without inputs, which can be made again anywhere. */
function constants<N extends PrimitiveName>(
  backend: Backend,
  primitive: Primitive<N>,
  params: PrimitiveParameters[N],
): ConcreteTensor[] {
  const equation = problemOf(primitive, [], params);
  const results = withHandles([], (none) =>
    primitive.name === 'jit'
      ? executableFor(backend, (params as PrimitiveParameters['jit']).program).run(none)
      : backend.dispatch(equation, none),
  );
  return equation.outputs.map(({ shape, dtype }, i) => {
    const remake = (other: Backend): ConcreteTensor => constants(other, primitive, params)[i]!;
    return new ConcreteTensor(shape, dtype, new Storage(backend, results[i]!), remake);
  });
}

let defaultBackend: Backend | undefined;

export function currentBackend(): Backend {
  if (defaultBackend === undefined) throw new BackendError('no backend is set; call await useBackend("cpu")');
  return defaultBackend;
}

export function setCurrentBackend(backend: Backend): void {
  defaultBackend = backend;
}

/** Runs a transform with the backend of its inputs as the current one, so that what its rules make is made there. */
export function onBackendOf<R>(inputs: readonly Tensor[], body: () => R): R {
  const home = inputs.flatMap(concretesOf)[0]?.backend ?? defaultBackend;
  if (home === defaultBackend) return body();
  const outer = defaultBackend;
  defaultBackend = home;
  try {
    return body();
  } finally {
    defaultBackend = outer;
  }
}

/** The backend that the inputs live on, and the inputs there: constants made elsewhere are made again. */
function settle(
  op: string,
  inputs: readonly ConcreteTensor[],
): { backend: Backend; settled: readonly ConcreteTensor[] } {
  const first = inputs[0]!.backend;
  if (inputs.every((input) => input.backend === first)) return { backend: first, settled: inputs };
  const { backend } = inputs.find((input) => input.remake === undefined) ?? inputs[0]!;
  const settled = inputs.map((input) => {
    if (input.backend === backend) return input;
    if (input.remake !== undefined) return input.remake(backend);
    throw new BackendError(
      `${op}: one tensor lives on ${backend.name}, another on ${input.backend.name}; ` +
        `copy one over: await x.to('${backend.name}')`,
    );
  });
  return { backend, settled };
}
