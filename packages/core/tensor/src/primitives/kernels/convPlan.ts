import type { Conv2dParameters } from '../parameters.js';
import type { WindowAxis } from '../windows.js';

/**
 * Output positions of one axis that touch the same kernel taps. Without input dilation there is one phase with all taps.
 * With it, an output meets real pixels only at every inputDilation-th tap (the rest fall on inserted zeros), so that
 * leaving those out divides the work of a strided convolution's gradient by the stride.
 */
export interface Phase {
  readonly outputs: readonly number[];
  /** Input position of the first tap for each output; may lie outside the input. */
  readonly starts: readonly number[];
  readonly taps: readonly number[];
  /** Input positions of the taps relative to the first one's. */
  readonly offsets: readonly number[];
}

export interface AxisPlan {
  readonly phases: readonly Phase[];
  /** The input positions that are read: first..first+count-1; those outside the input are zeros. */
  readonly first: number;
  readonly count: number;
}

export function planAxis(axis: WindowAxis, outputs: number): AxisPlan {
  const { stride, padding, inputDilation, kernelDilation, window } = axis;
  const byResidue = new Map<number, number[]>();
  for (let o = 0; o < outputs; o++) {
    const residue = modulo(o * stride - padding[0], inputDilation);
    const members = byResidue.get(residue);
    if (members === undefined) byResidue.set(residue, [o]);
    else members.push(o);
  }
  const phases: Phase[] = [];
  let first = Infinity;
  let last = -Infinity;
  for (const [residue, members] of byResidue) {
    const taps: number[] = [];
    for (let k = 0; k < window; k++) if ((residue + k * kernelDilation) % inputDilation === 0) taps.push(k);
    if (taps.length === 0) continue;
    const starts = members.map((o) => (o * stride - padding[0] + taps[0]! * kernelDilation) / inputDilation);
    const offsets = taps.map((k) => ((k - taps[0]!) * kernelDilation) / inputDilation);
    phases.push({ outputs: members, starts, taps, offsets });
    first = Math.min(first, starts[0]!);
    last = Math.max(last, starts.at(-1)! + offsets.at(-1)!);
  }
  return phases.length === 0 ? { phases, first: 0, count: 0 } : { phases, first, count: last - first + 1 };
}

function modulo(n: number, m: number): number {
  return ((n % m) + m) % m;
}

/** The two axes of a convolution of x [n, c, h, w] with kernel [co, ci, kh, kw]. */
export function windowAxes(
  xShape: readonly number[],
  kernelShape: readonly number[],
  params: Conv2dParameters,
): [WindowAxis, WindowAxis] {
  const axis = (i: 0 | 1): WindowAxis => ({
    size: xShape[2 + i]!,
    window: kernelShape[2 + i]!,
    stride: params.strides[i],
    padding: params.padding[i],
    inputDilation: params.inputDilation[i],
    kernelDilation: params.kernelDilation[i],
  });
  return [axis(0), axis(1)];
}
