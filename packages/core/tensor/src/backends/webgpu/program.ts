import { allocate } from '../../dtype.js';
import type { TypedArray } from '../../dtype.js';
import type { PrimitiveName } from '../../primitives/parameters.js';
import type { HostArray, Kernel as HostKernel } from '../../primitives/primitive.js';
import { lookupPrimitive } from '../../primitives/primitive.js';
import { equationsOf, fuse, stepName } from '../../program/fuse.js';
import type { FitsLoop } from '../../program/fuse.js';
import { inlineCalls } from '../../program/inline.js';
import { planBuffers } from '../../program/plan.js';
import type { Program, Variable } from '../../program/program.js';
import { joinRows } from '../../program/rows.js';
import type { ProgramStep } from '../../program/rows.js';
import { simplify } from '../../program/simplify.js';
import { sizeOf } from '../../shape.js';
import type { GpuArray } from './buffers.js';
import type { Arrays, Compute, Context, EncodedCompute } from './compute.js';
import { performed } from './compute.js';
import { controlOf } from './control.js';
import { computeOf } from './equation.js';
import { deviceBytes, refuseFloat64, toDevice } from './elements.js';
import type { Encoder } from './encoder.js';
import { computesFloats, hasElementCode, isRowReduction, kernelOf, kernelOfStep } from './kernels/index.js';
import { timed } from './timed.js';

/** Results of at most this many elements that depend on no input are computed once, when the program is compiled. */
const largestConstant = 1 << 16;

/** Turns a program into a list of computations over planned arrays. */
export function compileProgram(source: Program, context: Context): Compute {
  source.inputs.forEach(refuseFloat64);
  source.equations.forEach(({ outputs }) => {
    outputs.forEach(refuseFloat64);
  });
  const program = simplify(inlineCalls(source));
  const constants = constantsOf(program);
  const fits: FitsLoop = (inputs, stored) =>
    bindingsOf([...inputs, ...stored], context) < context.capabilities.storageBindings;
  const fused = fuse(program, constants, hasElementCode, fits);
  const steps = joinRows(
    fused,
    program.outputs,
    { elementwise: hasElementCode, reduction: isRowReduction },
    fits,
  )
    .filter(({ outputs }) => outputs.some((output) => sizeOf(output.shape) > 0))
    // No shader may write where it reads another binding: results never take the place of operands.
    .map((step): ProgramStep => ({ ...step, elementwise: false }));
  const halves = context.halves ? halvesOf(program, steps, fused.rootOf, context) : noHalves;
  const bytesOf = (variable: Variable): number =>
    halves.has(variable) && context.capabilities.f16 ? deviceBytes(variable) / 2 : deviceBytes(variable);
  const plan = planBuffers(program, { steps, rootOf: fused.rootOf }, bytesOf);

  const held: GpuArray[] = [];
  const kept = new Map<Variable, number>();
  const inputIndex = new Map(program.inputs.map((variable, i) => [variable, i]));
  const place = (variable: Variable): Place => {
    const root = fused.rootOf(variable);
    const constant = constants.get(root);
    if (constant !== undefined) {
      if (!kept.has(root)) kept.set(root, held.push(uploaded(constant.data, context)) - 1);
      return { from: 'constants', index: kept.get(root)! };
    }
    const slot = plan.slotOf.get(root);
    if (slot !== undefined) return { from: 'slots', index: slot };
    const output = plan.outputOf.get(root);
    return output !== undefined
      ? { from: 'outputs', index: output }
      : { from: 'inputs', index: inputIndex.get(root)! };
  };
  const calls = steps.map((step) => ({
    compute: computeOfStep(step, halves, fused.rootOf, context),
    inputs: step.inputs.map(place),
    outputs: step.outputs.map(place),
  }));
  const copies = plan.copies.map(({ from, output }) => ({ from: place(from), output, bytes: deviceBytes(from) })); // prettier-ignore

  const start = (encoder: Encoder, inputs: Arrays, outputs: Arrays) => {
    const { buffers } = context.stream;
    const slots = plan.slots.map(buffers.take);
    const arrays = { inputs, outputs, slots, constants: held };
    return {
      at: (places: readonly Place[]): GpuArray[] => places.map(({ from, index }) => arrays[from][index]!),
      finish(): void {
        for (const { from, output, bytes } of copies)
          encoder.copy(arrays[from.from][from.index]!, outputs[output]!, bytes);
        slots.forEach(buffers.give);
      },
    };
  };
  const compiled = assemble(calls, start);
  if (held.length > 0) owned.register(compiled, disposer(context, held));
  return compiled;
}

/** Where a call finds an array: among the program's, by place. */
interface Place {
  readonly from: 'inputs' | 'outputs' | 'slots' | 'constants';
  readonly index: number;
}

interface Call {
  readonly compute: Compute;
  readonly inputs: readonly Place[];
  readonly outputs: readonly Place[];
}

type Start = (
  encoder: Encoder,
  inputs: Arrays,
  outputs: Arrays,
) => { at(places: readonly Place[]): GpuArray[]; finish(): void };

function assemble(calls: readonly Call[], start: Start): Compute {
  const encoded = calls.flatMap(({ compute, inputs, outputs }) =>
    'encode' in compute ? [{ encode: compute.encode, inputs, outputs }] : [],
  );
  if (encoded.length === calls.length)
    return {
      encode(encoder, inputs, outputs) {
        const run = start(encoder, inputs, outputs);
        for (const call of encoded) call.encode(encoder, run.at(call.inputs), run.at(call.outputs));
        run.finish();
      },
    };
  return {
    async perform(host, inputs, outputs) {
      const run = start(host.encoder, inputs, outputs);
      try {
        for (const call of calls)
          await performed(call.compute, host, run.at(call.inputs), run.at(call.outputs));
      } finally {
        run.finish();
      }
    },
    tally: calls.flatMap(({ compute }) => ('perform' in compute ? compute.tally : [])),
  };
}

function computeOfStep(
  step: ProgramStep,
  halves: ReadonlySet<Variable>,
  rootOf: (variable: Variable) => Variable,
  context: Context,
): Compute {
  const values = [...step.inputs, ...step.outputs];
  const own = new Set(values.flatMap((value, i) => (halves.has(rootOf(value)) ? [i] : [])));
  const { capabilities } = context;
  const given = own.size === 0 ? capabilities : { ...capabilities, halves: own };
  if (step.kind === 'single')
    return controlOf(step.equation, context) ?? computeOf(step.equation, context, given);
  const kernel = kernelOfStep(step, given);
  const encode: EncodedCompute['encode'] = (encoder, inputs, outputs) => {
    encoder.run(kernel, [...inputs, ...outputs]);
  };
  return timed(stepName(step), { encode }, values, equationsOf(step), context);
}

const noHalves: ReadonlySet<Variable> = new Set();

/** Floats between steps that shaders read and write through `get` and `set` alone. */
function halvesOf(
  program: Program,
  steps: readonly ProgramStep[],
  rootOf: (variable: Variable) => Variable,
  { capabilities }: Context,
): Set<Variable> {
  const halves = new Set(steps.flatMap((step) => step.outputs.filter(({ dtype }) => dtype === 'float32')));
  program.outputs.forEach((output) => halves.delete(rootOf(output)));
  for (const step of steps) {
    const isPlain =
      step.kind !== 'single' ||
      (computesFloats(step.equation) &&
        !carriesProgram.has(step.equation.primitive) &&
        typeof kernelOf(step.equation, capabilities) !== 'string');
    if (!isPlain) [...step.inputs, ...step.outputs].forEach((value) => halves.delete(rootOf(value)));
  }
  return halves;
}

/** How many bindings these values take. */
function bindingsOf(values: readonly Variable[], { capabilities }: Context): number {
  return values.reduce((sum, value) => sum + Math.max(1, Math.ceil(deviceBytes(value) / capabilities.bindingBytes)), 0); // prettier-ignore
}

/** Small values that depend on no input, by the reference kernels: loops need their numbers at once. */
function constantsOf(program: Program): Map<Variable, HostArray> {
  const constants = new Map<Variable, HostArray>();
  for (const { primitive, params, inputs, outputs } of program.equations) {
    if (!inputs.every((input) => constants.has(input))) continue;
    if (outputs.some((output) => sizeOf(output.shape) > largestConstant)) continue;
    if (carriesProgram.has(primitive)) continue;
    const results = outputs.map(({ shape, dtype }): HostArray => ({ shape, dtype, data: allocate(dtype, sizeOf(shape)) })); // prettier-ignore
    const { kernel } = lookupPrimitive<PrimitiveName>(primitive) as { kernel: HostKernel<PrimitiveName> };
    kernel(inputs.map((input) => constants.get(input)!), results, params, noPrograms); // prettier-ignore
    outputs.forEach((output, i) => constants.set(output, results[i]!));
  }
  return constants;
}

const carriesProgram = new Set<string>(['scan', 'cond', 'checkpoint'] satisfies PrimitiveName[]);

function noPrograms(): never {
  throw new Error('a primitive that carries programs is not computed as a constant');
}

function uploaded(data: TypedArray, { stream }: Context): GpuArray {
  const array = stream.buffers.take(data.length * 4);
  stream.enqueue((encoder) => {
    encoder.write(array, toDevice(data));
  });
  return array;
}

/** Constants go with the program that holds them. The function that gives them back must not hold the program. */
const owned = new FinalizationRegistry<() => void>((dispose) => {
  dispose();
});

const disposer =
  ({ stream }: Context, arrays: readonly GpuArray[]): (() => void) =>
  () => {
    arrays.forEach(stream.give);
  };
