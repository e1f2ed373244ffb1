import { declare } from '../../src/backends/webgpu/functions/function.js';
import { elementRules } from '../../src/backends/webgpu/functions/index.js';
import type { ElementCode } from '../../src/backends/webgpu/functions/element.js';
import { pass, wgslType } from '../../src/backends/webgpu/shader.js';
import type { Stream } from '../../src/backends/webgpu/stream.js';
import { dtypeOfTypedArray } from '../../src/dtype.js';
import type { DType, TypedArray } from '../../src/dtype.js';
import { lookupPrimitive } from '../../src/primitives/primitive.js';
import type { PrimitiveName, PrimitiveParameters } from '../../src/primitives/parameters.js';
import { runKernel } from './device.js';
import '../../src/index.js';

/** An elementwise primitive on arrays of one length. */
export interface ElementProblem {
  readonly primitive: PrimitiveName;
  readonly operands: readonly TypedArray[];
  readonly params?: PrimitiveParameters[PrimitiveName];
}

type AnyRule = (dtypes: readonly DType[], params: object) => ElementCode | undefined;

export function codeOf(
  { primitive, params = {} }: Omit<ElementProblem, 'operands'>,
  dtypes: readonly DType[],
) {
  return (elementRules[primitive] as AnyRule | undefined)?.(dtypes, params);
}

const typesOf = (operands: readonly TypedArray[]): DType[] => operands.map((x) => dtypeOfTypedArray(x)!);

function outputOf({ primitive, operands, params = {} }: ElementProblem, dtypes = typesOf(operands)): DType {
  const [output] = lookupPrimitive(primitive).shape(
    dtypes.map((dtype) => ({ shape: [operands[0]!.length], dtype })),
    params,
  );
  return output!.dtype;
}

/** Its result as the device computes it. */
export async function onDevice(stream: Stream, problem: ElementProblem): Promise<TypedArray> {
  const { primitive, operands } = problem;
  const dtypes = typesOf(operands);
  const dtype = outputOf(problem);
  const { code, functions = [], faults = [] } = codeOf(problem, dtypes)!;
  const elements = operands[0]!.length;
  const names = ['a', 'b', 'c'].slice(0, operands.length);
  const kernel = pass({
    label: primitive,
    capabilities: stream.gpu.capabilities,
    size: 64,
    groups: Math.ceil(elements / 64),
    arrays: [
      ...names.map((name, array) => ({
        name,
        array,
        dtype: dtypes[array]!,
        elements,
        access: 'read' as const,
      })),
      { name: 'y', array: operands.length, dtype, elements, access: 'write' },
    ],
    declarations: declare(functions),
    main: `if (thread >= y_length()) { return; }
${names.map((name) => `let ${name} = ${name}_get(thread);`).join('\n')}
let value: ${wgslType(dtype)} = ${code(names, '0u')};
y_set(thread, value);`,
    faults,
  });
  const [result] = await runKernel(stream, { passes: [kernel] }, operands, [{ dtype, elements }]);
  return result!;
}

/** Its result by the reference kernel, in float64 where it is a float. */
export function byReference(problem: ElementProblem): TypedArray {
  const { primitive, operands, params = {} } = problem;
  const wide = operands.map((x) => (x instanceof Float32Array ? Float64Array.from(x) : x));
  const dtypes = typesOf(wide);
  const target = params as { dtype?: DType };
  const asked = target.dtype === 'float32' ? { dtype: 'float64' as const } : params;
  const dtype = outputOf({ ...problem, params: asked }, dtypes);
  const length = operands[0]!.length;
  const data = dtype === 'float64' ? new Float64Array(length) : dtype === 'int32' ? new Int32Array(length) : new Uint8Array(length); // prettier-ignore
  lookupPrimitive(primitive).kernel(
    wide.map((x, i) => ({ shape: [length], dtype: dtypes[i]!, data: x })),
    [{ shape: [length], dtype, data }],
    asked,
    () => undefined,
  );
  return data;
}

const float = new Float32Array(1);
const word = new Int32Array(float.buffer);

/** The distance of two neighbouring floats at x. */
export function ulpAt(x: number): number {
  float[0] = Math.abs(x);
  return 2 ** (Math.max(1, word[0]! >> 23) - 150);
}

/** How far the floats are from the exact values, in units in the last place; infinite where one of them is not finite. */
export function ulps(
  actual: TypedArray,
  exact: TypedArray,
  ulp = (_: number, x: number) => ulpAt(x),
): Float64Array {
  return Float64Array.from(exact, (x, i) => {
    const [y, rounded] = [actual[i]!, Math.fround(x)];
    if (Object.is(y, rounded) || (Number.isNaN(y) && Number.isNaN(x))) return 0;
    // Devices may have no subnormal numbers.
    if (y === 0 && Math.abs(x) < 2 ** -126) return 0;
    if (!Number.isFinite(y) || !Number.isFinite(rounded)) {
      // Next to the largest float, the exact value or the result may be beyond it.
      const [a, b] = [
        Math.min(Math.abs(y), 2 ** 128) * Math.sign(y),
        Math.min(Math.abs(x), 2 ** 128) * Math.sign(x),
      ];
      return Math.abs(a - b) / 2 ** 104 || Infinity;
    }
    return Math.abs(y - x) / ulp(i, x);
  });
}

/** The largest error; where that is infinite or NaN, it is told where. */
export function worst(
  { primitive, operands }: ElementProblem,
  actual: TypedArray,
  errors: Float64Array,
): number {
  let place = 0;
  errors.forEach((error, i) => {
    if (!(error <= errors[place]!)) place = i;
  });
  if (!Number.isFinite(errors[place]))
    throw new Error(`${primitive}(${operands.map((x) => x[place]).join(', ')}) must not be ${actual[place]}`);
  return errors[place]!;
}
