import { allocate, isFloat } from '../../src/dtype.js';
import type { DType, TypedArray } from '../../src/dtype.js';
import { TrellisError } from '../../src/errors.js';
import { tensor } from '../../src/ops/convert.js';
import { primitives } from '../../src/primitives/index.js';
import type { PrimitiveName } from '../../src/primitives/parameters.js';
import type { Primitive } from '../../src/primitives/primitive.js';
import type { Aval } from '../../src/shape.js';
import type { Tensor } from '../../src/tensor.js';
import { bind } from '../../src/trace.js';
import { jit } from '../../src/transforms/jit.js';
import { jvpFlat } from '../../src/transforms/jvp.js';
import { vjpFlat } from '../../src/transforms/tape.js';
import { batchFlat } from '../../src/transforms/vmap.js';
import { generator } from './kernels.js';
import { samples } from './samples.js';

/*
 * One problem of a primitive, and all that a backend can make of it. What is expected comes out of the same code, run on
 * the reference backend.
 */

/** Elements and shape, apart from any backend. */
export interface Elements extends Aval {
  readonly data: TypedArray;
}

export interface Case {
  readonly name: PrimitiveName;
  readonly seed: number;
  readonly inputs: readonly Elements[];
  readonly params: unknown;
}

/** Values, and derivatives of the first and second order. */
export type Way =
  'eager' | 'jit' | 'jit again' | 'vmap' | 'jvp' | 'vjp' | 'jvp of vjp' | 'vjp of vjp' | 'jit of both';

export type Results = Partial<Record<Way, readonly Elements[]>>;

/** Of the result, not of the function: how often it was differentiated. */
export function orderOf(way: Way): 0 | 1 | 2 {
  if (way === 'jvp' || way === 'vjp') return 1;
  return way.endsWith('of vjp') || way === 'jit of both' ? 2 : 0;
}

/** The dtypes that `cast` goes to, so that two seeds see each pair of different ones. */
const castTargets: readonly DType[] = ['float32', 'int32', 'bool'];

/**
 * The sample of a seed in a dtype, with its elements on the host; undefined where the primitive does not take the dtype.
 * Runs on the current backend, which must have float64.
 */
export async function caseOf(name: PrimitiveName, dtype: DType, seed: number): Promise<Case | undefined> {
  try {
    const { inputs, params } = samples[name]({ random: generator(seed), dtype });
    const target = castTargets[(seed + castTargets.indexOf(dtype)) % castTargets.length];
    const given = name === 'cast' ? { dtype: target } : params;
    apply(name, given)(...inputs);
    return { name, seed, inputs: await Promise.all(inputs.map(elementsOf)), params: given };
  } catch (error) {
    if (error instanceof TrellisError) return undefined;
    throw error;
  }
}

/** What a case in float32 is in float64: the same numbers, and parameters (programs, dtypes) in float64. */
export function widened({ name, seed, inputs, params }: Case): Case {
  if (!inputs.some(({ dtype }) => dtype === 'float32') && !('dtype' in (params as object)))
    return { name, seed, inputs, params };
  const wide = samples[name]({ random: generator(seed), dtype: 'float64' });
  return { name, seed, inputs: inputs.map(widen), params: name === 'cast' ? params : wide.params };
}

const widen = (x: Elements): Elements =>
  x.dtype === 'float32' ? { ...x, dtype: 'float64', data: Float64Array.from(x.data) } : x;

const apply =
  (name: PrimitiveName, params: unknown) =>
  (...inputs: Tensor[]): Tensor[] =>
    bind(name, inputs, params as never);

/** What a primitive gives on the current backend in every way there is. Nothing is read before all was asked for. */
export async function results({ name, seed, inputs: given, params }: Case): Promise<Results> {
  const f = apply(name, params);
  const inputs = given.map(uploaded);
  const compiled = jit((xs: readonly Tensor[]) => f(...xs));
  const found: Partial<Record<Way, readonly Tensor[]>> = {
    eager: f(...inputs),
    jit: compiled(inputs),
    'jit again': compiled(inputs),
    ...(inputs.length > 0 && { vmap: batched(f, given, seed) }),
    ...(isDifferentiable(name, given) && derivatives(f, inputs, seed)),
  };
  const read = Object.entries(found).map(
    async ([way, outputs]) => [way, await Promise.all(outputs.map(elementsOf))] as const,
  );
  compiled.dispose();
  return Object.fromEntries(await Promise.all(read));
}

const isDifferentiable = (name: PrimitiveName, inputs: readonly Elements[]): boolean =>
  !('notDifferentiable' in (primitives[name] as Primitive)) && inputs.some(({ dtype }) => isFloat(dtype));

/** Over two examples; with an even seed all see the same last input, if there are several. */
function batched(f: (...xs: Tensor[]) => Tensor[], first: readonly Elements[], seed: number): Tensor[] {
  const flags = first.map((_, i) => seed % 2 === 1 || i === 0 || i < first.length - 1);
  const inputs = first.map((x, i) => uploaded(flags[i] ? stacked(x) : x));
  return batchFlat(f, 2, inputs, flags);
}

/** An example and one near it. */
function stacked({ data, shape, dtype }: Elements): Elements {
  const both = allocate(dtype, 2 * data.length);
  both.set(data);
  // In float32 for both precisions.
  both.set(isFloat(dtype) ? Float32Array.from(data, (x) => x * 1.0625) : data, data.length);
  return { data: both, shape: [2, ...shape], dtype };
}

/**
 * Along random directions, the same for the same seed. Those of second order are the derivatives of the way back, in the
 * inputs and in what it starts from: the latter is there where the primitive is linear, too.
 */
function derivatives(
  f: (...xs: Tensor[]) => Tensor[],
  inputs: readonly Tensor[],
  seed: number,
): Partial<Record<Way, readonly Tensor[]>> {
  const random = generator(seed);
  const like = (x: Tensor): Tensor => directionAt(x, random);
  const needs = inputs.map(({ dtype }) => isFloat(dtype));
  const floats = (...xs: Tensor[]): Tensor[] => f(...xs).filter(({ dtype }) => isFloat(dtype));
  const direction = inputs.map((x, i) => (needs[i] ? like(x) : null));

  const { outputs, pullback } = vjpFlat(floats, inputs, needs);
  const weights = outputs.map(like);
  const cotangents = pullback(weights).filter(isThere);

  const back = (...all: Tensor[]): Tensor[] =>
    vjpFlat(floats, all.slice(0, inputs.length), needs).pullback(all.slice(inputs.length)).filter(isThere);
  const start = [...inputs, ...weights];
  const moving = [...needs, ...weights.map(() => true)];
  const secondWeights = cotangents.map(like);
  const both = (...all: Tensor[]): { first: Tensor[]; second: Tensor[] } => {
    const { outputs: first, pullback: again } = vjpFlat(back, all, moving);
    return { first, second: again(secondWeights).filter(isThere) };
  };
  const compiled = jit((all: readonly Tensor[]) => both(...all));
  const { first, second } = compiled(start);
  compiled.dispose();
  return {
    jvp: jvpFlat(floats, inputs, direction).tangents.filter(isThere),
    vjp: cotangents,
    'jvp of vjp': jvpFlat(back, start, [...direction, ...weights.map(like)]).tangents.filter(isThere),
    'vjp of vjp': both(...start).second,
    'jit of both': [...first, ...second],
  };
}

const isThere = (x: Tensor | null): x is Tensor => x !== null;

/** Numbers that both precisions have. */
function directionAt({ shape, dtype, size }: Tensor, random: () => number): Tensor {
  const data = allocate(dtype, size);
  data.forEach((_, i) => (data[i] = Math.fround(random() * 2 - 1)));
  return uploaded({ data, shape, dtype });
}

const uploaded = ({ data, shape }: Elements): Tensor => tensor(data, { shape });

const elementsOf = async (x: Tensor): Promise<Elements> => ({
  data: await x.data(),
  shape: x.shape,
  dtype: x.dtype,
});
