import { sizeOf } from '../../shape.js';
import type { Device } from './device.js';
import { lacking } from './elementwise.js';
import type { Problem, Rules, Runner, Scratch } from './rule.js';
import { isPlainEngine } from './rule.js';
import type { TfjsTensor } from './types.js';

/** The wasm engine adds one after another in float32, so longer sums are made of sums of this length. */
const longest = 32;

/** The axes behind the others and joined: [what stays, what is reduced]. */
function rows(k: Scratch, x: TfjsTensor, axes: readonly number[]): TfjsTensor {
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const order = [...kept, ...axes];
  const moved = order.every((axis, i) => axis === i) ? x : k.transpose(x, order);
  const length = axes.reduce((size, axis) => size * x.shape[axis]!, 1);
  return k.reshape(moved, [sizeOf(x.shape) / length, length]);
}

/** Sums or products by blocks of blocks, whose rounding errors grow with the logarithm of the length. */
function byBlocks(
  kernel: string,
  neutral: number,
  axes: readonly number[],
  shape: readonly number[],
): Runner {
  return (k, [x]) => {
    let table = rows(k, x!, axes);
    for (;;) {
      const [count, length] = table.shape as [number, number];
      const blocks = Math.ceil(length / longest);
      if (blocks <= 1) return k.reshape(k.call(kernel, { x: table }, { axis: [1], keepDims: false }), shape);
      const missing = blocks * longest - length;
      if (missing > 0)
        table = k.call('PadV2', { x: table }, { paddings: [[0, 0], [0, missing]], constantValue: neutral }); // prettier-ignore
      const parts = k.reshape(table, [count * blocks, longest]);
      table = k.reshape(k.call(kernel, { x: parts }, { axis: [1], keepDims: false }), [count, blocks]);
    }
  };
}

const reduced =
  (kernel: string, axes: readonly number[]): Runner =>
  (k, [x]) =>
    k.call(kernel, { x: x! }, { axis: [...axes], reductionIndices: [...axes], keepDims: false });

const isNaN = (k: Scratch, x: TfjsTensor): TfjsTensor => k.call('NotEqual', { a: x, b: x });

/** The wasm engine's maximum forgets NaN: where any is, the result becomes one. */
const withNaN =
  (kernel: string, axes: readonly number[]): Runner =>
  (k, [x]) => {
    const result = reduced(kernel, axes)(k, [x!]);
    const any = k.call('Any', { x: isNaN(k, x!) }, { axis: [...axes], keepDims: false });
    return k.select(any, k.expand(k.scalar(NaN, 'float32'), result.shape), result);
  };

function extremeOf(kernel: 'Max' | 'Min', bool: 'Any' | 'All') {
  return (
    { inputs: [x], params: { axes } }: Problem<'reduceMax' | 'reduceMin'>,
    device: Device,
  ): Runner | string => {
    if (x!.dtype === 'bool') return lacking(device, bool) || reduced(bool, axes);
    const missing = lacking(device, kernel);
    if (missing !== '') return missing;
    return x!.dtype === 'float32' && device.loaded.engine !== 'cpu'
      ? lacking(device, 'Any', 'Select') || withNaN(kernel, axes)
      : reduced(kernel, axes);
  };
}

/** Position of the first extreme; of the first NaN where there is one, which tfjs passes over. */
function positionOf(kernel: 'ArgMax' | 'ArgMin') {
  return (
    { inputs: [x], params: { axis } }: Problem<'argMax' | 'argMin'>,
    device: Device,
  ): Runner | string => {
    const attrs = { axis };
    if (x!.dtype !== 'float32')
      return (
        lacking(device, kernel, 'Cast') ||
        ((k, [a]) =>
          x!.dtype === 'bool'
            ? k.call(kernel, { x: k.call('Cast', { x: a! }, { dtype: 'int32' }) }, attrs)
            : k.call(kernel, { x: a! }, attrs))
      );
    return (
      lacking(device, kernel, 'ArgMax', 'Cast', 'Any', 'Select') ||
      ((k, [a]) => {
        const nan = isNaN(k, a!);
        const firstNaN = k.call('ArgMax', { x: k.call('Cast', { x: nan }, { dtype: 'float32' }) }, attrs);
        const any = k.call('Any', { x: nan }, { axis: [axis], keepDims: false });
        return k.select(any, firstNaN, k.call(kernel, { x: a! }, attrs));
      })
    );
  };
}

export const reductionRules: Rules = {
  sum: ({ inputs: [x], outputs: [y], params: { axes } }, device) =>
    lacking(device, 'Sum') ||
    (device.loaded.engine === 'wasm' && x!.dtype === 'float32'
      ? byBlocks('Sum', 0, axes, y!.shape)
      : reduced('Sum', axes)),
  prod: ({ inputs: [x], outputs: [y], params: { axes } }, device) => {
    if (x!.dtype !== 'float32') return 'int32 must wrap, and tfjs computes products in floating point';
    const missing = lacking(device, 'Prod');
    if (missing !== '') return missing;
    return device.loaded.engine === 'wasm' ? byBlocks('Prod', 1, axes, y!.shape) : reduced('Prod', axes);
  },
  reduceMax: extremeOf('Max', 'Any'),
  reduceMin: extremeOf('Min', 'All'),
  argMax: positionOf('ArgMax'),
  argMin: positionOf('ArgMin'),
  cumsum: ({ inputs: [x], params: { axis, reverse } }, device) =>
    x!.dtype === 'float32' && isPlainEngine(device)
      ? 'its running sums round to float32 at every step'
      : lacking(device, 'Cumsum') ||
        ((k, [a]) => k.call('Cumsum', { x: a! }, { axis, exclusive: false, reverse })),
};
