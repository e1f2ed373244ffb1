import type { Code } from '../../wasm/code.js';
import { block, br, brIf, i32, loop, when } from '../../wasm/code.js';
import type { Frame, Local } from '../../wasm/module.js';

/** Locals of one axis of a walk over two arrays at once: its length, and the bytes that each steps along it. */
export interface AxisLocals {
  readonly length: Local;
  readonly from: Local;
  readonly to: Local;
}

export interface Walk {
  /** Outermost first, at least one. */
  readonly axes: readonly AxisLocals[];
  /** The addresses of place 0; they stand at each place in turn while it is visited. */
  readonly from: Local;
  readonly to: Local;
  /** Places in row-major order. */
  readonly begin: Local;
  readonly end: Local;
}

/** The parameters that `walk` reads for `rank` axes, by name. */
export function axisParameters(rank: number): Record<string, 'i32'> {
  const names = Array.from({ length: rank }, (_, k) => [`length${k}`, `from${k}`, `to${k}`]).flat();
  return Object.fromEntries(names.map((name) => [name, 'i32' as const]));
}

export function axisLocals(parameters: Readonly<Record<string, Local>>, rank: number): AxisLocals[] {
  return Array.from({ length: rank }, (_, k) => ({
    length: parameters[`length${k}`]!,
    from: parameters[`from${k}`]!,
    to: parameters[`to${k}`]!,
  }));
}

/**
 * `visit` for the places begin … end - 1, counting like an odometer: division only finds the first place. `visit` gets
 * the index along each axis; its code must leave `from` and `to` as they are.
 */
export function walk(
  frame: Frame,
  { axes, from, to, begin, end }: Walk,
  visit: (indices: readonly Code[]) => Code,
): Code {
  const indices = axes.map(() => frame.local('i32'));
  const rest = frame.local('i32');
  const left = frame.local('i32');
  const last = axes.length - 1;
  const move = ({ from: fromStep, to: toStep }: AxisLocals, count: Code): Code => [
    from.set(i32.add(from.get, i32.mul(fromStep.get, count))),
    to.set(i32.add(to.get, i32.mul(toStep.get, count))),
  ];
  const seek = [...axes.keys()].reverse().map((k): Code => {
    const { length } = axes[k]!;
    const outermost = k === 0;
    return [
      indices[k]!.set(outermost ? rest.get : i32.remU(rest.get, length.get)),
      outermost ? [] : rest.set(i32.divU(rest.get, length.get)),
      move(axes[k]!, indices[k]!.get),
    ];
  });
  const advance = (k: number): Code => {
    const { length, from: fromStep, to: toStep } = axes[k]!;
    const carry = (): Code => [
      move(axes[k]!, i32.sub(i32.const(0), length.get)),
      indices[k]!.set(i32.const(0)),
      advance(k - 1),
    ];
    return [
      from.set(i32.add(from.get, fromStep.get)),
      to.set(i32.add(to.get, toStep.get)),
      indices[k]!.set(i32.add(indices[k]!.get, i32.const(1))),
      k === 0 ? [] : when(i32.eq(indices[k]!.get, length.get), carry()),
    ];
  };
  return [
    rest.set(begin.get),
    seek,
    left.set(i32.sub(end.get, begin.get)),
    block(
      loop(
        brIf(1, i32.eqz(left.get)),
        visit(indices.map((index) => index.get)),
        left.set(i32.sub(left.get, i32.const(1))),
        advance(last),
        br(0),
      ),
    ),
  ];
}
