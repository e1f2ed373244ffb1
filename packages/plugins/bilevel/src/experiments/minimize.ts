import { dot, minus } from '../vectors.js';
import { scan, tree, valueAndGrad, where, zerosLike, type Tensor, type Tree } from '@core/tensor';

/** Share of f within which two values count as the same. */
const rounding = { float32: 1e-6, float64: 1e-14 };

/**
 * The minimiser of a smooth function of a tree, by `steps` steps of Nesterov's accelerated gradient that find their own length: a step
 * that falls by less than |∇f|²/2L is taken back and L doubled, and every one that is kept makes L a little smaller. Momentum that
 * points uphill is dropped (O'Donoghue & Candès 2015). It is traced, needs no rate, and costs two values and a gradient a step; what
 * is not convex it descends.
 */
export function minimize<P extends Tree>(f: (at: P) => Tensor, start: P, steps: number): P {
  type Carry = { readonly kept: P; readonly ahead: P; readonly t: Tensor; readonly lipschitz: Tensor };
  const step = ({ kept, ahead, t, lipschitz }: Carry): Carry => {
    const [value, slope] = valueAndGrad(f)(ahead);
    const length = lipschitz.reciprocal();
    const next = tree.map((x: Tensor, g: Tensor) => x.sub(g.mul(length.cast(x.dtype))), ahead, slope);
    const slack = value.abs().mul(value.dtype === 'float64' ? rounding.float64 : rounding.float32);
    const wanted = value.sub(dot(slope, slope).mul(length).div(2)).add(slack);
    const falls = f(next).lessEqual(wanted);
    const change = minus(next, kept);
    const uphill = dot(slope, change).greater(0);
    const grown = t.square().mul(4).add(1).sqrt().add(1).div(2);
    const momentum = where(uphill, 0, t.sub(1).div(grown));
    const choose = (yes: P, no: P): P => tree.map((a: Tensor, b: Tensor) => where(falls, a, b), yes, no);
    const further = tree.map((x: Tensor, d: Tensor) => x.add(d.mul(momentum.cast(x.dtype))), next, change);
    return {
      kept: choose(next, kept),
      // After a step that failed from a point ahead, the shorter one is tried from the same point.
      ahead: choose(further, ahead),
      t: where(falls, where(uphill, 1, grown), t),
      lipschitz: lipschitz.mul(where(falls, 0.95, 2)),
    };
  };
  const one = zerosLike(f(start)).add(1);
  const first: Carry = { kept: start, ahead: start, t: one, lipschitz: one };
  return scan((carry: Carry) => [step(carry), null] as const, first, null, { length: steps })[0].kept;
}
