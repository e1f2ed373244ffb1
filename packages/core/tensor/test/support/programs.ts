import type { DType } from '../../src/dtype.js';
import { dtypes as allDtypes, isFloat } from '../../src/dtype.js';
import * as p from '../../src/primitives/calls.js';
import type { BinaryName, UnaryName } from '../../src/primitives/parameters.js';
import type { Program } from '../../src/program/program.js';
import { record } from '../../src/program/record.js';
import type { Aval, Shape } from '../../src/shape.js';
import { broadcastShapes, sameShape, sizeOf } from '../../src/shape.js';
import type { Tensor } from '../../src/tensor.js';
import { bind1 } from '../../src/trace.js';
import { integer } from './kernels.js';

type Random = () => number;

const pick = <T>(random: Random, list: readonly T[]): T => list[integer(random, 0, list.length - 1)]!;

/** Mixed loop shapes, most of which broadcast to another one. */
const shapes: readonly Shape[] = [[2, 3, 4], [3, 4], [1, 4], [4], [2, 1, 4], [2, 3, 1], [3, 1], [], [1], [5]]; // prettier-ignore

const floatOps: readonly UnaryName[] = ['exp', 'sin', 'tanh', 'sigmoid', 'softplus', 'erf', 'floor', 'round'];
const numberOps: readonly UnaryName[] = ['neg', 'abs', 'sign'];
const numberPairs: readonly BinaryName[] = ['add', 'sub', 'mul', 'maximum', 'minimum'];
const comparisons: readonly BinaryName[] = ['less', 'equal', 'greaterEqual', 'notEqual'];
const bitPairs: readonly BinaryName[] = ['and', 'or', 'xor'];

function broadcast(...operands: readonly Tensor[]): boolean {
  try {
    broadcastShapes('test', ...operands.map((x) => x.shape));
    return true;
  } catch {
    return false;
  }
}

/** Some operation on values made so far: mostly elementwise ones, with barriers and changes of shape between them. */
function operation(random: Random, values: readonly Tensor[], dtypes: readonly DType[]): Tensor | undefined {
  // Recent values are likelier, so that chains form.
  const near = (): Tensor =>
    values[Math.max(0, values.length - 1 - Math.floor(random() ** 2 * values.length))]!;
  const x = near();
  const partner = (dtype: DType, others: readonly Tensor[]): Tensor => {
    const fit = values.filter((value) => value.dtype === dtype && broadcast(value, ...others));
    return fit.length === 0 || random() < 0.2
      ? p.scalar(dtype === 'bool' ? integer(random, 0, 1) : pick(random, [-2, -0, 0.3, 3]), dtype)
      : pick(random, fit);
  };
  const kind = random();
  if (kind < 0.2)
    return x.dtype === 'bool'
      ? p.not(x)
      : bind1(pick(random, isFloat(x.dtype) ? [...floatOps, ...numberOps] : numberOps), [x], {});
  if (kind < 0.55) {
    const y = partner(x.dtype, [x]);
    const names = x.dtype === 'bool' ? bitPairs : random() < 0.2 ? comparisons : numberPairs;
    return bind1(pick(random, names), random() < 0.5 ? [x, y] : [y, x], {});
  }
  if (kind < 0.67) {
    const condition = partner('bool', [x]);
    return p.where(condition, x, partner(x.dtype, [x, condition]));
  }
  if (kind < 0.77) return p.cast(x, pick(random, dtypes));
  if (kind < 0.83) {
    const wider = shapes.filter((shape) => {
      return (
        broadcast(x, p.full(shape, 0, 'bool')) && sameShape(broadcastShapes('test', x.shape, shape), shape)
      );
    });
    return wider.length === 0 ? undefined : p.broadcastTo(x, pick(random, wider));
  }
  if (kind < 0.88) return p.full(pick(random, shapes), integer(random, 0, 1), pick(random, dtypes));
  if (kind < 0.92) {
    const same = shapes.filter((shape) => sizeOf(shape) === sizeOf(x.shape));
    return random() < 0.3 || same.length === 0 ? p.stopGradient(x) : p.reshape(x, pick(random, same));
  }
  if (x.dtype === 'bool' || x.ndim === 0) return undefined;
  if (kind < 0.96) return p.sum(x, [integer(random, 0, x.ndim - 1)]);
  return p.flip(x, [x.ndim - 1]);
}

/** A random program with several inputs and outputs (inputs and repeats may be among the outputs). */
export function randomProgram(random: Random, length: number, dtypes: readonly DType[] = allDtypes): Program {
  const avals = Array.from({ length: integer(random, 2, 6) }, (): Aval => ({
    shape: pick(random, shapes),
    dtype: pick(random, dtypes),
  }));
  const run = (...inputs: Tensor[]): Tensor[] => {
    const values = [...inputs];
    while (values.length < inputs.length + length) {
      const value = operation(random, values, dtypes);
      if (value !== undefined) values.push(value);
    }
    return Array.from({ length: integer(random, 1, 5) }, () => pick(random, values.slice(-length)));
  };
  return record('random', run, avals).program;
}
