import { expectTypeOf, test } from 'vitest';
import * as trellis from '../src/index.js';
import {
  checkpoint,
  cond,
  customVjp,
  grad,
  hessian,
  hvp,
  jacfwd,
  jacrev,
  jit,
  jvp,
  linearize,
  scan,
  scope,
  profile,
  tensor,
  tree,
  valueAndGrad,
  vjp,
  vmap,
} from '../src/index.js';
import type { BackendInfo, DType, NestedArray, Tensor, Tree, TypedArray } from '../src/index.js';

interface Params {
  readonly weight: Tensor;
  readonly layers: readonly { readonly bias: Tensor }[];
}
declare const params: Params;
declare const x: Tensor;
declare function loss(p: Params, x: Tensor): Tensor;
declare function lossAndAux(p: Params, x: Tensor): [Tensor, { accuracy: Tensor }];

test('no export takes or gives any', () => {
  type IsAny<T> = 0 extends 1 & T ? true : false;
  type Leaks<F> =
    IsAny<F> extends true
      ? true
      : F extends (...args: infer A) => infer R
        ? true extends IsAny<R> | IsAny<A> | IsAny<A[number]> | IsAny<Awaited<R>>
          ? true
          : false
        : false;
  type Leaking<M> = { [K in keyof M]: Leaks<M[K]> extends false ? never : K }[keyof M];
  expectTypeOf<Leaking<typeof trellis>>().toEqualTypeOf<never>();
  expectTypeOf<Leaking<typeof trellis.linalg>>().toEqualTypeOf<never>();
  expectTypeOf<Leaking<typeof trellis.random>>().toEqualTypeOf<never>();
  expectTypeOf<Leaking<typeof trellis.tree>>().toEqualTypeOf<never>();
  expectTypeOf<Leaking<Tensor>>().toEqualTypeOf<never>();
  // The test itself sees them where they are.
  expectTypeOf<Leaking<{ good: () => number; bad: (x: any) => void }>>().toEqualTypeOf<'bad'>(); // eslint-disable-line @typescript-eslint/no-explicit-any
});

test('tensors and their methods', () => {
  expectTypeOf(x.shape).toEqualTypeOf<readonly number[]>();
  expectTypeOf(x.dtype).toEqualTypeOf<DType>();
  expectTypeOf(x.dataSync()).toEqualTypeOf<TypedArray>();
  expectTypeOf(x.data()).toEqualTypeOf<Promise<TypedArray>>();
  expectTypeOf(x.toArray()).toEqualTypeOf<NestedArray>();
  expectTypeOf(x.item()).toEqualTypeOf<number>();
  expectTypeOf(
    x.matmul(x).add(1).relu().sum(0, { keepDims: true }).T.reshape([1, -1]),
  ).toEqualTypeOf<Tensor>();
  expectTypeOf(x.topK(3)).toEqualTypeOf<{ values: Tensor; indices: Tensor }>();
  expectTypeOf(x.split(2)).toEqualTypeOf<Tensor[]>();
  expectTypeOf(x).toExtend<Disposable>();
  expectTypeOf(tensor([[1, 2], [3, 4]], { dtype: 'float64' })).toEqualTypeOf<Tensor>(); // prettier-ignore
  expectTypeOf(trellis.useBackend('cpu')).toEqualTypeOf<Promise<BackendInfo>>();
  // @ts-expect-error no such dtype
  tensor([1], { dtype: 'float16' });
  // @ts-expect-error strings are no numbers
  x.add('1');
  // @ts-expect-error no such option
  x.sum(0, { keepdims: true });
  // @ts-expect-error no such mode
  x.gelu({ approximate: 'erf' });
  // @ts-expect-error shapes cannot be changed
  x.shape[0] = 3;
});

test('grad and valueAndGrad follow the arguments', () => {
  expectTypeOf(grad(loss)).toEqualTypeOf<(p: Params, x: Tensor) => Params>();
  expectTypeOf(grad(loss, 1)(params, x)).toEqualTypeOf<Tensor>();
  expectTypeOf(grad(loss, [1, 0])(params, x)).toEqualTypeOf<readonly [Tensor, Params]>();
  expectTypeOf(valueAndGrad(loss)(params, x)).toEqualTypeOf<[Tensor, Params]>();
  expectTypeOf(valueAndGrad(loss, { argnums: [0, 1] })(params, x)).toEqualTypeOf<
    [Tensor, readonly [Params, Tensor]]
  >();
  expectTypeOf(valueAndGrad(lossAndAux, { hasAux: true })(params, x)).toEqualTypeOf<
    [[Tensor, { accuracy: Tensor }], Params]
  >();
  expectTypeOf(grad(grad((t: Tensor) => t.sin()))(x)).toEqualTypeOf<Tensor>();
  // @ts-expect-error the loss must be a tensor
  grad((t: Tensor) => t.item());
  // @ts-expect-error one argument is missing
  grad(loss)(params);
});

test('forward mode, Jacobians and Hessians', () => {
  expectTypeOf(jvp(loss, [params, x], [params, x])).toEqualTypeOf<[Tensor, Tensor]>();
  expectTypeOf(vjp(loss, params, x)).toEqualTypeOf<[Tensor, (cotangent: Tensor) => [p: Params, x: Tensor]]>();
  expectTypeOf(linearize(loss, params, x)[1]).toEqualTypeOf<(p: Params, x: Tensor) => Tensor>();
  expectTypeOf(hvp((t: Tensor) => t.square().sum(), x, x)).toEqualTypeOf<Tensor>();
  expectTypeOf(hvp((p: Params) => p.weight.sum(), params, params)).toEqualTypeOf<Params>();
  expectTypeOf(jacfwd((t: Tensor) => t.sin())(x)).toEqualTypeOf<Tensor>();
  expectTypeOf(jacrev((t: Tensor) => ({ a: t, b: [t] }))(x)).toEqualTypeOf<{ a: Tensor; b: Tensor[] }>();
  expectTypeOf(jacrev(loss)(params, x)).toEqualTypeOf<Params>();
  expectTypeOf(jacrev(loss, 1)(params, x)).toEqualTypeOf<Tensor>();
  expectTypeOf(hessian((t: Tensor) => t.sum())(x)).toEqualTypeOf<Tensor>();
  expectTypeOf(hessian((p: { w: Tensor }) => p.w.sum())({ w: x }).w.w).toEqualTypeOf<Tensor>();
});

test('vmap, jit, checkpoint and customVjp keep signatures', () => {
  expectTypeOf(vmap(loss, { inAxes: [null, 0] })).toEqualTypeOf<(p: Params, x: Tensor) => Tensor>();
  const compiled = jit((p: Params, mode: 'a' | 'b', t?: Tensor) => ({ p, mode, t }));
  expectTypeOf(compiled(params, 'a')).toEqualTypeOf<{ p: Params; mode: 'a' | 'b'; t: Tensor | undefined }>();
  expectTypeOf(compiled.program(params, 'b', x)).toEqualTypeOf<string>();
  // @ts-expect-error no such mode
  compiled(params, 'c');
  expectTypeOf(jit(grad(loss))(params, x)).toEqualTypeOf<Params>();
  expectTypeOf(jit(vmap(grad(loss), { inAxes: [null, 0] }))(params, x)).toEqualTypeOf<Params>();
  expectTypeOf(checkpoint(loss)).toEqualTypeOf<(p: Params, x: Tensor) => Tensor>();
  const clipped = customVjp(
    (t: Tensor, _limit: number) => t,
    (t, limit) => [t, { t, limit }] as const,
    ({ t, limit }, cotangent) => {
      expectTypeOf(t).toEqualTypeOf<Tensor>();
      expectTypeOf(limit).toEqualTypeOf<number>();
      return [cotangent.clip(-limit, limit), null];
    },
  );
  expectTypeOf(clipped(x, 1)).toEqualTypeOf<Tensor>();
  // @ts-expect-error a number says nothing about axes of objects
  vmap(loss, { inAxes: 'rows' });
});

test('loops and branches', () => {
  const [carry, ys] = scan((c: Tensor, t: Tensor) => [c.add(t), { y: c }] as const, x, x);
  expectTypeOf(carry).toEqualTypeOf<Tensor>();
  expectTypeOf(ys).toExtend<{ readonly y: Tensor }>();
  const [state] = scan((c: { s: Tensor }) => [{ s: c.s }, null] as const, { s: x }, null, { length: 3 });
  expectTypeOf(state.s).toEqualTypeOf<Tensor>();
  expectTypeOf(
    cond(
      true,
      (t: Tensor) => [t],
      (t: Tensor) => [t.neg()],
      x,
    ),
  ).toEqualTypeOf<Tensor[]>();
});

test('trees, scopes and profiles', () => {
  expectTypeOf(tree.map((t) => t.neg(), params)).toEqualTypeOf<Params>();
  expectTypeOf(tree.leaves(params)).toEqualTypeOf<Tensor[]>();
  expectTypeOf(tree.reduce((n, t) => n + t.size, params, 0)).toEqualTypeOf<number>();
  expectTypeOf({ a: x, b: [x, { c: x }] }).toExtend<Tree>();
  expectTypeOf(scope(() => ({ a: x }))).toEqualTypeOf<{ a: Tensor }>();
  expectTypeOf(profile(() => x).result).toEqualTypeOf<Tensor>();
});
