import { bytesPerElement } from '../../dtype.js';
import type { PrimitiveName } from '../../primitives/parameters.js';
import { operationsOf } from '../../program/operations.js';
import type { Equation } from '../../program/program.js';
import type { Aval } from '../../shape.js';
import { sizeOf } from '../../shape.js';
import type { Compute, Context } from './context.js';
import { contractionRules } from './contractions.js';
import { controlOf } from './control.js';
import type { Device } from './device.js';
import { elementwiseRules } from './elementwise.js';
import { onHost } from './host.js';
import { indexingRules } from './indexing.js';
import { layoutRules } from './layout.js';
import { reductionRules } from './reductions.js';
import { emptyOf, isEmpty, withScratch } from './rule.js';
import type { Rule, Rules, Runner } from './rule.js';

const rules: Rules = {
  ...elementwiseRules,
  ...reductionRules,
  ...layoutRules,
  ...contractionRules,
  ...indexingRules,
};

/** How the engine computes an equation, or in words why the host does. */
export function ruleFor(equation: Equation<Aval>, device: Device): Runner | string {
  // The rule under a primitive's name is for that primitive's equations; the table's type cannot say so.
  const rule = rules[equation.primitive] as Rule<PrimitiveName> | undefined;
  if (rule === undefined) return 'tfjs has no kernel for it that keeps what is promised';
  if (equation.inputs.some(isEmpty)) return 'tfjs does not take empty tensors everywhere';
  if (isTooDeep(equation, device)) return `it goes to ${mostAxes} axes`;
  return rule(equation, device);
}

/** The wasm engine gives wrong results beyond, and says so only on the console; the others have no kernels for it. */
const mostAxes = 6;
const whateverTheAxes: readonly PrimitiveName[] = ['reshape', 'stopGradient', 'full'];

function isTooDeep({ primitive, inputs, outputs }: Equation<Aval>, { loaded }: Device): boolean {
  if (loaded.engine === 'cpu' || whateverTheAxes.includes(primitive)) return false;
  return [...inputs, ...outputs].some(({ shape }) => shape.length > mostAxes);
}

export function computeOf(equation: Equation<Aval>, context: Context): Compute {
  const control = controlOf(equation, context);
  // Their time is that of the kernels inside them.
  if (control !== undefined) return control;
  const { device } = context;
  const { primitive, outputs } = equation;
  if (outputs.every(isEmpty)) return () => outputs.map((output) => emptyOf(device, output));

  const rule = ruleFor(equation, device);
  if (typeof rule === 'string') {
    device.announce(primitive, rule);
    return timed(`${primitive} (host)`, onHost(equation, device), equation, context);
  }
  const size = bytesOf(outputs);
  const run: Compute = (inputs) => {
    device.reserve(size);
    return [withScratch(device, (k) => rule(k, inputs))];
  };
  return timed(primitive, run, equation, context);
}

function timed(name: string, compute: Compute, equation: Equation<Aval>, context: Context): Compute {
  const bytes = bytesOf([...equation.inputs, ...equation.outputs]);
  const operations = operationsOf(equation);
  return (inputs) => {
    if (context.recorder === undefined) return compute(inputs);
    const start = performance.now();
    const outputs = compute(inputs);
    context.recorder(name, performance.now() - start, bytes, operations);
    return outputs;
  };
}

function bytesOf(avals: readonly Aval[]): number {
  return avals.reduce((sum, { shape, dtype }) => sum + sizeOf(shape) * bytesPerElement(dtype), 0);
}
