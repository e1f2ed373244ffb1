import { isFloat } from '../dtype.js';
import { evaluateProgram } from '../program/program.js';
import type { Program } from '../program/program.js';
import { batchProgram, jvpProgram, perProgram, recordFlat, vjpPrograms } from '../program/derive.js';
import type { Aval } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { bind } from '../trace.js';
import { gradFlat } from '../transforms/tape.js';
import { batchedRule, jvpFromVjp } from '../transforms/customVjp.js';
import { allBatched } from './batching.js';
import { zerosLike } from './calls.js';
import { definePrimitive } from './primitive.js';

const avalsOf = (program: Program): Aval[] => program.outputs.map(({ shape, dtype }) => ({ shape, dtype }));

/** Cotangents (or tangents) of the float values only, zeros where nothing arrived. */
export function floatsOnly(
  values: readonly Tensor[] | readonly Aval[],
  parts: readonly (Tensor | null)[],
): Tensor[] {
  return values.flatMap((value, i) => (isFloat(value.dtype) ? [parts[i] ?? zerosLike(value)] : []));
}

/** Puts the moving values' parts back in their places. */
export function spread<T>(flags: readonly boolean[], parts: readonly T[]): (T | null)[] {
  let next = 0;
  return flags.map((flag) => (flag ? parts[next++]! : null));
}

/** Forward mode of a call: `call` runs the pushed-forward program on the primals and the tangents that are not zero. */
function pushForward(
  program: Program,
  primals: readonly Tensor[],
  tangents: readonly (Tensor | null)[],
  call: (inputs: readonly Tensor[], moving: readonly boolean[]) => Tensor[],
): { outputs: Tensor[]; tangents: (Tensor | null)[] } {
  const results = call(
    [...primals, ...tangents.filter((t) => t !== null)],
    tangents.map((t) => t !== null),
  );
  const outputs = results.slice(0, program.outputs.length);
  const floating = outputs.map((y) => isFloat(y.dtype));
  return { outputs, tangents: spread(floating, results.slice(outputs.length)) };
}

const jit = definePrimitive<'jit'>({
  name: 'jit',
  shape: (_inputs, { program }) => avalsOf(program),
  jvpWithOutputs: ({ primals, tangents, params: { program, name } }) =>
    pushForward(program, primals, tangents, (inputs, moving) =>
      bind('jit', inputs, { program: jvpProgram(program, moving), name }),
    ),
  forward: ({ inputs, needs, params: { program, name } }) => {
    const { forward, kept } = vjpPrograms(program, needs);
    const results = bind('jit', inputs, { program: forward, name });
    const count = program.outputs.length;
    return {
      outputs: results.slice(0, count),
      residuals: [...kept.map((i) => inputs[i]!), ...results.slice(count)],
    };
  },
  vjp: ({ outputs, cotangents, needs, residuals, params: { program, name } }) => {
    const { backward } = vjpPrograms(program, needs);
    return spread(
      needs,
      bind('jit', [...residuals, ...floatsOnly(outputs, cotangents)], { program: backward, name }),
    );
  },
  batch: ({ inputs, batched, size, params: { program, name } }) =>
    bind('jit', inputs, { program: batchProgram(program, batched, size), name }),
  kernel: (inputs, outputs, { program }, run) => run(program, inputs, outputs),
});

/** Same value as `jit`; reverse mode keeps the inputs and runs the program again on the way back. */
const checkpoint = definePrimitive<'checkpoint'>({
  name: 'checkpoint',
  shape: (_inputs, { program }) => avalsOf(program),
  jvpWithOutputs: ({ primals, tangents, params: { program } }) =>
    pushForward(program, primals, tangents, (inputs, moving) =>
      bind('checkpoint', inputs, { program: jvpProgram(program, moving) }),
    ),
  forward: ({ inputs, params }) => ({ outputs: bind('checkpoint', inputs, params), residuals: [] }),
  vjp: ({ inputs, outputs, cotangents, needs, params: { program } }) => {
    const arriving = floatsOnly(outputs, cotangents);
    return spread(
      needs,
      bind('checkpoint', [...inputs, ...arriving], { program: recomputation(program, needs) }),
    );
  },
  batch: ({ inputs, batched, size, params: { program } }) =>
    bind('checkpoint', inputs, { program: batchProgram(program, batched, size) }),
  kernel: (inputs, outputs, { program }, run) => run(program, inputs, outputs),
});

/** (inputs, cotangents of float outputs) -> cotangents of the inputs needed, from nothing but the inputs. */
const recomputation = perProgram((program, needs): Program => {
  const arriving = program.outputs.filter((output) => isFloat(output.dtype));
  return recordFlat('checkpoint', (...values) => cotangentsOf(program, values, needs), [
    ...program.inputs,
    ...arriving,
  ]);
});

/** The program's needed input cotangents, from its inputs followed by the cotangents of its float outputs. */
function cotangentsOf(program: Program, values: readonly Tensor[], needs: readonly boolean[]): Tensor[] {
  const count = program.inputs.length;
  const { cotangents } = gradFlat(
    (...inputs) => evaluateProgram(program, inputs),
    values.slice(0, count),
    needs,
    () =>
      spread(
        program.outputs.map((output) => isFloat(output.dtype)),
        values.slice(count),
      ),
  );
  return cotangents.filter((ct) => ct !== null);
}

const cond = definePrimitive<'cond'>({
  name: 'cond',
  shape: (_inputs, { whenTrue }) => avalsOf(whenTrue),
  jvpWithOutputs: ({
    primals: [predicate, ...operands],
    tangents: [, ...directions],
    params: { whenTrue, whenFalse },
  }) =>
    pushForward(whenTrue, operands, directions, (inputs, moving) =>
      bind('cond', [predicate!, ...inputs], {
        whenTrue: jvpProgram(whenTrue, moving),
        whenFalse: jvpProgram(whenFalse, moving),
      }),
    ),
  // The branches keep different things, so the way back starts from the operands again.
  forward: ({ inputs, params }) => ({ outputs: bind('cond', inputs, params), residuals: [] }),
  vjp: ({
    inputs: [predicate, ...operands],
    outputs,
    cotangents,
    needs: [, ...needs],
    params: { whenTrue, whenFalse },
  }) => {
    const results = bind('cond', [predicate!, ...operands, ...floatsOnly(outputs, cotangents)], {
      whenTrue: recomputation(whenTrue, needs),
      whenFalse: recomputation(whenFalse, needs),
    });
    return [null, ...spread(needs, results)];
  },
  batch: ({
    inputs: [predicate, ...operands],
    batched: [predicateBatched, ...batched],
    size,
    params: { whenTrue, whenFalse },
  }) => {
    const branches = {
      whenTrue: batchProgram(whenTrue, batched, size),
      whenFalse: batchProgram(whenFalse, batched, size),
    };
    if (!predicateBatched) return bind('cond', [predicate!, ...operands], branches);
    // Some examples go one way, some the other: both are computed, and each example takes its own.
    const yes = evaluateProgram(branches.whenTrue, operands);
    const no = evaluateProgram(branches.whenFalse, operands);
    return yes.map((y, i) => {
      const choice = bind('reshape', [predicate!], { shape: [size, ...y.shape.slice(1).map(() => 1)] })[0]!;
      return bind('where', [choice, y, no[i]!], {})[0]!;
    });
  },
  kernel: ([predicate, ...operands], outputs, { whenTrue, whenFalse }, run) =>
    run(predicate!.data[0] !== 0 ? whenTrue : whenFalse, operands, outputs),
});

const customVjp = definePrimitive<'customVjp'>({
  name: 'customVjp',
  shape: (_inputs, { rule }) => avalsOf(rule.program),
  jvpWithOutputs: ({ primals, tangents, params: { rule } }) => jvpFromVjp(rule, primals, tangents),
  forward: ({ inputs, params: { rule } }) => rule.forward(inputs),
  vjp: ({ outputs, cotangents, residuals, memo, params: { rule } }) =>
    rule.backward(
      residuals,
      memo,
      outputs.map((y, i) => cotangents[i] ?? zerosLike(y)),
    ),
  batch: ({ inputs, batched, size, params: { rule } }) =>
    bind('customVjp', allBatched(inputs, batched, size), { rule: batchedRule(rule, size) }),
  kernel: (inputs, outputs, { rule }, run) => run(rule.program, inputs, outputs),
});

export const higherOrderPrimitives = { jit, checkpoint, cond, customVjp };
