import { beforeAll, describe, expect, it } from 'vitest';
import '../../src/index.js';
import type { Backend, BufferHandle } from '../../src/backends/backend.js';
import { createWebGpuBackend } from '../../src/backends/webgpu/create.js';
import type { DType, TypedArray } from '../../src/dtype.js';
import * as p from '../../src/primitives/calls.js';
import type { Program, Variable } from '../../src/program/program.js';
import { record } from '../../src/program/record.js';
import { generator, randomHost } from '../support/kernels.js';
import { randomProgram } from '../support/programs.js';
import { deviceIsMissing } from './swiftShader.js';

/*
 * Fusing, planning and the steps' shaders against the same equations one by one: whatever the program, the results are the
 * same. (Where a driver fuses a product with a sum, they may round differently.)
 */

const dtypes: readonly DType[] = ['float32', 'int32', 'bool'];

describe.skipIf(await deviceIsMissing())('programs on WebGPU', () => {
  let whole: Backend;
  let split: Backend;

  beforeAll(async () => {
    whole = await createWebGpuBackend();
    split = await createWebGpuBackend({ bindingBytes: 256 });
  });

  const read = (backend: Backend, handles: readonly BufferHandle[], avals: readonly Variable[]) =>
    Promise.all(handles.map((handle, i) => backend.read(handle, avals[i]!)));

  async function oneByOne(backend: Backend, program: Program, inputs: readonly TypedArray[]) {
    const values = new Map<Variable, BufferHandle>();
    program.inputs.forEach((input, i) => values.set(input, backend.upload(inputs[i]!)));
    for (const equation of program.equations) {
      const results = backend.dispatch(equation, equation.inputs.map((input) => values.get(input)!)); // prettier-ignore
      equation.outputs.forEach((output, i) => values.set(output, results[i]!));
    }
    return read(
      backend,
      program.outputs.map((output) => values.get(output)!),
      program.outputs,
    );
  }

  async function compiled(backend: Backend, program: Program, inputs: readonly TypedArray[]) {
    const handles = inputs.map((data) => backend.upload(data));
    return read(backend, backend.compile(program).run(handles), program.outputs);
  }

  /** Elements that differ by more than a rounding here and there. */
  function differing(got: TypedArray, wanted: TypedArray): number {
    return [...got].filter((x, i) => {
      const y = wanted[i]!;
      return !(Object.is(x, y) || x === y || Math.abs(x - y) <= 1e-5 * Math.max(1, Math.abs(y)));
    }).length;
  }

  it('random programs compute what their equations do one by one', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = generator(seed);
      const program = randomProgram(random, 25, dtypes);
      const inputs = program.inputs.map(({ shape, dtype }) => randomHost(random, shape, dtype, true).data);
      const wanted = await oneByOne(whole, program, inputs);
      for (const [backend, name] of [
        [whole, 'whole'],
        [split, 'split'],
      ] as const) {
        // prettier-ignore
        const got = await compiled(backend, program, inputs);
        got.forEach((data, i) => expect(differing(data, wanted[i]!), `seed ${seed}, ${name}, output ${i}`).toBe(0)); // prettier-ignore
      }
    }
  }, 60_000);

  it('outputs that are inputs, repeats or reshapes of one another are copies of their own', async () => {
    const x: Variable = { id: 1, shape: [2, 2], dtype: 'float32' };
    const flat: Variable = { id: 2, shape: [4], dtype: 'float32' };
    const program: Program = {
      inputs: [x],
      equations: [{ primitive: 'reshape', params: { shape: [4] }, inputs: [x], outputs: [flat] }],
      outputs: [x, flat, x],
    };
    const data = Float32Array.from([1, 2, 3, 4]);
    expect(await compiled(whole, program, [data])).toEqual([data, data, data]);
  });

  it('computes with numbers alone, also where they overflow', async () => {
    const shape = [2 ** 16 + 1];
    const program = record('numbers', () => [p.mul(p.full(shape, 3e38, 'float32'), p.full(shape, 10, 'float32'))], []).program; // prettier-ignore
    const [y] = await compiled(whole, program, []);
    expect([y![0], y![2 ** 16]]).toEqual([Infinity, Infinity]);
  });
});
