import { isFloat } from '../dtype.js';
import { ArgumentError, ShapeError, TreeError } from '../errors.js';
import { add } from '../primitives/calls.js';
import type { Primitive } from '../primitives/primitive.js';
import type { PrimitiveName, PrimitiveParameters } from '../primitives/parameters.js';
import { describe, sameShape } from '../shape.js';
import { checkFunction, show } from '../show.js';
import type { Tensor } from '../tensor.js';
import { bind, onBackendOf, Tracer, withTrace } from '../trace.js';
import type { Trace } from '../trace.js';
import { difference, flatten, unflatten } from '../tree.js';
import { zerosLike } from '../primitives/calls.js';
import { flattenResult } from './functions.js';

/** A value with the direction it moves in. */
class DualTracer extends Tracer {
  readonly primal: Tensor;
  readonly tangent: Tensor;

  constructor(trace: Trace, primal: Tensor, tangent: Tensor) {
    super(trace, primal.shape, primal.dtype);
    this.primal = primal;
    this.tangent = tangent;
  }

  parts(): readonly Tensor[] {
    return [this.primal, this.tangent];
  }

  protected concrete(): Tensor {
    return this.primal;
  }

  protected whyAbstract(): string {
    return '';
  }
}

class ForwardMode implements Trace {
  readonly level: number;
  readonly name = 'jvp';
  active = true;

  constructor(level: number) {
    this.level = level;
  }

  primal(x: Tensor): Tensor {
    return x instanceof DualTracer && x.transform === this ? x.primal : x;
  }

  tangent(x: Tensor): Tensor | null {
    return x instanceof DualTracer && x.transform === this ? x.tangent : null;
  }

  process<N extends PrimitiveName>(
    primitive: Primitive<N>,
    inputs: readonly Tensor[],
    params: PrimitiveParameters[N],
  ): Tensor[] {
    const primals = inputs.map((x) => this.primal(x));
    const tangents = inputs.map((x) => this.tangent(x));
    if ('notDifferentiable' in primitive || tangents.every((t) => t === null))
      return bind(primitive.name, primals, params);
    let outputs: Tensor[];
    let moved: (Tensor | null)[];
    if ('jvpWithOutputs' in primitive)
      ({ outputs, tangents: moved } = primitive.jvpWithOutputs({ primals, tangents, params }));
    else {
      outputs = bind(primitive.name, primals, params);
      moved = primitive.jvp({ primals, tangents, outputs, params });
    }
    return outputs.map((output, i) => {
      const tangent = moved[i] ?? null;
      return tangent === null || !isFloat(output.dtype) ? output : new DualTracer(this, output, tangent);
    });
  }
}

/** Forward mode on flat lists; `null` is a zero tangent. */
export function jvpFlat(
  f: (...inputs: Tensor[]) => readonly Tensor[],
  primals: readonly Tensor[],
  tangents: readonly (Tensor | null)[],
): { outputs: Tensor[]; tangents: (Tensor | null)[] } {
  return onBackendOf(primals, () =>
    withTrace(
      (level) => new ForwardMode(level),
      (trace) => {
        const results = f(
          ...primals.map((x, i) => (tangents[i] ? new DualTracer(trace, x, tangents[i]) : x)),
        );
        return {
          outputs: results.map((y) => trace.primal(y)),
          tangents: results.map((y) => trace.tangent(y)),
        };
      },
    ),
  );
}

/**
 * The value and the directional derivative of `f`: `[f(...primals), ∂f(...primals)·tangents]`.
 *
 * @param primals the arguments, any trees
 * @param tangents for each argument a tree of its structure, shapes and dtypes
 * @throws TreeError or ShapeError where tangents do not match the primals
 */
export function jvp<A extends readonly unknown[], R>(f: (...args: A) => R, primals: A, tangents: A): [R, R] {
  return jvpAs('jvp', f, primals, tangents);
}

/** `jvp`, in the name of the transform that is built from it. */
export function jvpAs<A extends readonly unknown[], R>(
  op: string,
  f: (...args: A) => R,
  primals: A,
  tangents: A,
): [R, R] {
  checkFunction(op, f);
  if (!Array.isArray(primals) || !Array.isArray(tangents))
    throw new ArgumentError(
      `${op}: primals and tangents are arrays with one entry per argument, got ${show(primals)} and ${show(tangents)}`,
    );
  const from = flatten(primals);
  const direction = flatten(tangents);
  if (from.definition.key !== direction.definition.key)
    throw new TreeError(`${op}: primals and tangents differ: ${difference(primals, tangents)}`);
  from.leaves.forEach((x, i) => checkTangent(op, x, direction.leaves[i]!));
  let shape: ReturnType<typeof flatten>['definition'] | undefined;
  const flat = (...leaves: Tensor[]): Tensor[] => {
    const result = flattenResult(op, f(...(unflatten(from.definition, leaves) as A)));
    shape = result.definition;
    return result.leaves;
  };
  const { outputs, tangents: moved } = jvpFlat(
    flat,
    from.leaves,
    direction.leaves.map((t, i) => (isFloat(from.leaves[i]!.dtype) ? t : null)),
  );
  const definition = shape!;
  return [
    unflatten(definition, outputs) as R,
    unflatten(
      definition,
      outputs.map((y, i) => moved[i] ?? zerosLike(y)),
    ) as R,
  ];
}

/** Throws unless `tangent` can be a direction (or a cotangent) at `x`. */
export function checkTangent(op: string, x: Tensor, tangent: Tensor): void {
  if (sameShape(x.shape, tangent.shape) && x.dtype === tangent.dtype) return;
  throw new ShapeError(
    `${op}: a direction must have the shape and dtype of its value: ${describe(tangent)} given for ${describe(x)}`,
  );
}

/** a + b where either may be zero (`null`). */
export function addTangents(a: Tensor | null | undefined, b: Tensor | null): Tensor | null {
  if (a === null || a === undefined) return b;
  return b === null ? a : add(a, b);
}
