import type { PrimitiveName } from '../../../primitives/parameters.js';
import type { Equation } from '../../../program/program.js';
import type { FusedStep } from '../../../program/fuse.js';
import type { RowStep } from '../../../program/rows.js';
import type { Aval } from '../../../shape.js';
import { elementCode } from '../functions/element.js';
import { elementRules } from '../functions/index.js';
import type { Capabilities, Kernel, Rule, Rules } from '../kernel.js';
import { argsortRules } from './argsort.js';
import { contractRules } from './contract.js';
import { cumsumRules } from './cumsum.js';
import { fusedKernel, singleLoop } from './fused.js';
import { layoutRules } from './layout.js';
import { randomRules } from './random.js';
import { reduceRules } from './reduce.js';
import { rowsKernel } from './rows.js';

export { isRowReduction } from './rows.js';

const rules: Rules = {
  ...layoutRules,
  ...reduceRules,
  ...cumsumRules,
  ...argsortRules,
  ...contractRules,
  ...randomRules,
};

/** Whether an equation can be part of a loop. */
export function hasElementCode(equation: Equation<Aval>): boolean {
  return elementCode(equation, elementRules) !== undefined;
}

/** How the device computes an equation, or in words why the host does. */
export function kernelOf(equation: Equation<Aval>, capabilities: Capabilities): Kernel | string {
  const kernel = ruleOf(equation, capabilities);
  if (kernel === undefined) return 'it goes through a matrix step by step, which leaves a GPU idle';
  if (typeof kernel === 'string') return kernel;
  const most = capabilities.storageBindings;
  return kernel.passes.every(({ bindings, faults }) => bindings.length + (faults.length > 0 ? 1 : 0) <= most)
    ? kernel
    : `it would take more than the ${most} bindings that this device has`;
}

function ruleOf(equation: Equation<Aval>, capabilities: Capabilities): Kernel | string | undefined {
  if (hasElementCode(equation)) return fusedKernel(singleLoop(equation), capabilities, elementRules);
  // The rule under a primitive's name is for that primitive's equations; the table's type cannot say so.
  const rule = rules[equation.primitive] as Rule<PrimitiveName> | undefined;
  return rule?.(equation, capabilities);
}

/** Whether the device reads and writes an equation's floats as floats: those that move elements move words. */
export function computesFloats({ primitive }: Equation<Aval>): boolean {
  return !(primitive in layoutRules) && !(primitive in randomRules);
}

/** The kernel of several equations in one. */
export function kernelOfStep(step: FusedStep | RowStep, capabilities: Capabilities): Kernel {
  return step.kind === 'fused'
    ? fusedKernel(step, capabilities, elementRules)
    : rowsKernel(step, capabilities, elementRules);
}
