import { contractPrimitives } from './contract.js';
import { elementwisePrimitives } from './elementwise.js';
import { higherOrderPrimitives } from './higherOrder.js';
import { indexingPrimitives } from './indexing.js';
import { layoutPrimitives } from './layout.js';
import { linalgPrimitives } from './linalg.js';
import { randomPrimitives } from './random.js';
import { reducePrimitives } from './reduce.js';
import { scan } from './scan.js';
import type { PrimitiveName } from './parameters.js';
import type { Primitive } from './primitive.js';

/** Every primitive. The type makes a name without a record, or a record without a name, a compile error. */
export const primitives: { readonly [N in PrimitiveName]: Primitive<N> } = {
  ...elementwisePrimitives,
  ...reducePrimitives,
  ...layoutPrimitives,
  ...indexingPrimitives,
  ...contractPrimitives,
  ...linalgPrimitives,
  ...randomPrimitives,
  ...higherOrderPrimitives,
  scan,
};
