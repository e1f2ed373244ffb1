import { describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.js';
import { createCpuBackend } from '../../src/backends/cpu/index.js';
import { createReferenceBackend } from '../../src/backends/reference/index.js';
import type { DType, TypedArray } from '../../src/dtype.js';
import { dtypes, isFloat } from '../../src/dtype.js';
import { DTypeError } from '../../src/index.js';
import { allPrimitives, lookupPrimitive } from '../../src/primitives/primitive.js';
import type { Primitive } from '../../src/primitives/primitive.js';
import type { PrimitiveName, PrimitiveParameters } from '../../src/primitives/parameters.js';
import type { Equation, Variable } from '../../src/program/program.js';
import type { Aval } from '../../src/shape.js';
import { describe as typed } from '../../src/shape.js';
import { generator, randomHost } from '../support/kernels.js';
import { randomProgram } from '../support/programs.js';
import { samples } from '../support/samples.js';

const cpu = createCpuBackend();
const reference = createReferenceBackend();

function run(backend: Backend, equation: Equation<Aval>, inputs: readonly TypedArray[]): TypedArray[] {
  const handles = inputs.map((data) => backend.upload(data));
  const results = backend.dispatch(equation, handles);
  const data = results.map((handle, i) => backend.readSync(handle, equation.outputs[i]!));
  [...handles, ...results].forEach((handle) => backend.release(handle));
  return data;
}

/** Equal for integers and bools; for floats within `units` roundings of the largest value. */
function expectAgreement(
  name: string,
  got: readonly TypedArray[],
  wanted: readonly TypedArray[],
  avals: readonly Aval[],
): void {
  wanted.forEach((data, k) => {
    const { dtype } = avals[k]!;
    const rounding = dtype === 'float32' ? 2 ** -23 : dtype === 'float64' ? 2 ** -52 : 0;
    const largest = Math.max(0, ...[...data].map(Math.abs).filter(Number.isFinite));
    const allowed = 64 * rounding * largest;
    const wrong = [...data].findIndex((x, i) => {
      const y = got[k]![i]!;
      return !(Object.is(x, y) || x === y || Math.abs(x - y) <= allowed);
    });
    expect(wrong < 0 ? '' : `${name}, output ${k}, element ${wrong}: ${got[k]![wrong]} for ${data[wrong]}`).toBe(''); // prettier-ignore
  });
}

/** Undefined where the primitive does not take the dtype. */
function sampleOf(name: PrimitiveName, dtype: DType, seed: number) {
  try {
    const sample = samples[name]({ random: generator(seed), dtype });
    // A name known only here cannot pair the table's rules with their parameters.
    const primitive = lookupPrimitive(name) as unknown as Primitive<'add'>;
    return {
      ...sample,
      outputs: primitive.shape(sample.inputs, sample.params as PrimitiveParameters['add']),
    };
  } catch (error) {
    if (error instanceof DTypeError) return undefined;
    throw error;
  }
}

describe('the CPU backend and the reference agree', () => {
  it.each(allPrimitives().map(({ name }) => name))('on %s', (name: PrimitiveName) => {
    let cases = 0;
    for (const dtype of dtypes) {
      for (let seed = 1; seed <= 8; seed++) {
        const sample = sampleOf(name, dtype, seed);
        if (sample === undefined) continue;
        const { inputs, params, outputs } = sample;
        const equation = { primitive: name, params, inputs, outputs } as unknown as Equation<Aval>;
        const data = inputs.map((x) => x.dataSync());
        expectAgreement(`${name} of ${inputs.map(typed).join()}`, run(cpu, equation, data), run(reference, equation, data), outputs); // prettier-ignore
        cases++;
      }
    }
    expect(cases).toBeGreaterThan(0);
  });

  it('on every equation of random programs, given the same values', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const random = generator(seed);
      const program = randomProgram(random, 20);
      const values = new Map<Variable, TypedArray>();
      for (const input of program.inputs)
        values.set(input, randomHost(random, input.shape, input.dtype, true).data);
      for (const equation of program.equations) {
        const data = equation.inputs.map((input) => values.get(input)!);
        const wanted = run(reference, equation, data);
        // Where floats become integers a rounding may be a whole number; all else must agree.
        if (!(equation.primitive === 'cast' && isFloat(equation.inputs[0]!.dtype)))
          expectAgreement(`seed ${seed}: ${equation.primitive}`, run(cpu, equation, data), wanted, equation.outputs); // prettier-ignore
        equation.outputs.forEach((output, i) => values.set(output, wanted[i]!));
      }
    }
  });
});
