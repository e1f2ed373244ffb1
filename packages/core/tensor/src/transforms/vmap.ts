import { ArgumentError, ShapeError } from '../errors.js';
import { checkOptions } from '../options.js';
import { broadcastBatch, transpose } from '../primitives/calls.js';
import type { Primitive } from '../primitives/primitive.js';
import type { PrimitiveName, PrimitiveParameters } from '../primitives/parameters.js';
import { describe, normalizeAxis } from '../shape.js';
import { checkFunction, show } from '../show.js';
import type { Tensor } from '../tensor.js';
import { bind, onBackendOf, Tracer, withTrace } from '../trace.js';
import type { Trace } from '../trace.js';
import { Tensor as TensorClass } from '../tensor.js';
import { flatten, unflatten } from '../tree.js';
import { flattenResult } from './functions.js';

/** One example of a stack; the stack itself has the batch axis in front. */
class BatchTracer extends Tracer {
  readonly stack: Tensor;

  constructor(trace: Trace, stack: Tensor) {
    super(trace, stack.shape.slice(1), stack.dtype);
    this.stack = stack;
  }

  parts(): readonly Tensor[] {
    return [this.stack];
  }

  protected concrete(): undefined {
    return undefined;
  }

  protected whyAbstract(): string {
    return `the value of a ${describe(this)} was asked for inside vmap, where it stands for ${this.stack.shape[0]} values at once; use where(condition, a, b) instead of a JS condition`;
  }
}

class Batching implements Trace {
  readonly level: number;
  readonly name = 'vmap';
  active = true;
  readonly size: number;

  constructor(level: number, size: number) {
    this.level = level;
    this.size = size;
  }

  process<N extends PrimitiveName>(
    primitive: Primitive<N>,
    inputs: readonly Tensor[],
    params: PrimitiveParameters[N],
  ): Tensor[] {
    const batched = inputs.map((x) => x instanceof BatchTracer && x.transform === this);
    const values = inputs.map((x, i) => (batched[i] ? (x as BatchTracer).stack : x));
    if (!batched.includes(true)) return bind(primitive.name, values, params);
    return primitive
      .batch({ inputs: values, batched, size: this.size, params })
      .map((stack) => new BatchTracer(this, stack));
  }

  /** The stack behind a result; results that do not depend on the batch are repeated. */
  stackOf(x: Tensor): Tensor {
    return x instanceof BatchTracer && x.transform === this ? x.stack : broadcastBatch(x, this.size);
  }
}

/** `f` on every example at once. Inputs flagged `batched` and all outputs have the batch axis in front. */
export function batchFlat(
  f: (...inputs: Tensor[]) => readonly Tensor[],
  size: number,
  inputs: readonly Tensor[],
  batched: readonly boolean[],
): Tensor[] {
  return onBackendOf(inputs, () =>
    withTrace(
      (level) => new Batching(level, size),
      (trace) =>
        f(...inputs.map((x, i) => (batched[i] ? new BatchTracer(trace, x) : x))).map((y) => trace.stackOf(y)),
    ),
  );
}

/** An axis for every tensor below, or one for each entry of an array or object. `null`: not batched. */
export type Axes = number | null | readonly Axes[] | { readonly [key: string]: Axes };

export interface VmapOptions {
  /** Where each argument's batch axis is; one entry for all arguments, or one per argument. Default 0. */
  inAxes?: Axes;
  /** Where the results' batch axis goes. Default 0. */
  outAxes?: Axes;
}

/**
 * Turns a function of one example into a function of a stack of examples, without a loop: every operation inside runs
 * once, on the whole stack.
 *
 * `vmap(f, {inAxes: [null, 0]})` maps over the second argument's first axis and hands the first as it is.
 *
 * @throws ShapeError when the mapped axes have different sizes; ArgumentError when nothing is mapped
 */
export function vmap<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  options: VmapOptions = {},
): (...args: A) => R {
  checkOptions('vmap', options, ['inAxes', 'outAxes']);
  const { inAxes = 0, outAxes = 0 } = options;
  checkFunction('vmap', f);
  return (...args: A): R => {
    const { leaves, definition } = flatten(args);
    const axes = args.flatMap((arg, n) =>
      axesFor('vmap: inAxes', arg, Array.isArray(inAxes) ? (inAxes[n] as Axes) : inAxes),
    );
    const size = batchSize(leaves, axes);
    const stacks = leaves.map((x, i) =>
      axes[i] === null ? x : moveAxis(x, normalizeAxis('vmap', axes[i]!, x.ndim), 0),
    );
    let shape: ReturnType<typeof flatten> | undefined;
    let result: unknown;
    const outputs = batchFlat(
      (...inputs) => {
        result = f(...(unflatten(definition, inputs) as A));
        shape = flattenResult('vmap', result);
        return shape.leaves;
      },
      size,
      stacks,
      axes.map((axis) => axis !== null),
    );
    const targets = axesFor('vmap: outAxes', result, outAxes);
    const moved = outputs.map((y, i) => {
      const to = targets[i];
      if (to === null || to === undefined)
        throw new ArgumentError('vmap: outAxes must name an axis for every result');
      return moveAxis(y, 0, normalizeAxis('vmap', to, y.ndim));
    });
    return unflatten(shape!.definition, moved) as R;
  };
}

/** The axis of every leaf of `value`, in tree order. */
function axesFor(op: string, value: unknown, axes: Axes | undefined): (number | null)[] {
  if (axes === undefined)
    throw new ArgumentError(
      `${op}: an entry is missing; give one per argument, null for those that are not mapped`,
    );
  if (axes === null || typeof axes === 'number') return flatten(value).leaves.map(() => axes);
  if (value instanceof TensorClass)
    throw new ArgumentError(`${op}: a tensor needs one axis or null, got ${show(axes)}`);
  if (
    typeof axes !== 'object' ||
    typeof value !== 'object' ||
    value === null ||
    Array.isArray(axes) !== Array.isArray(value)
  )
    throw new ArgumentError(
      `${op}: ${show(axes)} names no axes for ${show(value)}; use a number, null, or a tree like the value`,
    );
  if (Array.isArray(axes))
    return (value as readonly unknown[]).flatMap((item, i) =>
      axesFor(op, item, (axes as readonly Axes[])[i]),
    );
  const entries = axes as Readonly<Record<string, Axes>>;
  return Object.keys(value)
    .sort()
    .flatMap((key) => axesFor(op, (value as Record<string, unknown>)[key], entries[key]));
}

function batchSize(leaves: readonly Tensor[], axes: readonly (number | null)[]): number {
  let size: number | undefined;
  leaves.forEach((x, i) => {
    const axis = axes[i];
    if (axis === null || axis === undefined) return;
    const length = x.shape[normalizeAxis('vmap', axis, x.ndim)]!;
    if (size !== undefined && size !== length) {
      throw new ShapeError(
        `vmap: mapped axes have sizes ${size} and ${length} (${describe(x)} along axis ${axis}); they must be equal`,
      );
    }
    size = length;
  });
  if (size === undefined)
    throw new ArgumentError('vmap: no argument is mapped; give at least one axis in inAxes');
  return size;
}

export function moveAxis(x: Tensor, from: number, to: number): Tensor {
  const axes = x.shape.map((_, axis) => axis).filter((axis) => axis !== from);
  axes.splice(to, 0, from);
  return transpose(x, axes);
}
