import { afterAll, beforeAll, expect, it } from 'vitest';
import { registerBackend, useBackend } from '../../src/index.js';
import { createReferenceBackend } from '../../src/backends/reference/index.js';
import type { DType } from '../../src/dtype.js';
import { isFloat } from '../../src/dtype.js';
import { primitives } from '../../src/primitives/index.js';
import type { PrimitiveName } from '../../src/primitives/parameters.js';
import type { Case, Results, Way } from './backendCases.js';
import { caseOf, orderOf, results, widened } from './backendCases.js';
import { expectClose } from './derivatives.js';

export interface BackendSuite {
  /** Starts the backend and makes it the current one. */
  readonly start: () => Promise<unknown>;
  readonly dtypes: readonly DType[];
  /** Each is other shapes and numbers for every primitive, and with them other kernels to compile. */
  readonly seeds: readonly number[];
  /** Bounds other than the common ones for some primitives' values and derivatives of first and second order. */
  readonly bounds?: Partial<Record<PrimitiveName, Bounds>>;
}

/**
 * How far results in float32 may be from those in float64 for the same numbers, relative to the larger of 1 and their
 * magnitude: values, then derivatives of the first and the second order, which are sums of products.
 */
type Bounds = readonly [number, number, number];

const common: Bounds = [3e-6, 1e-5, 3e-5];
/** Iterations collect more, and so do decompositions. */
const decomposed: Bounds = [1e-5, 3e-5, 1e-4];
const exceptions: Partial<Record<PrimitiveName, Bounds>> = {
  cholesky: decomposed,
  triangularSolve: decomposed,
  solve: decomposed,
  slogdet: decomposed,
  qr: decomposed,
  svd: decomposed,
  eigh: decomposed,
  // Its own derivatives are differences.
  randomGammaGrad: [3e-6, 1e-4, 3e-3],
};

/** They draw other bits for each precision, or take other steps. */
const ownWay: readonly PrimitiveName[] = ['randomGamma', 'randomGammaGrad'];

const names = Object.keys(primitives) as PrimitiveName[];

interface Problem {
  readonly given: Case;
  readonly dtype: DType;
  readonly expected: Results;
}

type Problems = ReadonlyMap<PrimitiveName, readonly Problem[]>;

/** Several backends in one file are tested with the same problems. */
const known = new Map<string, Problems>();

/** Made and solved on the reference backend, in float64. */
async function problemsOf({ dtypes, seeds }: BackendSuite): Promise<Problems> {
  const key = `${dtypes.join()} ${seeds.join()}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  if (known.size === 0) registerBackend('reference', createReferenceBackend);
  await useBackend('reference');
  const all = new Map<PrimitiveName, Problem[]>();
  for (const name of names) {
    const problems: Problem[] = [];
    for (const dtype of dtypes)
      for (const seed of seeds) {
        const given = await caseOf(name, dtype, seed);
        if (given === undefined) continue;
        const precise = dtype === 'float32' && !ownWay.includes(name) ? widened(given) : given;
        problems.push({ given, dtype, expected: await results(precise) });
      }
    all.set(name, problems);
  }
  known.set(key, all);
  return all;
}

/**
 * Tests of every primitive on a backend, in the `describe` that calls this: its values, eagerly, compiled and batched, and
 * its first and second derivatives are those of the reference backend. Nothing is read at once, since not every backend can.
 */
export function backendSuite(suite: BackendSuite): void {
  let all: Problems;
  beforeAll(async () => {
    all = await problemsOf(suite);
    await suite.start();
  }, 60_000);
  afterAll(async () => {
    await useBackend('cpu');
  });

  it.each(names)('%s: values, compiled, batched, derivatives of both orders', async (name) => {
    const problems = all.get(name)!;
    expect(problems.length, name).toBeGreaterThan(0);
    const bounds = suite.bounds?.[name] ?? exceptions[name] ?? common;
    for (const { given, dtype, expected } of problems) {
      const found = await results(given);
      for (const [way, outputs] of Object.entries(expected) as [Way, NonNullable<Results[Way]>][]) {
        expect(found[way]?.length, `${name} of ${dtype}, ${way}`).toBe(outputs.length);
        outputs.forEach((output, i) => {
          const message = `${name} of ${dtype}, seed ${given.seed}, ${way}, result ${i}`;
          const actual = found[way]![i]!;
          expect(actual.shape, message).toEqual(output.shape);
          expect(actual.dtype, message).toBe(output.dtype === 'float64' ? 'float32' : output.dtype);
          // Whole numbers and truth are exact.
          expectClose(message, actual.data, output.data, isFloat(output.dtype) ? bounds[orderOf(way)] : 1e-12); // prettier-ignore
        });
      }
    }
  });
}
