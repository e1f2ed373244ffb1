import type { DType } from '../../../dtype.js';
import type { Fault } from '../kernel.js';
import { wgslType } from '../shader.js';
import { wide } from './floatKey.js';
import type { Fold } from './fold.js';
import type { Operand } from '../../../program/rowForm.js';
import type { RowPass, RowPlan } from './rowPlan.js';
import type { Folded, Teams } from './workgroupFold.js';
import { workgroupFold } from './workgroupFold.js';

/**
 * Reductions that are folded over the threads at once: each has a place for every thread in the workgroup's memory, of
 * which there are 16 KiB at least. With two types of partial results that is enough for 1024 threads.
 */
const foldedTogether = 2;

/** The variables `a<node>` into which a pass reduces, in batches that are folded at once. */
export function batchesOf(plan: RowPlan, { reductions }: RowPass): Folded[][] {
  const batches: Folded[][] = [];
  for (let at = 0; at < reductions.length; at += foldedTogether)
    batches.push(
      reductions.slice(at, at + foldedTogether).map((i) => {
        const fold = plan.nodes[i]!.fold!;
        return { name: `a${i}`, fold, type: fold.partial };
      }),
    );
  return batches;
}

type Expression = (node: number, operands: readonly string[]) => string;

/** The body of a row step's shader, and the errors that its expressions raise. */
export function rowCode(plan: RowPlan, layout: Teams): { main: string; faults: readonly Fault[] } {
  const faults: Fault[] = [];
  const firstFault = plan.nodes.map(({ code }) => faults.push(...(code?.faults ?? [])) - (code?.faults?.length ?? 0)); // prettier-ignore
  const expression: Expression = (i, operands) => plan.nodes[i]!.code!.code(operands, `${firstFault[i]!}u`);

  const lines = [...beginning(plan), ...rowValues(plan, 0, expression)];
  plan.passes.forEach((pass, number) => {
    lines.push(...walkCode(plan, pass, expression));
    for (const batch of batchesOf(plan, pass)) lines.push(workgroupFold(batch, layout, 'rank'));
    if (plan.parts > 1) return;
    for (const i of pass.reductions) {
      const { fold } = plan.nodes[i]!;
      lines.push(`let n${i} = ${elementOf(fold!.leave(`a${i}`, 1), fold!, plan.form.nodes[i]!.result)};`);
    }
    lines.push(...rowValues(plan, number + 1, expression));
  });
  const results = plan.form.outputs.flatMap(({ node }, k) =>
    plan.form.nodes[node]!.level === 'element'
      ? []
      : plan.parts > 1
        ? `y${k}_set(row * ${plan.parts}u + part, a${node});`
        : `y${k}_set(row, n${node});`,
  );
  if (results.length > 0) lines.push(`if (present && rank == 0u) {\n${results.join('\n')}\n}`);
  return { main: lines.filter((line) => line !== '').join('\n'), faults };
}

/** Which row and which part of it are the thread's, and what is one for the row: places, values, variables. */
function beginning(plan: RowPlan): string[] {
  const { form, rows, team, teams, parts, chunk, levels, steps, width } = plan;
  const lines = [
    `let rank = lane % ${team}u;`,
    `let wanted = group / ${parts}u * ${teams}u + lane / ${team}u;`,
    `let present = wanted < ${rows}u;`,
    // All threads go on to the barriers; those without a row have no elements.
    `let row = min(wanted, ${rows - 1}u);`,
    `let part = group % ${parts}u;`,
    `let begin = part * ${chunk}u;`,
    `let end = select(begin, min(begin + ${chunk}u, ${plan.length / width}u), present);`,
  ];
  form.inputs.forEach(({ access }, k) => {
    if (access === 'element') lines.push(`let o${k} = row * ${plan.length / width}u;`);
    else if (access === 'column') lines.push(`let o${k} = ${placeOf(levels[k]!)} / ${width}u;`);
    else lines.push(`let r${k} = x${k}_get(${placeOf(levels[k]!)});`);
  });
  for (let step = 0; step < (steps ?? 0); step++) {
    for (const k of plan.keptInputs)
      lines.push(`var v${k}_${step}: ${wide(wgslType(form.inputs[k]!.dtype), width)};`);
    for (const i of plan.keptNodes)
      for (let e = 0; e < width; e++) lines.push(`var n${i}_${step * width + e}: ${wgslType(form.nodes[i]!.result)};`); // prettier-ignore
  }
  return lines;
}

/** Where a row begins in an input that is broadcast along some of the axes of rows. */
function placeOf(levels: RowPlan['levels'][number]): string {
  const terms: string[] = [];
  let below = 1;
  for (const { length, stride } of [...levels].reverse()) {
    if (stride > 0) terms.push(`row / ${below}u % ${length}u * ${stride}u`);
    below *= length;
  }
  return terms.length === 0 ? '0u' : `(${terms.join(' + ')})`;
}

/** Values of rows that are known before a pass. */
function rowValues({ form, numbers }: RowPlan, pass: number, expression: Expression): string[] {
  const operand = ([kind, place]: Operand): string =>
    kind === 'number' ? numbers[place]! : kind === 'input' ? `r${place}` : `n${place}`;
  return form.nodes.flatMap((node, i) =>
    node.level === 'row' && node.reduction === undefined && node.pass === pass
      ? [`let n${i} = ${expression(i, node.operands.map(operand))};`]
      : [],
  );
}

/** One walk over the thread's elements of the row: in a loop, or written out. */
function walkCode(plan: RowPlan, pass: RowPass, expression: Expression): string[] {
  const { team, steps } = plan;
  const lines = pass.reductions.map((i) => {
    const { partial, identity } = plan.nodes[i]!.fold!;
    return `var a${i}: ${partial} = ${identity};`;
  });
  if (steps === undefined)
    return [...lines, `for (var i = begin + rank; i < end; i += ${team}u) {`, ...stepCode(plan, pass, 0, expression), '}']; // prettier-ignore
  for (let step = 0; step < steps; step++)
    lines.push('{', `let i = begin + rank + ${step * team}u;`, 'if (i < end) {', ...stepCode(plan, pass, step, expression), '}', '}'); // prettier-ignore
  return lines;
}

/**
 * What is done with one load: with one element, or with four neighbours. Loads are `v<input>_<step>`; the node `i` of an
 * element is `n<i>_<e>`, of a row `n<i>`.
 */
function stepCode(plan: RowPlan, pass: RowPass, step: number, expression: Expression): string[] {
  const { form, width, numbers, keptInputs, keptNodes } = plan;
  const lines = pass.inputs.map(
    (k) => `${keptInputs.has(k) ? '' : 'let '}v${k}_${step} = x${k}_get(o${k} + i);`,
  );
  const elements = Array.from({ length: width }, (_, e) => e);
  const operand = ([kind, place]: Operand, e: number): string => {
    if (kind === 'number') return numbers[place]!;
    if (kind === 'node')
      return form.nodes[place]!.level === 'row' ? `n${place}` : `n${place}_${step * width + e}`;
    const { access } = form.inputs[place]!;
    if (access !== 'element' && access !== 'column') return `r${place}`;
    return width === 4 ? `v${place}_${step}.${'xyzw'[e]!}` : `v${place}_${step}`;
  };
  for (const i of pass.nodes)
    for (const e of elements) {
      const value = expression(
        i,
        form.nodes[i]!.operands.map((from) => operand(from, e)),
      );
      lines.push(`${keptNodes.has(i) ? '' : 'let '}n${i}_${step * width + e} = ${value};`);
    }
  for (const i of pass.reductions) {
    const fold = plan.nodes[i]!.fold!;
    const from = form.nodes[i]!;
    const entered = elements.map((e) => fold.enter(storedOf(operand(from.operands[0]!, e), fold, from.dtype), '0u', 1)); // prettier-ignore
    const pair = (a: string, b: string): string => `(${fold.combine(a, b)})`;
    const all =
      width === 4 ? pair(pair(entered[0]!, entered[1]!), pair(entered[2]!, entered[3]!)) : entered[0]!;
    lines.push(`a${i} = ${fold.combine(`a${i}`, all)};`);
  }
  for (const k of pass.stored) {
    const { node, dtype } = form.outputs[k]!;
    const values = elements.map((e) => `n${node}_${step * width + e}`).join(', ');
    const value = width === 4 ? `vec4<${wgslType(dtype)}>(${values})` : values;
    lines.push(`y${k}_set(row * ${plan.length / width}u + i, ${value});`);
  }
  return lines;
}

/** Folds that take floats by their bits get them so, and give them back so. */
const storedOf = (value: string, { element }: Fold, dtype: DType): string =>
  element === 'int32' && dtype === 'float32' ? `bitcast<i32>(${value})` : value;

const elementOf = (value: string, { element }: Fold, dtype: DType): string =>
  element === 'int32' && dtype === 'float32' ? `bitcast<f32>(${value})` : value;
