import { expect } from 'vitest';
import { isFloat } from '../../src/dtype.js';
import { tensor } from '../../src/ops/convert.js';
import * as p from '../../src/primitives/calls.js';
import type { Tensor } from '../../src/tensor.js';
import { jit } from '../../src/transforms/jit.js';
import { jvpFlat } from '../../src/transforms/jvp.js';
import { vjpFlat } from '../../src/transforms/tape.js';
import { batchFlat } from '../../src/transforms/vmap.js';
import { generator } from './kernels.js';

/** A function of tensors with one or several results. */
export type Subject = (...inputs: Tensor[]) => Tensor | readonly Tensor[];

export interface DerivativeOptions {
  /** 1: jvp and vjp; 2: also their derivatives. Default 2. */
  order?: 1 | 2;
  /** Bound on the relative error. Default 1e-6 (contract 2.2). */
  tolerance?: number;
  /** Step of the central differences. Default 1e-5. */
  step?: number;
  seed?: number;
}

const asList = (result: Tensor | readonly Tensor[]): readonly Tensor[] =>
  Array.isArray(result) ? (result as readonly Tensor[]) : [result as Tensor];

function randomLike(x: Tensor, random: () => number): Tensor {
  return tensor(
    Float64Array.from({ length: x.size }, () => random() * 2 - 1),
    { shape: x.shape },
  );
}

const dot = (a: Tensor, b: Tensor): number => {
  const [x, y] = [a.dataSync(), b.dataSync()];
  let total = 0;
  for (let i = 0; i < x.length; i++) total += x[i]! * y[i]!;
  return total;
};

/** The relative error of two numbers, absolute below 1. */
function close(message: string, actual: number, expected: number, tolerance: number): void {
  const error = Math.abs(actual - expected) / Math.max(1, Math.abs(expected));
  expect(error, `${message}: got ${actual}, central differences give ${expected}`).toBeLessThan(tolerance);
}

/**
 * Checks forward and reverse mode of `f` at `inputs` (float64; others are constants) against central differences along
 * random directions, and the same once more for the derivatives themselves.
 */
export function checkDerivatives(
  name: string,
  f: Subject,
  inputs: readonly Tensor[],
  { order = 2, tolerance = 1e-6, step = 1e-5, seed = 1 }: DerivativeOptions = {},
): void {
  const random = generator(seed);
  const moving = inputs.map((x) => isFloat(x.dtype));
  const flat = (...xs: Tensor[]): Tensor[] => asList(f(...xs)).filter((y) => isFloat(y.dtype));
  const direction = inputs.map((x, i) => (moving[i] ? randomLike(x, random) : null));
  const weights = flat(...inputs).map((y) => randomLike(y, random));
  /** The weighted sum of all results at inputs + amount · direction. */
  const along = (
    g: (...xs: Tensor[]) => readonly Tensor[],
    weightsOf: readonly Tensor[],
    towards: readonly (Tensor | null)[],
    amount: number,
  ): number => {
    const moved = inputs.map((x, i) => (towards[i] ? p.add(x, p.mul(towards[i], amount)) : x));
    return g(...moved).reduce((total, y, i) => total + dot(y, weightsOf[i]!), 0);
  };
  const difference = (
    g: (...xs: Tensor[]) => readonly Tensor[],
    weightsOf: readonly Tensor[],
    towards: readonly (Tensor | null)[],
  ): number => (along(g, weightsOf, towards, step) - along(g, weightsOf, towards, -step)) / (2 * step);
  const forward = (
    g: (...xs: Tensor[]) => readonly Tensor[],
    weightsOf: readonly Tensor[],
    towards: readonly (Tensor | null)[],
  ): number => {
    const { tangents } = jvpFlat(g, inputs, towards);
    return tangents.reduce((total, t, i) => (t === null ? total : total + dot(t, weightsOf[i]!)), 0);
  };
  const reverse = (
    g: (...xs: Tensor[]) => readonly Tensor[],
    weightsOf: readonly Tensor[],
    towards: readonly (Tensor | null)[],
  ): number => {
    const { pullback } = vjpFlat(g, inputs, moving);
    return pullback(weightsOf).reduce(
      (total, ct, i) => (ct === null ? total : total + dot(ct, towards[i]!)),
      0,
    );
  };

  const first = difference(flat, weights, direction);
  close(`${name}: jvp`, forward(flat, weights, direction), first, tolerance);
  close(`${name}: vjp`, reverse(flat, weights, direction), first, tolerance);
  if (order === 1) return;

  const pushed = (...xs: Tensor[]): Tensor[] => {
    const { outputs, tangents } = jvpFlat(flat, xs, direction);
    return outputs.map((y, i) => tangents[i] ?? p.zerosLike(y));
  };
  const pulled = (...xs: Tensor[]): Tensor[] =>
    vjpFlat(flat, xs, moving)
      .pullback(weights)
      .filter((ct) => ct !== null);
  const second = inputs.map((x, i) => (moving[i] ? randomLike(x, random) : null));
  const pulledWeights = direction.filter((t) => t !== null);
  const curvature = difference(pushed, weights, second);
  close(`${name}: jvp of jvp`, forward(pushed, weights, second), curvature, tolerance);
  close(`${name}: vjp of jvp`, reverse(pushed, weights, second), curvature, tolerance);
  close(`${name}: jvp of vjp`, forward(pulled, pulledWeights, second), curvature, tolerance);
  close(`${name}: vjp of vjp`, reverse(pulled, pulledWeights, second), curvature, tolerance);
}

/**
 * Checks that `f` on stacks equals `f` on each example: `inputs` are one example's; every non-empty choice of batched
 * inputs is tried (all of them, each alone, all but each).
 */
export function checkVmap(
  name: string,
  f: Subject,
  examples: readonly (readonly Tensor[])[],
  tolerance = 1e-12,
): void {
  const count = examples[0]!.length;
  const all = Array.from({ length: count }, () => true);
  const choices = new Map<string, boolean[]>();
  const choose = (flags: boolean[]): void => void (flags.includes(true) && choices.set(flags.join(), flags));
  choose(all);
  for (let i = 0; i < count; i++) {
    choose(all.map((_, k) => k === i));
    choose(all.map((_, k) => k !== i));
  }
  for (const flags of choices.values()) {
    const inputs = flags.map((batched, i) =>
      batched ? stack(examples.map((example) => example[i]!)) : examples[0]![i]!,
    );
    const stacks = batchFlat((...xs) => asList(f(...xs)), examples.length, inputs, flags);
    examples.forEach((example, b) => {
      const expected = asList(f(...flags.map((batched, i) => (batched ? example[i]! : examples[0]![i]!))));
      expected.forEach((y, k) => {
        const message = `${name}: vmap over inputs ${flags.join()}, example ${b}, result ${k}`;
        expect(stacks[k]!.shape.slice(1), message).toEqual(y.shape);
        expectClose(
          message,
          stacks[k]!.dataSync().subarray(b * y.size, (b + 1) * y.size),
          y.dataSync(),
          tolerance,
        );
      });
    });
  }
}

/** Checks that the compiled function gives the same bits. */
export function checkJit(name: string, f: Subject, inputs: readonly Tensor[]): void {
  const compiled = jit((xs: readonly Tensor[]) => [...asList(f(...xs))]);
  const expected = asList(f(...inputs));
  for (const run of [1, 2]) {
    compiled(inputs).forEach((y, i) => {
      expect(y.shape, `${name}: jit, result ${i}`).toEqual(expected[i]!.shape);
      expect(y.dataSync(), `${name}: jit, run ${run}, result ${i}`).toEqual(expected[i]!.dataSync());
    });
  }
}

export function expectClose(
  message: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  expect(actual.length, message).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [actual[i]!, expected[i]!];
    if (Object.is(a, b) || a === b) continue;
    const error = Math.abs(a - b) / Math.max(1, Math.abs(b));
    expect(error, `${message}: element ${i} is ${a}, expected ${b}`).toBeLessThan(tolerance);
  }
}

/** Tensors of one shape along a new first axis. */
export function stack(xs: readonly Tensor[]): Tensor {
  return p.concat(
    xs.map((x) => p.reshape(x, [1, ...x.shape])),
    0,
  );
}
