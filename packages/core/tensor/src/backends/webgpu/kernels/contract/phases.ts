import type { WindowAxis } from '../../../../primitives/windows.js';

/**
 * Outputs of one axis that meet equally many kernel taps. Without input dilation those are all. With it, an output meets
 * real pixels only at some of the taps (the rest fall on inserted zeros): which ones repeats with a period, and outputs at
 * the same place of the period are a phase. Each phase is a convolution without dilation, of which the gradient of a
 * strided convolution consists; leaving out the inserted zeros divides its work by the stride.
 */
export interface PhaseClass {
  readonly phases: readonly Phase[];
  /** The most outputs of a phase; the i-th is `firstOutput + i * outputStep`, and with several phases may be beyond the end. */
  readonly outputs: number;
  readonly outputStep: number;
  /** The taps; the t-th is `firstTap + t * tapStep`. */
  readonly taps: number;
  readonly tapStep: number;
  /** The i-th output meets input position `start + i * perOutput + t * perTap` at the t-th tap. */
  readonly perOutput: number;
  readonly perTap: number;
  /** No position lies outside the input. */
  readonly inside: boolean;
}

interface Phase {
  readonly firstOutput: number;
  readonly firstTap: number;
  readonly start: number;
}

/** The classes with taps; outputs of no class are zero. */
export function phaseClasses(axis: WindowAxis, outputs: number): PhaseClass[] {
  const { size, window, stride, padding, inputDilation, kernelDilation } = axis;
  const outputStep = inputDilation / divisor(stride, inputDilation);
  const tapStep = inputDilation / divisor(kernelDilation, inputDilation);
  const byTaps = new Map<number, Phase[]>();
  for (let output = 0; output < Math.min(outputStep, outputs); output++) {
    const from = output * stride - padding[0];
    for (let tap = 0; tap < Math.min(tapStep, window); tap++) {
      const position = from + tap * kernelDilation;
      if (position % inputDilation !== 0) continue;
      const taps = Math.ceil((window - tap) / tapStep);
      const phase = { firstOutput: output, firstTap: tap, start: position / inputDilation };
      byTaps.set(taps, [...(byTaps.get(taps) ?? []), phase]);
    }
  }
  const perOutput = (outputStep * stride) / inputDilation;
  const perTap = (tapStep * kernelDilation) / inputDilation;
  return [...byTaps].map(([taps, phases]) => {
    const count = Math.ceil((outputs - phases[0]!.firstOutput) / outputStep);
    const reach = (count - 1) * perOutput + (taps - 1) * perTap;
    const inside = phases.every(({ start }) => start >= 0 && start + reach < size);
    return { phases, outputs: count, outputStep, taps, tapStep, perOutput, perTap, inside };
  });
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}
