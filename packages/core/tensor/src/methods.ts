import * as activations from './ops/activations.js';
import * as conv from './ops/conv.js';
import { inner } from './ops/einsum.js';
import * as elementwise from './ops/elementwise.js';
import * as indexing from './ops/indexing.js';
import * as layout from './ops/layout.js';
import * as matmul from './ops/matmul.js';
import * as pool from './ops/pool.js';
import * as reductions from './ops/reductions.js';
import { to } from './ops/transfer.js';
import { Tensor } from './tensor.js';

/** Every operation whose first argument is a tensor is a method too; here they are attached, once, from the functions. */
const { concat: _concat, stack: _stack, ...layoutMethods } = layout;
const { polygamma: _polygamma, ...elementwiseMethods } = elementwise;
const operations = {
  ...elementwiseMethods,
  ...activations,
  ...reductions,
  ...layoutMethods,
  ...indexing,
  ...matmul,
  inner,
  ...conv,
  ...pool,
  to,
};

type Operations = typeof operations;

type Method<F> = F extends (first: infer T, ...rest: infer A) => infer R
  ? Tensor extends T
    ? (...rest: A) => R
    : never
  : never;

/** The methods' types; `Tensor` is declared with them. */
export type TensorMethods = {
  [K in keyof Operations as Operations[K] extends (...args: never[]) => unknown ? K : never]: Method<
    Operations[K]
  >;
} & {
  /** The tensor with its axes in reverse order. */
  readonly T: Tensor;
};

for (const [name, operation] of Object.entries(operations)) {
  if (typeof operation !== 'function') continue;
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, ...rest: unknown[]): unknown {
      return (operation as (...args: unknown[]) => unknown)(this, ...rest);
    },
    configurable: true,
    writable: true,
  });
}

Object.defineProperty(Tensor.prototype, 'T', {
  get(this: Tensor): Tensor {
    return layout.transpose(this);
  },
  configurable: true,
});

export { Tensor };
