import type { DType, TypedArray } from '../../dtype.js';
import type { Shape } from '../../shape.js';
import type { ElementExpression, Expression, HostArray, Kernel } from '../primitive.js';
import type { PrimitiveName } from '../parameters.js';

/*
 * Elementwise loops. Each is generated from the operation's expression, one function per expression and set of dtypes:
 * a loop shared by all operations would call through a pointer for every element, and V8 would inline none of them.
 */

type Loop = (out: TypedArray, o: number, n: number, ...operands: (TypedArray | number)[]) => void;

const operandNames = ['a', 'b', 'c'];
const loops = new Map<string, Loop>();

function loopFor(expression: Expression, inputs: readonly HostArray[], outDType: DType): Loop {
  const key = `${expression.code}|${inputs.map((x) => x.dtype).join()}|${outDType}`;
  let loop = loops.get(key);
  if (loop === undefined) loops.set(key, (loop = generate(expression, inputs.length)));
  return loop;
}

function generate(expression: Expression, arity: number): Loop {
  const names = operandNames.slice(0, arity);
  const parameters = names.map((x) => `${x}s, ${x}i, ${x}d`).join(', ');
  const loads = names.map((x) => `const ${x} = ${x}s[${x}i];`).join(' ');
  const steps = names.map((x) => `${x}i += ${x}d;`).join(' ');
  const helpers = expression.helpers ?? {};
  const body = `return function (out, o, n, ${parameters}) {
    for (const end = o + n; o < end; o++) { ${loads} out[o] = ${expression.code}; ${steps} }
  }`;
  // The code comes from the tables in elementwise.ts alone, never from a user.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call
  return new Function(...Object.keys(helpers), body)(...Object.values(helpers)) as Loop;
}

/** The kernel of a single elementwise primitive. */
export function elementwiseKernel<N extends PrimitiveName>(expression: ElementExpression<N>): Kernel<N> {
  return (inputs, [output], params) => {
    const dtypes = inputs.map((x) => x.dtype);
    runElementwise(expression(dtypes, params), inputs, output!);
  };
}

/** Runs the expression over inputs broadcast to the output's shape. */
function runElementwise(expression: Expression, inputs: readonly HostArray[], output: HostArray): void {
  const total = output.data.length;
  if (total === 0) return;
  const loop = loopFor(expression, inputs, output.dtype);
  if (inputs.every((x) => x.data.length === total || x.data.length === 1)) {
    loop(output.data, 0, total, ...inputs.flatMap((x) => [x.data, 0, x.data.length === 1 ? 0 : 1]));
    return;
  }
  const { lengths, strides } = collapse(
    output.shape,
    inputs.map((x) => x.shape),
  );
  const last = lengths.length - 1;
  const inner = lengths[last]!;
  const counters = new Array<number>(last).fill(0);
  const offsets = inputs.map(() => 0);
  const operands: (TypedArray | number)[] = inputs.flatMap((x, k) => [x.data, 0, strides[k]![last]!]);
  for (let o = 0; o < total; o += inner) {
    for (let k = 0; k < offsets.length; k++) operands[3 * k + 1] = offsets[k]!;
    loop(output.data, o, inner, ...operands);
    for (let axis = last - 1; axis >= 0; axis--) {
      counters[axis]!++;
      for (let k = 0; k < offsets.length; k++) offsets[k]! += strides[k]![axis]!;
      if (counters[axis]! < lengths[axis]!) break;
      for (let k = 0; k < offsets.length; k++) offsets[k]! -= strides[k]![axis]! * lengths[axis]!;
      counters[axis] = 0;
    }
  }
}

/** The output's axes with neighbours joined where every operand runs through both in one stride. */
export function collapse(
  shape: Shape,
  operands: readonly Shape[],
): { lengths: number[]; strides: number[][] } {
  const lengths: number[] = [];
  const strides: number[][] = operands.map(() => []);
  const running = operands.map(() => 1);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const length = shape[axis]!;
    const here = operands.map((operand, k) => {
      const own = operand[axis - (shape.length - operand.length)] ?? 1;
      const stride = own === 1 ? 0 : running[k]!;
      running[k]! *= own;
      return stride;
    });
    if (length === 1) continue;
    const first = lengths.length - 1;
    if (first >= 0 && here.every((stride, k) => stride === strides[k]![first]! * lengths[first]!)) {
      lengths[first]! *= length;
      continue;
    }
    lengths.push(length);
    here.forEach((stride, k) => strides[k]!.push(stride));
  }
  return { lengths: lengths.reverse(), strides: strides.map((s) => s.reverse()) };
}
