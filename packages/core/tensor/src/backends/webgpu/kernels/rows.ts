import { stepName } from '../../../program/fuse.js';
import type { Equation } from '../../../program/program.js';
import type { RowStep } from '../../../program/rows.js';
import type { Aval } from '../../../shape.js';
import { sizeOf } from '../../../shape.js';
import type { ElementRules } from '../functions/element.js';
import { declare } from '../functions/function.js';
import { specialNumbers } from '../functions/number.js';
import type { Capabilities, Kernel, Pass } from '../kernel.js';
import type { ArrayUse } from '../shader.js';
import { pass } from '../shader.js';
import { foldPasses } from './reduce.js';
import type { Ends } from './reduce.js';
import { batchesOf, rowCode } from './rowCode.js';
import { planRows } from './rowPlan.js';
import type { RowPlan } from './rowPlan.js';
import type { Teams } from './workgroupFold.js';
import { foldMemory, foldsBySubgroups } from './workgroupFold.js';

/** Which reductions can be part of a row step: of numbers, over trailing axes, not empty. */
export function isRowReduction({ primitive, inputs: [x], params }: Equation<Aval>): boolean {
  if (primitive !== 'sum' && primitive !== 'prod' && primitive !== 'reduceMax' && primitive !== 'reduceMin')
    return false;
  const { axes } = params;
  const kept = x!.shape.length - axes.length;
  const isNumber = x!.dtype === 'float32' || x!.dtype === 'int32';
  return isNumber && sizeOf(x!.shape) > 0 && axes.length > 0 && axes.every((axis) => axis >= kept);
}

/**
 * The kernel of a row step: a team of threads for each row walks it once for each level of reductions that depend on each
 * other. Long rows of which nothing depends on their reductions are cut into parts, whose results are reduced then.
 */
export function rowsKernel(step: RowStep, capabilities: Capabilities, elementRules: ElementRules): Kernel {
  const plan = planRows(step, capabilities, elementRules);
  const { form, rows, parts, nodes } = plan;
  const label = stepName(step);
  const firstOutput = form.inputs.length;
  const arrays = firstOutput + form.outputs.length;
  const outputs = form.outputs.map((_, k) => firstOutput + k);
  if (parts === 1) return { passes: [rowPass(label, plan, outputs, capabilities)] };
  const scratch: number[] = [];
  const later: Pass[] = [];
  const targets = form.outputs.map(({ node }, k) => {
    const { fold } = nodes[node]!;
    if (fold === undefined) return outputs[k]!;
    const source = arrays + scratch.length;
    scratch.push(rows * parts);
    const ends: Ends = {
      from: { array: source, holds: 'partials' },
      to: { array: firstOutput + k, holds: 'elements' },
      scratch: arrays + scratch.length,
    };
    const rest = foldPasses(label, fold, { shape: [rows, parts], axes: [1] }, ends, capabilities);
    scratch.push(...rest.scratch);
    later.push(...rest.passes);
    return source;
  });
  return { passes: [rowPass(label, plan, targets, capabilities), ...later], scratch };
}

/** @param targets the arrays that outputs go to; of reductions in parts, scratch for partial results */
function rowPass(label: string, plan: RowPlan, targets: readonly number[], capabilities: Capabilities): Pass {
  const { form, rows, length, team, teams, width, parts, nodes } = plan;
  const size = team * teams;
  const folds = nodes.flatMap(({ fold }) => fold ?? []);
  const layout: Teams = { size, team, stride: 1, toAll: true, subgroups: capabilities.subgroups };
  const { main, faults } = rowCode(plan, layout);
  const inputs = form.inputs.map(({ dtype, access }, k): ArrayUse => {
    const wide = access === 'element' || access === 'column';
    return {
      name: `x${k}`,
      array: k,
      dtype,
      elements: plan.inputElements[k]!,
      access: 'read',
      width: wide ? width : 1,
    };
  });
  const outputs = form.outputs.map(({ node, dtype }, k): ArrayUse => {
    const { fold } = nodes[node]!;
    const common = { name: `y${k}`, array: targets[k]!, access: 'write' } as const;
    if (form.nodes[node]!.level === 'element') return { ...common, dtype, elements: rows * length, width };
    const partial = parts > 1 && fold !== undefined;
    return { ...common, dtype: partial && fold.partial === 'i32' ? 'int32' : dtype, elements: rows * parts };
  });
  return pass({
    label,
    capabilities,
    arrays: [...inputs, ...outputs],
    size,
    groups: Math.ceil(rows / teams) * parts,
    declarations: [
      declare([
        specialNumbers,
        ...nodes.flatMap(({ code, fold }) => code?.functions ?? fold?.functions(1) ?? []),
      ]),
      foldMemory(
        plan.passes.flatMap((each) => batchesOf(plan, each)),
        layout,
      ),
    ].join('\n'),
    main,
    faults,
    subgroups: foldsBySubgroups(layout, folds),
  });
}
