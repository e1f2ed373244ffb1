import { arrayKernels, type ArrayKernel, type Operands } from './arrays.js';
import { resultType, type ValueType } from './functions.js';
import { withoutRedundant } from './liveness.js';
import { result, type OptimizerProgram } from './program.js';

/** A program ready to run on arrays that lie one after the other in one Float64Array. */
export interface ArrayProgram {
  /** What to subtract from the weights; overwritten by the next step. */
  readonly step: (weights: Float64Array, grads: Float64Array, learningRate: number) => Float64Array;
  /** Back to before the first step. */
  readonly reset: () => void;
}

interface Instruction {
  readonly kernel: ArrayKernel;
  readonly out: Float64Array;
  readonly n: number;
  readonly operands: readonly Operands[];
}

/**
 * Prepares a checked program: redundant statements are left out, and each other one has an array of its own for its
 * result. `programOptimizer` computes the same with tensors.
 *
 * @param sizes elements of each array of the weights
 */
export function arrayProgram(program: OptimizerProgram, sizes: readonly number[]): ArrayProgram {
  const { state, statements } = withoutRedundant(program);
  let total = 0;
  const ends = sizes.map((size) => (total += size));
  const variable = (type: ValueType): Operands => ({
    values: new Float64Array(type === 'tensor' ? total : 1),
    stride: type === 'tensor' ? 1 : 0,
  });
  const scope = new Map<string, Operands>();
  const declare = (name: string, type: ValueType): Operands => {
    const made = variable(type);
    scope.set(name, made);
    return made;
  };
  const [w, g, lr, t] = [
    declare('w', 'tensor'),
    declare('g', 'tensor'),
    declare('lr', 'scalar'),
    declare('t', 'scalar'),
  ];
  const kept = state.map((name) => ({ name, first: declare(name, 'tensor') }));
  const look = (operand: string | number): Operands => {
    if (typeof operand === 'number') return { values: Float64Array.of(operand), stride: 0 };
    return scope.get(operand) ?? variable('scalar'); // checked programs name nothing else
  };
  const instructions = statements.map(({ target, operation, operands }): Instruction => {
    const read = operands.map(look);
    const type = resultType(
      operation,
      read.map(({ stride }) => (stride === 1 ? 'tensor' : 'scalar')),
    );
    const { values } = declare(target, type === 'tensor' ? 'tensor' : 'scalar');
    return { kernel: arrayKernels[operation], out: values, n: values.length, operands: read };
  });
  const update = look(result).values;
  const carried = kept.map(({ name, first }) => ({ first: first.values, last: look(name).values }));
  return {
    step: (weights, grads, learningRate) => {
      w.values.set(weights);
      g.values.set(grads);
      lr.values[0] = learningRate;
      t.values[0] = (t.values[0] as number) + 1;
      for (const { kernel, out, n, operands } of instructions) kernel(out, n, operands, ends);
      // Every assignment has an array of its own, so none of these is another's.
      for (const { first, last } of carried) first.set(last);
      return update;
    },
    reset: () => {
      t.values[0] = 0;
      for (const { first } of carried) first.fill(0);
    },
  };
}
