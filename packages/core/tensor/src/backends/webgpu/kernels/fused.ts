import type { FusedStep } from '../../../program/fuse.js';
import type { Equation, Variable } from '../../../program/program.js';
import { collapse } from '../../../primitives/kernels/elementwise.js';
import type { Aval } from '../../../shape.js';
import { sizeOf } from '../../../shape.js';
import { stepName } from '../../../program/fuse.js';
import { elementCode } from '../functions/element.js';
import type { ElementRules } from '../functions/element.js';
import { declare } from '../functions/function.js';
import type { WgslFunction } from '../functions/function.js';
import { specialNumbers, wgslNumber } from '../functions/number.js';
import type { Capabilities, Fault, Kernel, Pass } from '../kernel.js';
import { pass, wgslType } from '../shader.js';
import type { ArrayUse } from '../shader.js';
import { elementBytes } from '../storage.js';

/*
 * Elementwise loops: one thread for four neighbouring elements, or for one where operands are broadcast in a way that
 * fours do not fit.
 */

const size = 256;

type Loop = Pick<FusedStep, 'inputs' | 'outputs' | 'equations' | 'source' | 'shape'>;

/** The kernel of a fused loop. */
export function fusedKernel(step: Loop, capabilities: Capabilities, rules: ElementRules): Kernel {
  const { inputs, outputs, shape } = step;
  const total = sizeOf(shape);
  const element = elementFunction(step, rules);
  const { lengths, strides } = collapse(
    shape,
    inputs.map((input) => input.shape),
  );
  const plain = inputs.every((input) => [1, total].includes(sizeOf(input.shape)));
  const inner = lengths.at(-1) ?? 1;
  const reads = strides.map((all) => all.at(-1) ?? 0);
  // Threads beyond the last element must not raise anything, so fours are for code without faults.
  const fours =
    element.faults.length === 0 &&
    (plain || (inner % 4 === 0 && reads.every((stride) => stride === 0 || stride === 1)));
  const width = fours ? 4 : 1;
  const places = inputs.map((input, k): Place => {
    const elements = sizeOf(input.shape);
    if (elements === 1) return { wide: false, index: '0u' };
    if (plain || elements === total) return { wide: fours, index: 'thread' };
    const [along, units] = fours ? [reads[k] === 1, fourths(lengths)] : [false, lengths];
    const steps = strides[k]!.map((stride) => (along ? stride / 4 : stride));
    if (along) steps[steps.length - 1] = 1;
    return { wide: along, index: strided('thread', units, fours && !along ? withoutLast(steps) : steps) };
  });

  const make = (elements: number): Pass => {
    const arrays = [
      ...inputs.map((input, k): ArrayUse => {
        const own = sizeOf(input.shape);
        return { name: `x${k}`, array: k, dtype: input.dtype, elements: own === total ? elements : own, access: 'read', width: places[k]!.wide ? 4 : 1 }; // prettier-ignore
      }),
      ...outputs.map((output, k): ArrayUse => ({ name: `y${k}`, array: inputs.length + k, dtype: output.dtype, elements, access: 'write', width })), // prettier-ignore
    ];
    return pass({
      label: stepName({ ...step, kind: 'fused', elementwise: true }),
      capabilities,
      arrays,
      size,
      groups: Math.ceil(Math.ceil(elements / width) / size),
      declarations: element.code,
      main: mainOf(inputs, outputs, places, fours),
      faults: element.faults,
    });
  };
  if (!plain || total * 4 <= capabilities.bindingBytes) return { passes: [make(total)] };

  // Longer than a binding: one pass for each part of it, with the same shader.
  const part = capabilities.bindingBytes / 4;
  const dtypes = [...inputs, ...outputs].map(({ dtype }) => dtype);
  const passes: Pass[] = [];
  for (let start = 0; start < total; start += part) {
    const whole = make(Math.min(part, total - start));
    const own = (array: number): boolean => array >= inputs.length || sizeOf(inputs[array]!.shape) === total;
    const bindings = whole.bindings.map((binding) =>
      own(binding.array)
        ? { ...binding, offset: binding.offset + start * elementBytes(binding.array, dtypes[binding.array]!, capabilities) } // prettier-ignore
        : binding,
    );
    passes.push({ ...whole, bindings });
  }
  return { passes };
}

/** A single elementwise equation as a loop of one member. */
export function singleLoop(equation: Equation<Aval>): Loop {
  const inputs = equation.inputs.map((aval): Variable => ({ ...aval, id: 0 }));
  const outputs = equation.outputs.map((aval): Variable => ({ ...aval, id: 0 }));
  const alone = { ...equation, inputs, outputs } as Equation<Variable>;
  return {
    inputs,
    outputs,
    equations: [alone],
    source: (variable) => variable,
    shape: outputs[0]!.shape,
  };
}

/** How an operand is read. */
interface Place {
  readonly wide: boolean;
  readonly index: string;
}

const fourths = (lengths: readonly number[]): number[] =>
  lengths.map((length, axis) => (axis === lengths.length - 1 ? length / 4 : length));
const withoutLast = (steps: readonly number[]): number[] =>
  steps.map((step, axis) => (axis === steps.length - 1 ? 0 : step));

/** WGSL for the sum of coordinate times stride, the coordinates being those of a row-major place. */
export function strided(place: string, lengths: readonly number[], strides: readonly number[]): string {
  const terms: string[] = [];
  let after = 1;
  for (let axis = lengths.length - 1; axis >= 0; axis--) {
    const stride = strides[axis]!;
    if (stride !== 0) {
      const above = after === 1 ? place : `${place} / ${after}u`;
      const coordinate = axis === 0 ? above : `(${above}) % ${lengths[axis]!}u`;
      terms.push(stride === 1 ? coordinate : `(${coordinate}) * ${stride}u`);
    }
    after *= lengths[axis]!;
  }
  return terms.length === 0 ? '0u' : terms.reverse().join(' + ');
}

/** `element(a0, a1, …) -> Element`: the loop's results at one place from its operands there. */
function elementFunction({ inputs, outputs, equations, source }: Loop, rules: ElementRules) {
  const names = new Map<Variable, string>(inputs.map((input, k) => [input, `a${k}`]));
  const functions: WgslFunction[] = [specialNumbers];
  const faults: Fault[] = [];
  const lines = equations.flatMap((equation, k) => {
    const code = elementCode(equation, rules)!;
    const operands = equation.inputs.map((input) => {
      const from = source(input);
      return typeof from === 'number' ? wgslNumber(from, input.dtype) : names.get(from)!;
    });
    functions.push(...(code.functions ?? []));
    // Of literals alone the compiler would compute the result itself, and refuse one that overflows.
    const isConstant = equation.inputs.every((input) => typeof source(input) === 'number');
    const line = `  let v${k} = ${code.code(isConstant ? [`n${k}`, ...operands.slice(1)] : operands, `${faults.length}u`)};`;
    faults.push(...(code.faults ?? []));
    names.set(equation.outputs[0]!, `v${k}`);
    return isConstant ? [`  let n${k} = ${operands[0]!};`, line] : [line];
  });
  const fields = outputs.map(({ dtype }, k) => `r${k}: ${wgslType(dtype)}`).join(', ');
  const parameters = inputs.map(({ dtype }, k) => `a${k}: ${wgslType(dtype)}`).join(', ');
  const results = outputs.map((output) => names.get(output)!).join(', ');
  const code = [
    declare(functions),
    `struct Element { ${fields} }`,
    `fn element(${parameters}) -> Element {`,
    ...lines,
    `  return Element(${results});`,
    '}',
  ];
  return { code: code.join('\n'), faults };
}

function mainOf(
  inputs: readonly Variable[],
  outputs: readonly Variable[],
  places: readonly Place[],
  fours: boolean,
): string {
  const loads = inputs.map((_, k) => `  let x${k} = x${k}_get(${places[k]!.index});`);
  const call = (part: string): string =>
    `element(${inputs.map((_, k) => `x${k}${places[k]!.wide ? part : ''}`).join(', ')})`;
  const work = fours
    ? [
        ...['x', 'y', 'z', 'w'].map((part) => `  let ${part} = ${call(`.${part}`)};`),
        ...outputs.map(({ dtype }, k) => `  y${k}_set(thread, vec4<${wgslType(dtype)}>(x.r${k}, y.r${k}, z.r${k}, w.r${k}));`), // prettier-ignore
      ]
    : [`  let result = ${call('')};`, ...outputs.map((_, k) => `  y${k}_set(thread, result.r${k});`)];
  return ['  if (thread >= y0_length()) { return; }', ...loads, ...work].join('\n');
}
