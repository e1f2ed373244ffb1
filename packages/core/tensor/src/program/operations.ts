import { lookupPrimitive } from '../primitives/primitive.js';
import type { Aval } from '../shape.js';
import { sizeOf } from '../shape.js';
import type { Equation } from './program.js';

/**
 * Floating-point operations of an equation, as they are usually counted: two for each product that is summed, one for
 * each element computed or reduced. Moving data counts nothing; decompositions, whose count depends on the method, neither.
 */
export function operationsOf(equation: Equation<Aval>): number {
  const { primitive, inputs, outputs } = equation;
  const size = sizeOf(outputs[0]!.shape);
  switch (primitive) {
    case 'matmul': {
      const [, rows, columns] = inputs[0]!.shape as [number, number, number];
      return 2 * size * (equation.params.transposeA ? rows : columns);
    }
    case 'conv2d':
      return 2 * size * sizeOf(inputs[1]!.shape.slice(1));
    case 'sum':
    case 'prod':
    case 'reduceMax':
    case 'reduceMin':
    case 'cumsum':
      return sizeOf(inputs[0]!.shape);
    default:
      return lookupPrimitive(primitive).expression === undefined ? 0 : size;
  }
}
