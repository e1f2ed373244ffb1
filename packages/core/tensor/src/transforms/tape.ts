import { isFloat } from '../dtype.js';
import { zerosLike } from '../primitives/calls.js';
import type { Primitive } from '../primitives/primitive.js';
import type { PrimitiveName, PrimitiveParameters } from '../primitives/parameters.js';
import { adopt, collect } from '../scope.js';
import type { Tensor } from '../tensor.js';
import { bind, concretesOf, isRecording, onBackendOf, Tracer, withTrace } from '../trace.js';
import type { Trace } from '../trace.js';
import { addTangents } from './jvp.js';

/** A value whose history is on the tape. */
class TapeTracer extends Tracer {
  readonly value: Tensor;

  constructor(trace: Trace, value: Tensor) {
    super(trace, value.shape, value.dtype);
    this.value = value;
  }

  parts(): readonly Tensor[] {
    return [this.value];
  }

  protected concrete(): Tensor {
    return this.value;
  }

  protected whyAbstract(): string {
    return '';
  }
}

/** One application of a primitive, with what its backward rule reads. */
interface Entry {
  readonly primitive: Primitive;
  readonly params: PrimitiveParameters[PrimitiveName];
  /** Where the inputs' cotangents go; null for constants. */
  readonly sources: readonly (TapeTracer | null)[];
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly results: readonly Tensor[];
  readonly residuals: readonly Tensor[];
  readonly memo: unknown;
}

/** Tapes that are being written now. */
let openTapes = 0;

/** Reverse mode's trace: computes at once and writes down how to go back. */
class Tape implements Trace {
  readonly level: number;
  readonly name = 'grad';
  active = true;
  private entries: Entry[] = [];
  /** Tensors that only the tape knows: values of the forward pass at the lowest level. */
  private owned: { dispose(): void }[] = [];

  /**
   * Whether what is made during the passes may be freed: not while an outer tape or program is being written, which may
   * hold on to any of it; the outermost tape frees it all.
   */
  readonly frees: boolean;

  constructor(level: number) {
    this.level = level;
    this.frees = openTapes === 0 && !isRecording();
  }

  value(x: Tensor): Tensor {
    return x instanceof TapeTracer && x.transform === this ? x.value : x;
  }

  process<N extends PrimitiveName>(
    primitive: Primitive<N>,
    inputs: readonly Tensor[],
    params: PrimitiveParameters[N],
  ): Tensor[] {
    const values = inputs.map((x) => this.value(x));
    const sources = inputs.map((x) => (x instanceof TapeTracer && x.transform === this ? x : null));
    if ('notDifferentiable' in primitive || sources.every((source) => source === null))
      return bind(primitive.name, values, params);
    const apply = (): { outputs: Tensor[]; residuals: Tensor[]; memo?: unknown } =>
      'forward' in primitive
        ? primitive.forward({ inputs: values, needs: sources.map((source) => source !== null), params })
        : { outputs: bind(primitive.name, values, params), residuals: [] };
    const result = this.frees ? this.own(apply) : apply();
    const results = result.outputs.map((output) =>
      isFloat(output.dtype) ? new TapeTracer(this, output) : output,
    );
    this.entries.push({
      primitive: primitive as unknown as Primitive,
      params,
      sources,
      inputs: values,
      outputs: result.outputs,
      results,
      residuals: result.residuals,
      memo: result.memo,
    });
    return results;
  }

  private own<R>(body: () => R): R {
    const { result, made } = collect(body);
    this.owned.push(...made);
    return result;
  }

  /** From the outputs' cotangents to those of `inputs`; `null` is zero. */
  backward(
    outputs: readonly Tensor[],
    cotangents: readonly (Tensor | null)[],
    inputs: readonly Tensor[],
  ): (Tensor | null)[] {
    const collected = new Map<Tensor, Tensor | null>();
    const give = (to: Tensor, cotangent: Tensor | null): void => {
      if (cotangent !== null) collected.set(to, addTangents(collected.get(to), cotangent));
    };
    outputs.forEach((output, i) => give(output, cotangents[i] ?? null));
    for (let i = this.entries.length - 1; i >= 0; i--) {
      const entry = this.entries[i]!;
      const arriving = entry.results.map((result) => collected.get(result) ?? null);
      if (arriving.every((cotangent) => cotangent === null)) continue;
      const { primitive } = entry;
      if ('notDifferentiable' in primitive) continue;
      const needs = entry.sources.map((source) => source !== null);
      const leaving = primitive.vjp({ ...entry, cotangents: arriving, needs, params: entry.params });
      entry.sources.forEach((source, k) => {
        if (source !== null) give(source, leaving[k] ?? null);
      });
      entry.results.forEach((result) => collected.delete(result));
    }
    return inputs.map((input) => collected.get(input) ?? null);
  }

  /** Frees what the forward pass made, except the tensors in `keep`, which go to the scope outside. */
  free(keep: ReadonlySet<unknown>): void {
    for (const tensor of this.owned) {
      if (keep.has(tensor)) adopt(tensor);
      else tensor.dispose();
    }
    this.owned = [];
    this.entries = [];
  }

  /** Leaves the freeing to the scope outside and the collector: the pullback may be called again. */
  handOver(): void {
    this.owned.forEach(adopt);
    this.owned = [];
  }
}

/** What a forward pass leaves behind. */
export interface Pullback {
  /** Cotangents of the inputs (zeros where nothing arrives, `null` for inputs not asked for). */
  (cotangents: readonly (Tensor | null)[]): (Tensor | null)[];
}

/** Runs `f` once, keeping what the way back needs. */
export function vjpFlat(
  f: (...inputs: Tensor[]) => readonly Tensor[],
  primals: readonly Tensor[],
  needs: readonly boolean[],
): { outputs: Tensor[]; pullback: Pullback } {
  const { tape, inputs, results } = runForward(f, primals, needs);
  tape.handOver();
  const pullback: Pullback = (cotangents) =>
    onBackendOf(primals, () => {
      const leaving = tape.backward(results, cotangents, inputs);
      return leaving.map((cotangent, i) => (needs[i] ? (cotangent ?? zerosLike(primals[i]!)) : null));
    });
  return { outputs: results.map((y) => tape.value(y)), pullback };
}

/**
 * Forward and backward in one go, freeing everything in between. `seed` gives the outputs' cotangents from their values;
 * outputs with `null` are carried along untouched.
 */
export function gradFlat(
  f: (...inputs: Tensor[]) => readonly Tensor[],
  primals: readonly Tensor[],
  needs: readonly boolean[],
  seed: (outputs: readonly Tensor[]) => (Tensor | null)[],
): { outputs: Tensor[]; cotangents: (Tensor | null)[] } {
  const { tape, inputs, results } = runForward(f, primals, needs);
  const outputs = results.map((y) => tape.value(y));
  const goBack = (): (Tensor | null)[] =>
    onBackendOf(primals, () => {
      const leaving = tape.backward(results, seed(outputs), inputs);
      return leaving.map((cotangent, i) => (needs[i] ? (cotangent ?? zerosLike(primals[i]!)) : null));
    });
  if (!tape.frees) return { outputs, cotangents: goBack() };
  try {
    const { result: cotangents, made } = collect(goBack);
    const keep = new Set<unknown>(
      [...outputs, ...cotangents].flatMap((x) => (x === null ? [] : concretesOf(x))),
    );
    for (const tensor of made) {
      if (keep.has(tensor)) adopt(tensor);
      else tensor.dispose();
    }
    tape.free(keep);
    return { outputs, cotangents };
  } catch (error) {
    tape.free(new Set());
    throw error;
  }
}

function runForward(
  f: (...inputs: Tensor[]) => readonly Tensor[],
  primals: readonly Tensor[],
  needs: readonly boolean[],
): { tape: Tape; inputs: Tensor[]; results: readonly Tensor[] } {
  return onBackendOf(primals, () =>
    withTrace(
      (level) => new Tape(level),
      (tape) => {
        const inputs = primals.map((x, i) => (needs[i] ? new TapeTracer(tape, x) : x));
        openTapes++;
        try {
          return { tape, inputs, results: f(...inputs) };
        } catch (error) {
          tape.free(new Set());
          throw error;
        } finally {
          openTapes--;
        }
      },
    ),
  );
}
