import { describe, it } from 'vitest';
import * as trellis from '../../src/index.js';
import { tensor } from '../../src/index.js';
import type { Tensor } from '../../src/index.js';
import { expectError } from '../support/errors.js';

const x = tensor([1, 2, 3]);

/** Both the function that never waits, and the one whose second part runs when the transform is over. */
const functions: readonly [string, (t: Tensor) => Promise<Tensor>][] = [
  ['that never waits', async (t) => t.sum()],
  [
    'that waits',
    async (t) => {
      await Promise.resolve();
      return t.sum();
    },
  ],
];

/** Asynchronous functions do not type check; callers without types meet these errors. */
const untyped = (f: (t: Tensor) => unknown): ((t: Tensor) => never) => f as (t: Tensor) => never;
const pair = (t: Tensor): readonly [Tensor, Tensor] => [t.sum(), t];
const back = (t: Tensor, ct: Tensor): readonly Tensor[] => [t.mul(ct)];

type Run = (f: (t: Tensor) => never) => unknown;
const runs: readonly [string, Run][] = [
  ['jit', (f) => trellis.jit(f)(x)],
  ['grad', (f) => trellis.grad(f)(x)],
  ['valueAndGrad', (f) => trellis.valueAndGrad(f, { hasAux: true })(x)],
  ['vmap', (f) => trellis.vmap(f)(x)],
  ['jvp', (f) => trellis.jvp(f, [x], [x])],
  ['vjp', (f) => trellis.vjp(f, x)],
  ['linearize', (f) => trellis.linearize(f, x)],
  ['checkpoint', (f) => trellis.checkpoint(f)(x)],
  ['jacfwd', (f) => trellis.jacfwd(f)(x)],
  ['jacrev', (f) => trellis.jacrev(f)(x)],
  ['hessian', (f) => trellis.hessian(f)(x)],
  ['hvp', (f) => trellis.hvp(f, x, x)],
  ['scan', (f) => trellis.scan(f, tensor(0), x)],
  ['cond', (f) => trellis.cond(true, f, (t: Tensor) => t.sum() as never, x)],
  ['cond', (f) => trellis.cond(true, (t: Tensor) => t.sum() as never, f, x)],
  ['customVjp', (f) => trellis.customVjp(f, pair as never, back as never)(x)],
  ['customVjp', (f) => trellis.jit(trellis.customVjp(f, pair as never, back as never))(x)],
  ['customVjp', (f) => trellis.grad(trellis.customVjp((t: Tensor) => t.sum(), f, back as never))(x)],
  ['customVjp', (f) => trellis.grad(trellis.customVjp((t: Tensor) => t.sum(), pair, f))(x)],
];

describe.each(functions)('a function %s', (_, f) => {
  it.each(runs)('is refused by %s', (name, run) => {
    expectError(
      () => run(untyped(f)),
      'ARGUMENT',
      `${name}: the function is asynchronous; await what it needs before, and give ${name} the synchronous part`,
    );
  });
});
