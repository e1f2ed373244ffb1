import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { registerBackend, useBackend } from '../../src/index.js';
import type { Backend } from '../../src/index.js';
import { createReferenceBackend } from '../../src/backends/reference/index.js';
import type { DType } from '../../src/dtype.js';
import { isFloat } from '../../src/dtype.js';
import { TrellisError } from '../../src/errors.js';
import * as p from '../../src/primitives/calls.js';
import { primitives } from '../../src/primitives/index.js';
import type { PrimitiveName } from '../../src/primitives/parameters.js';
import type { Primitive } from '../../src/primitives/primitive.js';
import type { Tensor } from '../../src/tensor.js';
import { bind } from '../../src/trace.js';
import { jit } from '../../src/transforms/jit.js';
import { vjpFlat } from '../../src/transforms/tape.js';
import { batchFlat } from '../../src/transforms/vmap.js';
import { expectClose } from '../support/derivatives.js';
import { generator } from '../support/kernels.js';
import { samples } from '../support/samples.js';
import { copied, elements, startTfjs } from './support.js';

const names = Object.keys(primitives) as PrimitiveName[];
const dtypes: readonly DType[] = ['float32', 'int32', 'bool'];
const seeds = [1, 2, 3, 4];

/** Results in float32 may differ by this, relative to the larger of 1 and their magnitude: both round, each in its way. */
const tolerance = 3e-6;
/** Iterations and decompositions collect more, and so do cotangents, which are sums of products. */
const looser = 1e-4;
const loose: readonly PrimitiveName[] = [
  'cholesky',
  'triangularSolve',
  'solve',
  'slogdet',
  'qr',
  'svd',
  'eigh',
];

type Elements = ReturnType<typeof elements>;

interface Case {
  readonly inputs: readonly Elements[];
  readonly params: unknown;
  readonly dtype: DType;
}

const withoutFloat64 = ({ inputs }: { inputs: readonly Elements[] }): boolean =>
  inputs.every(({ dtype }) => dtype !== 'float64');

const apply =
  (name: PrimitiveName, params: unknown) =>
  (...inputs: Tensor[]): Tensor[] =>
    bind(name, inputs, params as never);

/** Samples in every dtype that the primitive takes and tfjs has. Made on the reference backend. */
function cases(name: PrimitiveName): Case[] {
  return dtypes.flatMap((dtype) =>
    seeds.flatMap((seed): Case[] => {
      try {
        const { inputs, params } = samples[name]({ random: generator(seed), dtype });
        // The sample of cast goes to float64.
        const given = name === 'cast' ? { dtype: dtypes[seed % 3] } : params;
        apply(name, given)(...inputs);
        const made = { inputs: inputs.map(elements), params: given, dtype };
        return withoutFloat64(made) ? [made] : [];
      } catch (error) {
        if (error instanceof TrellisError) return [];
        throw error;
      }
    }),
  );
}

/** What a primitive gives on the current backend: eagerly, compiled, batched, and the cotangents of its inputs. */
function results(name: PrimitiveName, { inputs: given, params, dtype }: Case): Record<string, Elements[]> {
  const f = apply(name, params);
  const inputs = given.map(copied);
  const found: Record<string, Elements[]> = { eager: f(...inputs).map(elements) };
  const compiled = jit((xs: readonly Tensor[]) => f(...xs));
  found['jit'] = compiled(inputs).map(elements);
  found['jit again'] = compiled(inputs).map(elements);
  compiled.dispose();
  if (inputs.length > 0) {
    const stacks = inputs.map((x) =>
      p.concat([p.reshape(x, [1, ...x.shape]), p.reshape(x, [1, ...x.shape])], 0),
    );
    found['vmap'] = batchFlat(f, 2, stacks, inputs.map(() => true)).map(elements); // prettier-ignore
  }
  if (dtype === 'float32' && !('notDifferentiable' in (primitives[name] as Primitive))) {
    const floats = (...xs: Tensor[]): Tensor[] => f(...xs).filter((y) => isFloat(y.dtype));
    const needs = inputs.map((x) => isFloat(x.dtype));
    const { outputs, pullback } = vjpFlat(floats, inputs, needs);
    const cotangents = pullback(outputs.map((y) => p.full(y.shape, 0.75, y.dtype)));
    found['vjp'] = cotangents.filter((ct) => ct !== null).map(elements);
  }
  return found;
}

const reference = new Map<PrimitiveName, { case: Case; expected: Record<string, Elements[]> }[]>();

beforeAll(async () => {
  registerBackend('reference', createReferenceBackend);
  await useBackend('reference');
  for (const name of names)
    reference.set(
      name,
      cases(name).map((each) => ({ case: each, expected: results(name, each) })),
    );
});

describe.each(['cpu', 'wasm'] as const)('every primitive on the %s engine', (engine) => {
  let backend: Backend;
  const said: string[] = [];

  beforeAll(async () => {
    vi.spyOn(console, 'warn').mockImplementation((message: string) => {
      // tfjs prints advice, too.
      if (message.startsWith('tfjs: ')) said.push(message);
    });
    backend = await startTfjs(engine);
  });
  afterAll(async () => {
    vi.restoreAllMocks();
    await useBackend('cpu');
  });

  it.each(names)('%s: values, compiled, batched, cotangents', (name) => {
    const known = reference.get(name)!;
    expect(known.length, name).toBeGreaterThan(0);
    for (const { case: each, expected } of known) {
      const found = results(name, each);
      for (const [way, outputs] of Object.entries(expected))
        outputs.forEach((output, i) => {
          const message = `${name} of ${each.dtype}, ${way}, result ${i}`;
          expect(found[way]![i]!.shape, message).toEqual(output.shape);
          expect(found[way]![i]!.dtype, message).toBe(output.dtype);
          const bound = !isFloat(output.dtype)
            ? 1e-12
            : loose.includes(name) || way === 'vjp'
              ? looser
              : tolerance;
          expectClose(message, found[way]![i]!.data, output.data, bound);
        });
    }
  });

  it('says once for each primitive that the host computes it', () => {
    const host = said.map((message) => /^tfjs: (\w+) is computed on the host/.exec(message)?.[1]);
    expect(host.filter((name) => name === undefined)).toEqual([]);
    expect(new Set(host).size).toBe(host.length);
    expect(host).toContain('svd');
    expect(host).not.toContain('exp');
    expect(backend.memory().bytes).toBeGreaterThanOrEqual(0);
  });
});
